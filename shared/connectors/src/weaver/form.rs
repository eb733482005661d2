//! Forms as E-cology takes them: names of database fields with texts, and the rows of detail tables.

use crate::oa::FileContent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tenon_model::oa::{Field, FieldValue, FormDraft, InstanceField, Place, ReadValue, StoredFile, Unfit};

/// Members of a request that are no fields of its form; in `mainData` they refuse it.
const RESERVED: [&str; 3] = ["requestname", "requestlevel", "messagetype"];

/// Why it would refuse a form.
pub(super) fn unfit(draft: &FormDraft) -> Vec<Unfit> {
    let mut found = Vec::new();
    let header = || draft.fields.iter().filter(|field| !is_table(field));
    if !header().any(|field| !text(&field.value).is_empty()) {
        let message = "has no header field with a value; the OA refuses a request without one".to_owned();
        found.push(Unfit { place: Place::Form, message });
    }
    for field in header().filter(|field| RESERVED.contains(&field.name.to_lowercase().as_str())) {
        let message = "is the request's own and no field of its form; the title is form.title".to_owned();
        found.push(Unfit { place: Place::Field(field.name.clone()), message });
    }
    if !draft.approvers.is_empty() || !draft.copied_to.is_empty() {
        let message = "names approvers or people to tell; in E-cology its workflow alone says who they are";
        found.push(Unfit { place: Place::Form, message: message.to_owned() });
    }
    found
}

/// `mainData`. An empty value is left out: the form has its own defaults.
pub(super) fn main_data(draft: &FormDraft) -> Value {
    named(draft.fields.iter().filter(|field| !is_table(field)))
}

/// `detailData`, without tables that have no rows; `only` stands for a table whose name is not given.
pub(super) fn detail_data(draft: &FormDraft, only: Option<&str>) -> Vec<Value> {
    let table = |field: &Field| match &field.value {
        FieldValue::Table(rows) if !rows.is_empty() => {
            let name = if field.name.is_empty() { only.unwrap_or_default() } else { field.name.as_str() };
            let rows = rows.iter().map(|row| {
                // 0 is a row that is added.
                json!({ "recordOrder": 0, "workflowRequestTableFields": named(row.iter()) })
            });
            Some(json!({ "tableDBName": name, "workflowRequestTableRecords": rows.collect::<Value>() }))
        }
        _ => None,
    };
    draft.fields.iter().filter_map(table).collect()
}

/// Whether the rows have a table whose name is to be read from the workflow.
pub(super) fn has_unnamed_table(draft: &FormDraft) -> bool {
    draft.fields.iter().any(|f| f.name.is_empty() && matches!(&f.value, FieldValue::Table(rows) if !rows.is_empty()))
}

fn named<'f>(fields: impl Iterator<Item = &'f Field>) -> Value {
    let filled = |field: &Field| {
        let value = match &field.value {
            // Files are a list of objects, everything else is a text.
            FieldValue::Attached(files) => {
                files.iter().filter_map(|file| serde_json::from_str::<Value>(&file.reference).ok()).collect()
            }
            other => Value::from(text(other)),
        };
        (value != "").then(|| json!({ "fieldName": field.name, "fieldValue": value }))
    };
    fields.filter_map(filled).collect()
}

fn is_table(field: &Field) -> bool {
    matches!(field.value, FieldValue::Table(_))
}

fn text(value: &FieldValue) -> String {
    match value {
        FieldValue::DateRange { begin, end, with_time } => {
            let pattern = if *with_time { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d" };
            format!("{},{}", begin.strftime(pattern), end.strftime(pattern))
        }
        // Browser fields take ids with commas between them.
        FieldValue::Choices(all) | FieldValue::People(all) | FieldValue::Departments(all) => all.join(","),
        FieldValue::Instances(all) => all.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(","),
        FieldValue::Table(_) => String::new(),
        // Not empty, so that a form of files alone has something in it.
        FieldValue::Attached(files) => files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(","),
        one => one.text().unwrap_or_default(),
    }
}

/// A file as a field of files takes it: within the form, in the OA's own way of saying so.
pub(super) fn within(file: &FileContent) -> StoredFile {
    let path = format!("base64:{}", STANDARD.encode(&file.bytes));
    let reference = json!({ "filePath": path, "fileName": file.name }).to_string();
    StoredFile { name: file.name.clone(), reference }
}

/// The controls of a form as its request will show them.
pub(super) fn echo(fields: &[Field]) -> Vec<InstanceField> {
    let shown = |field: &Field| InstanceField {
        name: field.name.clone(),
        kind: field.value.kind(),
        value: match &field.value {
            FieldValue::Table(rows) => ReadValue::Table(rows.iter().map(|row| echo(row)).collect()),
            // The OA keeps files under names of its own.
            FieldValue::Attached(_) => ReadValue::Text(String::new()),
            other => ReadValue::Text(text(other)),
        },
    };
    fields.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: FieldValue) -> Field {
        Field { name: name.into(), value }
    }

    // R-W22, R-W23, R-W24
    #[test]
    fn a_form_is_named_fields_and_the_rows_of_its_tables() {
        let row = |item: &str| {
            vec![field("wlbm", FieldValue::Text(item.into())), field("bz", FieldValue::Text(String::new()))]
        };
        let draft = FormDraft {
            fields: vec![
                field("xqrq", FieldValue::Date(jiff::civil::date(2022, 8, 23))),
                field("", FieldValue::Table(vec![row("11028"), row("14003")])),
                field("dt2", FieldValue::Table(Vec::new())),
            ],
            ..FormDraft::default()
        };
        assert_eq!(unfit(&draft), []);
        assert_eq!(main_data(&draft).to_string(), r#"[{"fieldName":"xqrq","fieldValue":"2022-08-23"}]"#);
        let rows = |item: &str| json!({"recordOrder": 0, "workflowRequestTableFields": [{"fieldName": "wlbm", "fieldValue": item}]});
        let table = json!({"tableDBName": "dt1", "workflowRequestTableRecords": [rows("11028"), rows("14003")]});
        assert_eq!(detail_data(&draft, Some("dt1")), [table]);
    }

    #[test]
    fn what_refuses_a_request_is_said_before_it_is_sent() {
        let draft =
            FormDraft { fields: vec![field("requestName", FieldValue::Text("x".into()))], ..FormDraft::default() };
        assert_eq!(unfit(&draft).first().map(|u| u.place.clone()), Some(Place::Field("requestName".into())));
        assert_eq!(unfit(&FormDraft::default()).first().map(|u| u.place.clone()), Some(Place::Form));
    }

    // R-W46
    #[test]
    fn files_travel_within_the_form() {
        let file = FileContent { name: "报价'单.pdf".into(), bytes: bytes::Bytes::from_static(b"%PDF") };
        let draft =
            FormDraft { fields: vec![field("fj", FieldValue::Attached(vec![within(&file)]))], ..FormDraft::default() };
        let wanted = json!([{ "fieldName": "fj", "fieldValue": [{ "filePath": "base64:JVBERg==", "fileName": "报价'单.pdf" }] }]);
        assert_eq!((main_data(&draft), unfit(&draft)), (wanted, vec![]));
    }
}
