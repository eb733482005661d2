//! A flow held against what it maps: the document's fields, the form's controls. A name that neither has is no
//! error to either vendor, and the control stays empty before the people who approve.

use crate::kinds::{self, Scope};
use crate::map::{form_draft, is_sql, nearest, unknown_fields};
use crate::{marks, source};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_connectors::erp::Erp;
use tenon_connectors::oa::{Controls, Oa, OaKind};
use tenon_mapping::{What, changes};
use tenon_model::config::{ApprovalFlow, DocumentFlow, Field, OnApproved, PriceFlow, range};
use tenon_model::oa::{Control, FieldKind};
use tenon_model::schema::SeenForm;
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::{Context, ErrorKind, Result};

/// What a flow was held against, and what does not fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What must be mended: something would be missing from the form.
    pub problems: Vec<String>,
    /// What may be meant so, and what could not be compared.
    pub warnings: Vec<String>,
    /// What was compared: `document 16`, `form PROC-…`.
    pub compared: Vec<String>,
}

impl Findings {
    fn join(&mut self, other: Self) {
        self.problems.extend(other.problems);
        self.warnings.extend(other.warnings);
        self.compared.extend(other.compared);
    }
}

/// Holds a flow against what it maps: its form, a document.
pub async fn flow(ctx: &Context, tenant: &TenantId, id: &FlowId) -> Result<Findings> {
    let loaded = ctx.config.load(tenant).await?;
    kinds::of(loaded.flow(id)?).compare(Scope { ctx, tenant, loaded: &loaded }).await
}

/// Holds a price flow against its form.
pub async fn price(at: Scope<'_>, flow: &PriceFlow) -> Result<Findings> {
    Ok(form(&flow.form.template, &Wanted::of_price(flow), &oa(at, &flow.oa)?).await)
}

/// Holds a document flow against its form, where it begins as one, and the field that carries the OA's request
/// against the ERP.
pub async fn document(at: Scope<'_>, flow: &DocumentFlow) -> Result<Findings> {
    let mut findings = match &flow.form.template {
        Some(template) => form(template, &Wanted::of_document(flow), &oa(at, &flow.oa)?).await,
        None => Findings::default(),
    };
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    let (object, mark) = (flow.object.as_str(), flow.mark.name());
    match erp.made(object, flow.key_field(), mark, "-").await {
        Ok(_) => findings.compared.push(format!("object {object}")),
        Err(error) if matches!(error.kind(), ErrorKind::Refused | ErrorKind::NotFound) => {
            findings.problems.push(format!(
                "{object} cannot be looked up by {mark}, the field that is to carry the OA's request; create it in the \
                 ERP (alphanumeric, 100), or name another in mark, and see that object and key are right: {error}"
            ));
        }
        Err(error) => return Err(error),
    }
    Ok(findings)
}

/// Holds an approval flow against its form and, when there is one to submit, a document.
pub async fn approval(at: Scope<'_>, flow: &ApprovalFlow) -> Result<Findings> {
    let oa = oa(at, &flow.oa)?;
    let mut findings = form(&flow.form.template, &Wanted::of_approval(flow), &oa).await;
    if flow.form.approvers.is_empty() {
        findings.warnings.extend(oa.capabilities().undescribed.map(str::to_owned));
    }
    if let Some(seen) = &flow.form.seen {
        findings.join(since(flow, seen, &oa).await);
    }
    if !flow.enabled {
        return Ok(findings);
    }
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
    if flow.on_approved == OnApproved::Add
        && let Some(approval) = erp.draft_approval()
    {
        findings.problems.extend(approval.cannot_add().await?);
    }
    match source::first(&erp, &flow.source, marks::unsynced(&flow.marks)).await? {
        None => findings.warnings.push("no document is there to submit, so no fields were compared".to_owned()),
        Some(key) => {
            if let Some(read) = source::read(&erp, &flow.source, &flow.collections(), &key, None).await? {
                findings.join(fields(oa.kind(), flow, &key, &read.fields, &read.entity));
            }
        }
    }
    Ok(findings)
}

