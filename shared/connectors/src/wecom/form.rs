//! A form as it is handed in: the body of `applyevent`.

use super::control::{empty, shown_text, written};
use super::template::{Template, TemplateControl, named};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_model::config::range;
use tenon_model::decimal;
use tenon_model::oa::{
    ApprovalStep, Field, FieldKind, FieldValue, FormDraft, InstanceField, Needs, Place, ReadValue, Unfit,
};
use tenon_platform::error::{Error, Result};

/// Lines of a summary, and characters of a line.
const SUMMARY: (usize, usize) = (3, 20);

/// Why WeCom would refuse a form, as far as can be said without its template.
pub(super) fn unfit(draft: &FormDraft) -> Vec<Unfit> {
    let problem = |field: &Field| {
        let message = match &field.value {
            FieldValue::Files(_) => "would hold attachments, which are not carried to WeCom",
            FieldValue::Table(rows) if rows.is_empty() => "has no rows, and WeCom refuses an empty table",
            _ => return None,
        };
        Some(Unfit { place: Place::Field(field.name.clone()), message: message.to_owned() })
    };
    draft.fields.iter().filter_map(problem).collect()
}

/// What a creation sends.
pub(super) fn body(draft: &FormDraft, template: &Template, zone: &TimeZone) -> Result<Value> {
    let contents = contents(&draft.fields, &template.controls, zone)?;
    let mut body = Map::from_iter([
        ("creator_userid".to_owned(), json!(draft.originator)),
        ("template_id".to_owned(), json!(draft.template)),
        ("use_template_approver".to_owned(), json!(u8::from(draft.approvers.is_empty()))),
        ("apply_data".to_owned(), json!({ "contents": contents })),
        ("summary_list".to_owned(), summary(draft, template)),
    ]);
    // Who approves and who is told counts only where the template's own people do not.
    if !draft.approvers.is_empty() {
        let copied = (!draft.copied_to.is_empty()).then(|| json!({ "type": 2, "userid": draft.copied_to }));
        let nodes: Vec<Value> = draft.approvers.iter().map(step).chain(copied).collect();
        body.insert("process".to_owned(), json!({ "node_list": nodes }));
    }
    // The mapping's default is another OA's root.
    if let Some(department) = draft.department.as_deref().and_then(decimal::whole).filter(|id| *id > 0) {
        body.insert("choose_department".to_owned(), json!(department));
    }
    Ok(Value::Object(body))
}

/// The newer way to say it counts the other way round than the older: 1 is all of them, 2 is any.
fn step(step: &ApprovalStep) -> Value {
    let needs = match step.needs {
        Needs::All => 1,
        Needs::Any => 2,
    };
    json!({ "type": 1, "apv_rel": needs, "userid": step.users })
}

/// One to three lines; a form without any is refused.
fn summary(draft: &FormDraft, template: &Template) -> Value {
    let own: Vec<&str> = draft.summary.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let otherwise = [template.name.as_str(), draft.title.as_deref().unwrap_or_default()];
    let lines: Vec<&str> = if own.is_empty() { otherwise.into_iter().filter(|l| !l.is_empty()).collect() } else { own };
    let lines = if lines.is_empty() { vec!["审批"] } else { lines };
    let line = |text: &&str| {
        let text: String = super::control::one_line(text).chars().take(SUMMARY.1).collect();
        json!({ "summary_info": [{ "text": text, "lang": "zh_CN" }] })
    };
    lines.iter().take(SUMMARY.0).map(line).collect()
}

fn contents(fields: &[Field], controls: &[TemplateControl], zone: &TimeZone) -> Result<Vec<Value>> {
    let mut contents = Vec::new();
    for field in fields {
        let control = find(controls, &field.name)?;
        if !control.is_filled_in() {
            continue;
        }
        let value = match (&field.value, control.control.as_str()) {
            (FieldValue::Table(rows), "Table") => table(control, rows, zone)?,
            (FieldValue::Table(_), other) => {
                let message = format!("lines are mapped to {}, which is a control of kind {other}", field.name);
                return Err(Error::permanent("wecom.form", message));
            }
            (value, _) => written(control, value, zone)?,
        };
        contents.push(content(control, &value));
    }
    Ok(contents)
}

fn content(control: &TemplateControl, value: &Value) -> Value {
    json!({ "control": control.control, "id": control.id, "value": value })
}

/// A range may be mapped to the two labels that other OAs give it; here it is one control.
fn find<'c>(controls: &'c [TemplateControl], name: &str) -> Result<&'c TemplateControl> {
    match range::pair(name) {
        Some((first, second)) => named(controls, &first).or_else(|_| named(controls, &second)),
        None => named(controls, name),
    }
}

/// Every row has every control of the template.
fn table(control: &TemplateControl, rows: &[Vec<Field>], zone: &TimeZone) -> Result<Value> {
    let row = |row: &Vec<Field>| {
        let mut filled = BTreeMap::new();
        for field in row {
            let child = find(&control.children, &field.name)?;
            filled.insert(child.id.as_str(), written(child, &field.value, zone)?);
        }
        let cells = control.children.iter().filter(|child| child.is_filled_in());
        let cell = |child: &TemplateControl| {
            let value = filled.get(child.id.as_str()).cloned().unwrap_or_else(|| empty(child));
            content(child, &value)
        };
        Ok(json!({ "list": cells.map(cell).collect::<Vec<_>>() }))
    };
    Ok(json!({ "children": rows.iter().map(row).collect::<Result<Vec<_>>>()? }))
}

