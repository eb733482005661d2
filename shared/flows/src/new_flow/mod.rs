//! A flow that is written by the program: the ERP's object and the OA's form are read, mapped, and put into a
//! configuration's text, where what the text has of the flow already stays; or they are shown to a person, who chooses
//! ([`Sides`]). Nothing is stored here.

mod fields;
mod sides;

pub use fields::NeededField;
pub use sides::{Revision, Sides};

use crate::kinds::{self, Scope};
use serde_json::Value;
use tenon_connectors::erp::Erp;
use tenon_connectors::oa::{Controls, Oa};
use tenon_mapping::file::{self, FlowPart, Refused};
use tenon_mapping::{Earlier, Plan, plan, seen};
use tenon_model::config::{ApprovalFlow, DocumentKind, Flow, InstanceMark};
use tenon_model::schema::{FormSchema, ObjectSchema, SeenForm};
use tenon_model::{ConnectionId, DocumentKey, FlowId};
use tenon_platform::{Error, Result};

/// What the flow is to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its id.
    pub id: FlowId,
    /// The ERP.
    pub erp: ConnectionId,
    /// Entity set: a kind of document, drafts, a custom object.
    pub object: String,
    /// Which kind of document drafts are of, by its entity set or object code.
    pub draft_of: Option<String>,
    /// The OA.
    pub oa: ConnectionId,
    /// The form's template.
    pub template: String,
    /// Whether it runs once it is applied.
    pub enabled: bool,
}

/// A flow as it would be written.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// The configuration with the flow in it.
    pub text: String,
    /// Whether that differs from what it was.
    pub changed: bool,
    /// What was mapped now; what was mapped before is not in it.
    pub plan: Plan,
    /// The form.
    pub form: FormSchema,
    /// The form as it is kept.
    pub seen: SeenForm,
    /// Fields that the flow needs in the ERP, and whether they are there.
    pub fields: Vec<NeededField>,
    /// What was not read, and what it means.
    pub notes: Vec<String>,
}

/// Reads both sides and writes the flow into the text of a configuration.
///
/// # Errors
/// `flow.file` for a text that nothing can be added to; what the ERP and the OA refuse, in their words.
pub async fn draft(at: Scope<'_>, wanted: &Wanted, text: &str) -> Result<Drafted> {
    let oa = Oa::open(at.ctx, at.tenant, at.loaded, &wanted.oa)?;
    let erp = Erp::open(at.ctx, at.tenant, at.loaded, &wanted.erp)?;
    let filter = filter(&erp, wanted)?;
    let taken = file::taken(text, wanted.id.as_str()).map_err(refused)?;
    let form = form(&oa, &wanted.template).await?;
    let object = erp.describe(&wanted.object, wanted.draft_of.as_deref()).await?;
    let plan = plan(&object, &form, &earlier(at, wanted), &taken.unwrap_or_default());
    let kept = seen(&form);
    let part = part(wanted, &oa, &object, &form, (&plan, &kept), filter.as_deref());
    let written = file::written(text, &part).map_err(refused)?;
    let flow = flow_of(at, wanted, &written)?;
    let (fields, note) = fields::needed(&erp, &flow, &object).await?;
    let mut notes = object.notes.clone();
    notes.extend(note);
    Ok(Drafted { changed: written != text, text: written, plan, form, seen: kept, fields, notes })
}

fn refused(Refused(why): Refused) -> Error {
    Error::permanent("flow.file", why)
}

/// The id of a flow that nobody has named: `PurchaseOrders` and `wecom-main` are `purchase-orders-wecom-main`.
pub fn made_id(object: &str, draft_of: Option<&str>, oa: &ConnectionId) -> String {
    let mut id = String::new();
    for part in [draft_of.unwrap_or(object), oa.as_str()] {
        let mut before = '-';
        if !id.is_empty() {
            id.push('-');
        }
        for c in part.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_') {
            if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
                id.push('-');
            }
            id.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
            before = c;
        }
    }
    id
}

/// Whether it may be the id of a flow: 1 to 64 letters, digits and dashes.
pub fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Maps one document as the drafted flow would, or the first that is found, and says what would be written.
///
/// # Errors
/// As [`kinds::Kind::preview`].
pub async fn preview(at: Scope<'_>, wanted: &Wanted, drafted: &Drafted, key: Option<DocumentKey>) -> Result<Value> {
    let flow = Flow::Approval(flow_of(at, wanted, &drafted.text)?);
    kinds::of(&flow).preview(at, key).await
}