/// What has changed of the form since the flow was written for it. What the flow fills, or would have to, is to be
/// mended; the rest may be meant so.
async fn since(flow: &ApprovalFlow, seen: &SeenForm, oa: &Oa<'_>) -> Findings {
    let mut findings = Findings::default();
    // That it cannot be read is told by the comparison of its controls.
    let Ok(form) = oa.form_schema(&flow.form.template).await else { return findings };
    let tables = flow.form.lines.iter().flat_map(|lines| lines.fields.iter().map(|field| &field.to).chain([&lines.to]));
    let mapped: Vec<&String> = flow.form.fields.iter().map(|field| &field.to).chain(tables).collect();
    for change in changes(seen, &form) {
        let is_mapped = mapped.iter().any(|name| **name == change.id || range::same(name, &change.label));
        let matters = match change.what {
            What::Gone | What::Kind => is_mapped,
            What::New | What::Required => change.required && !is_mapped,
            What::Label => is_mapped && oa.capabilities().controls == Controls::Labels,
            What::Options => false,
            What::Something => true,
        };
        let text = format!("the form has changed: {}; run `tenon new flow` again", change.text);
        if matters { findings.problems.push(text) } else { findings.warnings.push(text) }
    }
    findings
}

fn oa<'a>(at: Scope<'a>, id: &ConnectionId) -> Result<Oa<'a>> {
    Oa::open(at.ctx, at.tenant, at.loaded, id)
}

/// Holds a flow against a document.
fn fields(
    oa: OaKind,
    flow: &ApprovalFlow,
    key: &DocumentKey,
    fields: &Map<String, Value>,
    entity: &Map<String, Value>,
) -> Findings {
    let problems = form_draft(oa, flow, key, fields).err().map(|error| error.message);
    let warnings = besides(flow, fields, entity);
    Findings { problems: problems.into_iter().collect(), warnings, compared: vec![format!("document {key}")] }
}

/// Fields that are named besides the mapped ones and that the document does not have.
pub fn besides(flow: &ApprovalFlow, fields: &Map<String, Value>, entity: &Map<String, Value>) -> Vec<String> {
    let marks = &flow.marks;
    let originator = flow.form.originator_user.is_none().then_some(&flow.form.originator);
    let header = [originator, flow.form.department.as_ref()];
    let instance = marks.instance.name().to_owned();
    let marked = [
        Some(&marks.synced),
        Some(&instance),
        marks.approver.as_ref(),
        marks.decided_at.as_ref(),
        marks.comments.as_ref(),
    ];
    let absent = |names: &[Option<&String>], of: &Map<String, Value>| {
        let missing: Vec<String> =
            names.iter().flatten().filter(|n| !of.contains_key(**n)).map(|n| (*n).clone()).collect();
        missing
            .into_iter()
            .map(|name| unknown(&name, "field of the document", of.keys().map(String::as_str)))
            .collect::<Vec<_>>()
    };
    // Of a query's columns, those that are null everywhere may be left out.
    let columns = if is_sql(flow) { unknown_fields(flow, fields) } else { Vec::new() };
    let columns = columns.iter().map(ToString::to_string).collect();
    [absent(&header, fields), absent(&marked, entity), columns].concat()
}

/// The controls that a flow names.
pub struct Wanted {
    header: Vec<String>,
    /// The tables and their columns.
    tables: Vec<(String, Vec<String>)>,
    /// The control of the document's files.
    files: Option<String>,
    /// Whether the flow fills the form, and does not read it.
    fills: bool,
}

impl Wanted {
    /// An approval flow fills its form.
    pub fn of_approval(flow: &ApprovalFlow) -> Self {
        let mut wanted = Self::new(&flow.form.fields, flow.form.lines.iter().map(|l| (&l.to, &l.fields)), |f| &f.to);
        wanted.header.extend(flow.form.key.clone());
        wanted.files = flow.form.attachments.as_ref().map(|files| files.to.clone());
        wanted.header.extend(wanted.files.clone());
        wanted.fills = true;
        wanted
    }