/// A form to be sent as its instance will show it.
pub(super) fn echo(fields: &[Field]) -> Vec<InstanceField> {
    let shown = |field: &Field| {
        let (kind, value) = match &field.value {
            FieldValue::Table(rows) => (FieldKind::Table, ReadValue::Table(rows.iter().map(|row| echo(row)).collect())),
            value => (value.kind(), ReadValue::Text(shown_text(value))),
        };
        InstanceField { name: field.name.clone(), kind, value }
    };
    fields.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(kind: &str, id: &str, title: &str) -> TemplateControl {
        TemplateControl { id: id.into(), title: title.into(), control: kind.into(), ..TemplateControl::default() }
    }

    fn template() -> Template {
        let children = vec![
            control("Text", "Text-6", "品号"),
            control("Number", "Number-7", "数量"),
            control("Text", "Text-8", "备注"),
        ];
        let table = TemplateControl { children, ..control("Table", "Table-5", "明细") };
        Template { name: "库存发货".into(), controls: vec![control("Text", "Text-1", "草稿单号"), table] }
    }

    fn draft() -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let text = |t: &str| FieldValue::Text(t.into());
        FormDraft {
            template: "3WK7".into(),
            originator: "zhangtao".into(),
            fields: vec![
                field("草稿单号", text("40")),
                field(
                    "Table-5",
                    FieldValue::Table(vec![vec![field("品号", text("11028")), field("Number-7", text("0"))]]),
                ),
            ],
            summary: vec!["三号线报废".into()],
            copied_to: vec!["zoubiao".into()],
            ..FormDraft::default()
        }
    }

    // R-C25, R-C27, R-C30, R-C31
    #[test]
    fn the_body_has_every_child_of_a_row_and_the_templates_own_approvers() {
        let body = body(&draft(), &template(), &TimeZone::UTC).unwrap();
        assert_eq!(
            body,
            json!({"creator_userid": "zhangtao", "template_id": "3WK7", "use_template_approver": 1,
                "apply_data": {"contents": [
                    {"control": "Text", "id": "Text-1", "value": {"text": "40"}},
                    {"control": "Table", "id": "Table-5", "value": {"children": [{"list": [
                        {"control": "Text", "id": "Text-6", "value": {"text": "11028"}},
                        {"control": "Number", "id": "Number-7", "value": {"new_number": "0"}},
                        {"control": "Text", "id": "Text-8", "value": {"text": ""}}]}]}}]},
                "summary_list": [{"summary_info": [{"text": "三号线报废", "lang": "zh_CN"}]}]})
        );
    }

    // R-C25
    #[test]
    fn named_approvers_are_a_process_and_copies_one_of_its_steps() {
        let users = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let approvers = vec![
            ApprovalStep { users: users(&["felix"]), needs: Needs::All },
            ApprovalStep { users: users(&["a", "b"]), needs: Needs::Any },
        ];
        let body = body(&FormDraft { approvers, ..draft() }, &template(), &TimeZone::UTC).unwrap();
        assert_eq!(body["use_template_approver"], 0);
        assert_eq!(
            body["process"],
            json!({"node_list": [{"type": 1, "apv_rel": 1, "userid": ["felix"]},
                {"type": 1, "apv_rel": 2, "userid": ["a", "b"]}, {"type": 2, "userid": ["zoubiao"]}]})
        );
        assert!(body.get("notifyer").is_none() && body.get("notify_type").is_none());
    }

    // R-C26
    #[test]
    fn a_summary_has_one_to_three_lines_of_twenty_characters() {
        let lines = |draft: &FormDraft| -> Vec<String> {
            let list = summary(draft, &template());
            let text = |line: &Value| line.pointer("/summary_info/0/text").unwrap().as_str().unwrap().to_owned();
            list.as_array().unwrap().iter().map(text).collect()
        };
        let own =
            FormDraft { summary: vec!["字".repeat(30), " ".into(), "b".into(), "c".into(), "d".into()], ..draft() };
        assert_eq!(lines(&own), ["字".repeat(20), "b".into(), "c".into()]);
        let none = FormDraft { summary: vec![], title: Some("采购申请 16".into()), ..draft() };
        assert_eq!(lines(&none), ["库存发货", "采购申请 16"]);
    }

    // R-C30, R-C40
    #[test]
    fn an_empty_table_and_attachments_are_refused_before_anything_is_sent() {
        let mut draft = draft();
        draft.fields[1].value = FieldValue::Table(vec![]);
        draft.fields.push(Field { name: "附件".into(), value: FieldValue::Files("[]".into()) });
        let places: Vec<Place> = unfit(&draft).into_iter().map(|u| u.place).collect();
        assert_eq!(places, [Place::Field("Table-5".into()), Place::Field("附件".into())]);
    }
}