/// The flow as it would be applied.
fn flow_of(at: Scope<'_>, wanted: &Wanted, text: &str) -> Result<ApprovalFlow> {
    let flow = file::flow(text, wanted.id.as_str()).map_err(refused)?;
    if (&flow.erp, &flow.oa) != (&wanted.erp, &wanted.oa) || flow.form.template != wanted.template.trim() {
        let message = format!(
            "flow {} of the file is between {} and {} with the form {}; name another id",
            wanted.id, flow.erp, flow.oa, flow.form.template
        );
        return Err(Error::permanent("flow.file", message));
    }
    let mut flow = Flow::Approval(flow);
    let usual = at.loaded.connection(&wanted.oa)?.usual_instance_mark();
    if let Some((_, InstanceMark::Usual(name))) = flow.instance_mark_mut() {
        *name = usual;
    }
    match flow {
        Flow::Approval(flow) => Ok(flow),
        _ => Err(Error::permanent("flow.kind", "the flow is of another kind")),
    }
}

/// The condition of drafts of one kind.
fn filter(erp: &Erp<'_>, wanted: &Wanted) -> Result<Option<String>> {
    let Some(of) = &wanted.draft_of else { return Ok(None) };
    match erp.draft_filter(of) {
        Some(filter) => Ok(Some(format!("{filter} and U_ISSYN eq 'N'"))),
        None => Err(Error::permanent(
            "flow.file",
            format!(
                "{of} is no kind of document that drafts are of; name its entity set (PurchaseRequests) or object code"
            ),
        )),
    }
}

async fn form(oa: &Oa<'_>, template: &str) -> Result<FormSchema> {
    let (name, permission) = (oa.capabilities().name, oa.capabilities().describes_forms.unwrap_or_default());
    let form = oa.form_schema(template).await.map_err(|error| {
        let message = format!(
            "form {template} of {name} was not read, for which the app needs the permission {permission}: {}",
            error.message
        );
        Error { message, ..error }
    })?;
    if form.controls.is_empty() {
        let message =
            format!("{name} shows no controls of form {template}; see that the template is right and published");
        return Err(Error::permanent("flow.form", message));
    }
    Ok(form)
}

fn part<'a>(
    wanted: &'a Wanted,
    oa: &Oa<'_>,
    object: &'a ObjectSchema,
    form: &'a FormSchema,
    (plan, seen): (&'a Plan, &'a SeenForm),
    filter: Option<&'a str>,
) -> FlowPart<'a> {
    let is_draft = document_kind(&wanted.object) == DocumentKind::Draft;
    FlowPart {
        id: wanted.id.as_str(),
        name: &form.title,
        enabled: wanted.enabled,
        erp: wanted.erp.as_str(),
        oa: wanted.oa.as_str(),
        document: if is_draft { "draft" } else { "document" },
        object: &object.set,
        key: Some(object.key.as_str()).filter(|key| *key != "DocEntry" && !key.is_empty()),
        filter,
        template: &wanted.template,
        // An OA that goes by database names asks for a title of each request.
        titled: oa.capabilities().controls == Controls::Database,
        key_field: if object.key.is_empty() { "DocEntry" } else { &object.key },
        plan,
        seen,
    }
}

/// Drafts have approval requests of the ERP's own; everything else has a field for the decision.
fn document_kind(object: &str) -> DocumentKind {
    if object.ends_with("Drafts") { DocumentKind::Draft } else { DocumentKind::Document }
}

/// What other flows of the company map, by what people see of the controls where that is known.
fn earlier(at: Scope<'_>, wanted: &Wanted) -> Vec<Earlier> {
    let flows = at.loaded.flows().iter().filter_map(Flow::as_approval);
    let others = flows.filter(|flow| flow.id != wanted.id && flow.erp == wanted.erp);
    let mut all = Vec::new();
    for flow in others {
        let label = |table: Option<&str>, name: &str| {
            let seen = flow.form.seen.iter().flat_map(|seen| &seen.controls);
            let mut seen = seen.filter(|control| control.id == name && control.table.as_deref() == table);
            seen.next().map_or_else(|| name.to_owned(), |control| control.label.clone())
        };
        let id = flow.id.as_str();
        all.extend(flow.form.fields.iter().map(|f| Earlier::new(id, &f.from, &label(None, &f.to), false)));
        for lines in &flow.form.lines {
            let of = |f: &tenon_model::config::Field| Earlier::new(id, &f.from, &label(Some(&lines.to), &f.to), true);
            all.extend(lines.fields.iter().map(of));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_the_object_and_the_oa() {
        for (object, draft_of, oa, id) in [
            ("PurchaseOrders", None, "wecom-main", "purchase-orders-wecom-main"),
            ("Drafts", Some("PurchaseRequests"), "ding", "purchase-requests-ding"),
            ("GYLX_A", None, "weaver-main", "gylx-a-weaver-main"),
        ] {
            let made = made_id(object, draft_of, &ConnectionId::new(oa));
            assert!(made == id && is_id(&made), "{made}");
        }
        assert!(!is_id("") && !is_id("a b") && !is_id("采购") && !is_id(&"a".repeat(65)));
    }
}