    /// A price flow reads its form.
    pub fn of_price(flow: &PriceFlow) -> Self {
        Self::new(&flow.form.fields, flow.form.lines.as_ref().map(|l| (&l.from, &l.fields)), |f| &f.from)
    }

    /// A document flow reads its form.
    pub fn of_document(flow: &DocumentFlow) -> Self {
        Self::new(&flow.form.fields, flow.form.lines.iter().map(|l| (&l.from, &l.fields)), |f| &f.from)
    }

    fn new<'f>(
        header: &[Field],
        tables: impl IntoIterator<Item = (&'f String, &'f Vec<Field>)>,
        control: fn(&Field) -> &String,
    ) -> Self {
        let names = |fields: &[Field]| fields.iter().map(|field| control(field).clone()).collect();
        let tables = tables.into_iter().map(|(table, columns)| (table.clone(), names(columns))).collect();
        Self { header: names(header), tables, files: None, fills: false }
    }
}

impl Wanted {
    /// What can be compared with these controls. Database tables are not shown by every build, and the only one needs
    /// no name.
    fn among(&self, controls: &[Control], by: Controls) -> Self {
        let shown: Vec<&Control> = controls.iter().filter(|control| control.kind == FieldKind::Table).collect();
        let tables = match (by, shown.as_slice()) {
            (Controls::Database, []) => Vec::new(),
            (Controls::Database, [only]) => {
                let named = |name: &String| if name.is_empty() { only.name.clone() } else { name.clone() };
                self.tables.iter().map(|(name, columns)| (named(name), columns.clone())).collect()
            }
            _ => self.tables.clone(),
        };
        Self { header: self.header.clone(), tables, files: self.files.clone(), fills: self.fills }
    }
}

/// Holds what a flow names against the controls of its form.
pub async fn form(template: &str, wanted: &Wanted, oa: &Oa<'_>) -> Findings {
    let Some(permission) = oa.capabilities().describes_forms else {
        let why = format!("{} describes no forms, so no controls were compared", oa.capabilities().name);
        return Findings { warnings: vec![why], ..Findings::default() };
    };
    match oa.form_controls(template).await {
        Ok(controls) if controls.is_empty() => Findings {
            warnings: vec![format!(
                "{} describes no controls of form {template}, so none were compared",
                oa.capabilities().name
            )],
            ..Findings::default()
        },
        Ok(controls) => Findings {
            problems: {
                let wanted = wanted.among(&controls, oa.capabilities().controls);
                [unknown_controls(&wanted, &controls), unfilled(&wanted, &controls)].concat()
            },
            compared: vec![format!("form {template}")],
            ..Findings::default()
        },
        Err(error) => Findings {
            warnings: vec![format!(
                "the form's controls were not compared, for which the app needs the permission {permission}: {error}"
            )],
            ..Findings::default()
        },
    }
}

fn unknown_controls(wanted: &Wanted, controls: &[Control]) -> Vec<String> {
    let look = |wanted: &[String], among: &[Control], what: &str| -> Vec<String> {
        let absent = wanted.iter().filter(|w| !among.iter().any(|c| range::same(&c.name, w)));
        absent.map(|control| unknown(control, what, among.iter().map(|c| c.name.as_str()))).collect()
    };
    let mut problems = look(&wanted.header, controls, "control of the form");
    for (table, columns) in &wanted.tables {
        if table.is_empty() {
            let tables = controls.iter().filter(|control| control.kind == FieldKind::Table);
            let names = tables.map(|control| control.name.as_str()).collect::<Vec<_>>().join(", ");
            problems.push(format!("the form has several tables: {names}; name the one that is meant in form.lines.to"));
            continue;
        }
        problems.extend(look(std::slice::from_ref(table), controls, "control of the form"));
        if let Some(found) = controls.iter().find(|c| &c.name == table) {
            problems.extend(look(columns, &found.columns, &format!("column of {table}")));
        }
    }
    problems
}

