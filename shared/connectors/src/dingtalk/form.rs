//! Forms as DingTalk writes them: every value is a text, tables and lists are JSON within one.

use super::instance::FormValue;
use super::table;
use serde_json::{Map, Value, json};
use tenon_model::decimal;
use tenon_model::oa::{
    ApprovalStep, Field, FieldKind, FieldValue, FormDraft, InstanceField, Needs, Place, ReadValue, Unfit,
};

/// DingTalk refuses a control's value longer than this many characters.
pub(super) const VALUE_LIMIT: usize = 65_535;
/// DingTalk refuses a form with more controls than this.
pub(super) const CONTROL_LIMIT: usize = 150;
/// The root, for originators whose department nobody names.
const ROOT: i64 = -1;

/// Why DingTalk would refuse a form.
pub(super) fn unfit(draft: &FormDraft) -> Vec<Unfit> {
    let mut found = Vec::new();
    for value in values(draft).iter().filter(|v| v.value.chars().count() > VALUE_LIMIT) {
        found.push(Unfit {
            place: Place::Field(value.name.clone()),
            message: format!(
                "would be longer than the {VALUE_LIMIT} characters DingTalk takes; map fewer columns or split the document"
            ),
        });
    }
    if draft.fields.len() > CONTROL_LIMIT {
        let message = format!("has {} controls, and DingTalk takes {CONTROL_LIMIT}", draft.fields.len());
        found.push(Unfit { place: Place::Form, message });
    }
    if let Some(text) = draft.department.as_deref().filter(|text| decimal::whole(text).is_none()) {
        let message = format!("is {text:?}; a DingTalk department id is a whole number");
        found.push(Unfit { place: Place::Department, message });
    }
    found
}

/// What a create sends, but for the app.
pub(super) fn body(draft: &FormDraft) -> Map<String, Value> {
    let department = draft.department.as_deref().and_then(decimal::whole).unwrap_or(ROOT);
    let mut body = Map::from_iter([
        ("originatorUserId".to_owned(), json!(draft.originator)),
        ("processCode".to_owned(), json!(draft.template)),
        ("deptId".to_owned(), json!(department)),
        ("formComponentValues".to_owned(), json!(values(draft))),
    ]);
    if !draft.approvers.is_empty() {
        body.insert("approvers".to_owned(), draft.approvers.iter().map(step).collect());
    }
    if !draft.copied_to.is_empty() {
        body.insert("ccList".to_owned(), json!(draft.copied_to));
        body.insert("ccPosition".to_owned(), json!("FINISH"));
    }
    body
}

fn step(step: &ApprovalStep) -> Value {
    let kind = match (step.users.len(), step.needs) {
        (0 | 1, _) => "NONE",
        (_, Needs::All) => "AND",
        (_, Needs::Any) => "OR",
    };
    json!({ "actionType": kind, "userIds": step.users })
}

fn values(draft: &FormDraft) -> Vec<FormValue> {
    draft.fields.iter().map(|f| FormValue { name: f.name.clone(), value: text(&f.value) }).collect()
}

fn text(value: &FieldValue) -> String {
    match value {
        FieldValue::DateRange { begin, end, with_time } => {
            let pattern = if *with_time { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
            json!([begin.strftime(pattern).to_string(), end.strftime(pattern).to_string()]).to_string()
        }
        FieldValue::Choices(texts) | FieldValue::People(texts) => json!(texts).to_string(),
        FieldValue::Departments(ids) => ids.join(","),
        FieldValue::Instances(ids) => json!(ids).to_string(),
        // Each is a JSON object.
        FieldValue::Attached(files) => {
            let files: Vec<&str> = files.iter().map(|file| file.reference.as_str()).collect();
            format!("[{}]", files.join(","))
        }
        FieldValue::Table(rows) => {
            rows.iter().map(|row| row.iter().map(cell).collect::<Value>()).collect::<Value>().to_string()
        }
        single => single.text().unwrap_or_default(),
    }
}

fn cell(field: &Field) -> Value {
    json!({ "name": field.name, "value": text(&field.value) })
}

/// A form to be sent as its instance will show it.
pub(super) fn echo(fields: &[Field]) -> Vec<InstanceField> {
    let shown = |field: &Field| match &field.value {
        FieldValue::Table(rows) => InstanceField {
            name: field.name.clone(),
            kind: FieldKind::Table,
            value: ReadValue::Table(rows.iter().map(|row| echo(row)).collect()),
        },
        value => control(&field.name, value.kind(), &text(value)),
    };
    fields.iter().map(shown).collect()
}

/// A control of an instance from its texts. One that reads as a table is a table, whatever its kind is told to be.
pub(super) fn control(name: &str, kind: FieldKind, text: &str) -> InstanceField {
    let kind = match kind {
        // A range has both its labels in its name, and is written with other blanks than it is read.
        _ if name.trim_start().starts_with('[') => FieldKind::DateRange,
        kind => kind,
    };
    let rows = match kind {
        FieldKind::Table if matches!(text.trim(), "" | "null" | "[]") => Some(Vec::new()),
        FieldKind::DateRange => None,
        _ => table::parse(text),
    };
    match rows {
        Some(rows) => InstanceField { name: name.to_owned(), kind: FieldKind::Table, value: ReadValue::Table(rows) },
        None => InstanceField { name: name.to_owned(), kind, value: ReadValue::Text(plain(text).to_owned()) },
    }
}

/// DingTalk's names of kinds.
pub(super) fn kind_of(component: &str) -> FieldKind {
    match component {
        "" => FieldKind::Unknown,
        "TextField" | "TextareaField" | "PhoneField" | "IdCardField" => FieldKind::Text,
        "NumberField" => FieldKind::Number,
        "MoneyField" => FieldKind::Money,
        "DDDateField" => FieldKind::Date,
        "DDDateRangeField" => FieldKind::DateRange,
        "DDSelectField" => FieldKind::Choice,
        "DDMultiSelectField" => FieldKind::Choices,
        "InnerContactField" => FieldKind::People,
        "DepartmentField" => FieldKind::Departments,
        "DDAttachment" | "DDPhotoField" => FieldKind::Files,
        "RelateField" => FieldKind::Instances,
        "TableField" | "DDTableField" => FieldKind::Table,
        _ => FieldKind::Other,
    }
}

/// An untouched control can have the text null.
fn plain(text: &str) -> &str {
    if text.trim() == "null" { "" } else { text }
}