/// Controls that must be filled in and that nothing is mapped to, and a control for files that holds none.
fn unfilled(wanted: &Wanted, controls: &[Control]) -> Vec<String> {
    if !wanted.fills {
        return Vec::new();
    }
    let header: Vec<&String> = wanted.header.iter().chain(wanted.tables.iter().map(|(table, _)| table)).collect();
    let mut problems = required_and_empty(&header, controls, "the form");
    for (table, columns) in &wanted.tables {
        if let Some(found) = controls.iter().find(|control| &control.name == table) {
            problems.extend(required_and_empty(&columns.iter().collect::<Vec<_>>(), &found.columns, table));
        }
    }
    let files = wanted.files.as_ref().and_then(|name| controls.iter().find(|control| &control.name == name));
    if let Some(control) = files.filter(|c| !matches!(c.kind, FieldKind::Files | FieldKind::Unknown)) {
        problems.push(format!("{} holds no files, and form.attachments names it", control.name));
    }
    problems
}

fn required_and_empty(wanted: &[&String], controls: &[Control], of: &str) -> Vec<String> {
    let is_wanted =
        |id: &str| controls.iter().filter(|c| c.id == id).any(|c| wanted.iter().any(|name| range::same(&c.name, name)));
    let mut unmapped = Vec::new();
    for control in controls.iter().filter(|c| c.required) {
        if !is_wanted(&control.id) && !unmapped.contains(&&control.id) {
            unmapped.push(&control.id);
        }
    }
    let named = |id: &&String| controls.iter().find(|c| &c.id == *id).map_or_else(String::new, |c| c.name.clone());
    unmapped.iter().map(|id| format!("{} of {of} must be filled in, and nothing is mapped to it", named(id))).collect()
}

fn unknown<'a>(name: &str, what: &str, known: impl Iterator<Item = &'a str>) -> String {
    let remedy = nearest(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"));
    format!("{name} is no {what}{remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn control(label: &str, columns: &[&str]) -> Control {
        let columns = columns.iter().map(|c| control(c, &[])).collect();
        Control { id: label.into(), name: label.into(), kind: FieldKind::Unknown, required: false, columns }
    }

    #[test]
    fn controls_are_compared_on_the_forms_side_of_the_mapping() {
        let controls =
            [control("申请人", &[]), control(r#"["开始","结束"]"#, &[]), control("物料明细", &["品号", "需求数量"])];
        let approval: ApprovalFlow = serde_json::from_value(json!({"id": "f", "erp": "b", "oa": "d", "source": {},
            "form": {"template": "P", "key": "来源单号", "fields": [{"from": "A", "to": "申请人员"}, {"from": ["B", "C"], "to": ["开始", "结束"]}],
                     "lines": {"to": "物料明细", "fields": [{"from": "ItemCode", "to": "品号"}, {"from": "Quantity", "to": "数量"}]}}}))
        .unwrap();
        assert_eq!(
            unknown_controls(&Wanted::of_approval(&approval), &controls),
            [
                "申请人员 is no control of the form; did you mean 申请人?",
                "来源单号 is no control of the form",
                "数量 is no column of 物料明细; did you mean 需求数量?"
            ]
        );
        let price: PriceFlow = serde_json::from_value(json!({"id": "f", "erp": "b", "oa": "d",
            "form": {"template": "P", "fields": [{"from": "申请人", "to": "CardCode"}], "lines": {"from": "明细", "fields": []}}}))
        .unwrap();
        assert_eq!(
            unknown_controls(&Wanted::of_price(&price), &controls),
            ["明细 is no control of the form; did you mean 物料明细?"]
        );
    }

    #[test]
    fn fields_of_the_state_are_compared_too() {
        let flow: ApprovalFlow = serde_json::from_value(json!({"id": "f", "erp": "b", "oa": "d", "source": {},
            "form": {"template": "P", "department": "U_BMDI"}, "marks": {"comments": "U_Remark"}}))
        .unwrap();
        let document = json!({"U_UserID": 1, "U_BMID": 1, "U_ISSYN": "N", "U_instanceID": null, "U_Remarks": null});
        let document = document.as_object().unwrap();
        assert_eq!(
            besides(&flow, document, document),
            [
                "U_BMDI is no field of the document; did you mean U_BMID?",
                "U_Remark is no field of the document; did you mean U_Remarks?"
            ]
        );
    }
}
