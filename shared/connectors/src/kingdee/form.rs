//! What a form has, by `QueryBusinessInfo`. Its numbers of types are documented nowhere, so they are kept as they come.

use super::{KINGDEE, Kingdee, error};
use serde_json::{Value, json};
use tenon_platform::error::Result;

/// Chinese, in the lists of names.
const CHINESE: i64 = 2052;

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its id, as the ERP spells it.
    pub id: String,
    /// What people call it.
    pub caption: String,
    /// Its head, entries and sub-entries.
    pub entries: Vec<Entry>,
}

/// The head, or a table below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `FBillHead`, or the key of an entry.
    pub key: String,
    /// What people call it.
    pub caption: String,
    /// The entry it is below, for a sub-entry.
    pub parent: Option<String>,
    /// The field that tells its rows apart: `FID`, `FENTRYID`.
    pub primary: Option<String>,
    /// Its fields.
    pub fields: Vec<FormField>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub caption: String,
    /// The number of its type, as it came.
    pub code: String,
    /// The number of its element, as it came.
    pub element: String,
    /// The form whose record it names.
    pub lookup: Option<String>,
}

impl Form {
    /// Its head.
    pub fn head(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == "FBillHead").or_else(|| self.entries.first())
    }

    /// An entry.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }
}

impl Kingdee<'_> {
    /// What a form has.
    ///
    /// # Errors
    /// Kingdee's, in its words, for a form that there is not.
    pub async fn form(&self, id: &str) -> Result<Form> {
        let body = json!({ "data": { "FormId": id } });
        let form = self.read("QueryBusinessInfo", &body, |answer| {
            let body = error::body(answer)?;
            form(&body).ok_or_else(|| {
                KINGDEE
                    .unintelligible(format!("the answer does not describe the form {id}"))
                    .with_status(answer.status)
                    .into()
            })
        });
        form.await
    }
}

fn form(body: &Value) -> Option<Form> {
    let data = body.pointer("/Result/NeedReturnData")?;
    let id = text(data.get("Id")?)?;
    let entries: Vec<Entry> = data.get("Entrys")?.as_array()?.iter().filter_map(entry).collect();
    (!entries.is_empty()).then(|| Form {
        caption: caption(data.get("Name")).unwrap_or_else(|| id.clone()),
        id,
        entries,
    })
}

fn entry(value: &Value) -> Option<Entry> {
    let key = text(value.get("Key")?)?;
    let fields = value.get("Fields").and_then(Value::as_array).into_iter().flatten().filter_map(field).collect();
    Some(Entry {
        caption: caption(value.get("Name")).unwrap_or_else(|| key.clone()),
        parent: value.get("ParentKey").and_then(text),
        primary: value.get("EntryPkFieldName").and_then(text),
        key,
        fields,
    })
}

fn field(value: &Value) -> Option<FormField> {
    let key = text(value.get("Key")?)?;
    let number = |name: &str| value.get(name).and_then(text).unwrap_or_default();
    Some(FormField {
        caption: caption(value.get("Name")).unwrap_or_else(|| key.clone()),
        code: number("FieldType"),
        element: number("ElementType"),
        lookup: value.get("LookUpObjectFormId").and_then(text),
        key,
    })
}

/// The Chinese name, or whichever there is.
fn caption(names: Option<&Value>) -> Option<String> {
    let names = match names? {
        Value::Array(names) => names,
        other => return text(other),
    };
    let chinese = names.iter().find(|name| name.get("Key").and_then(Value::as_i64) == Some(CHINESE));
    let named = |name: &Value| name.get("Value").and_then(text);
    chinese.and_then(named).or_else(|| names.iter().find_map(named))
}

/// A text that is not empty; a number as text.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => tenon_model::json::number::text_of(other)?.into_owned(),
    };
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_captions_and_the_numbers_as_they_came() {
        let body = json!({ "Result": { "ResponseStatus": { "IsSuccess": true }, "NeedReturnData": {
            "Id": "SAL_SaleOrder", "Name": [{ "Key": 1033, "Value": "Sales Order" }, { "Key": 2052, "Value": "销售订单" }],
            "Entrys": [
                { "Key": "FBillHead", "ParentKey": null, "EntryPkFieldName": "FID", "Name": [{ "Key": 2052, "Value": "单据头" }],
                  "Fields": [{ "Key": "FCustId", "Name": [{ "Key": 2052, "Value": "客户" }], "FieldType": 127, "ElementType": 13,
                               "LookUpObjectFormId": "BD_Customer" },
                             { "Key": "FNote", "Name": [], "FieldType": 231, "LookUpObjectFormId": "" }] },
                { "Key": "FSaleOrderEntry", "EntryPkFieldName": "FENTRYID", "Fields": [] }] } } });
        let form = form(&body).unwrap();
        assert_eq!((form.id.as_str(), form.caption.as_str()), ("SAL_SaleOrder", "销售订单"));
        let head = form.head().unwrap();
        assert_eq!((head.primary.as_deref(), head.fields.len()), (Some("FID"), 2));
        assert_eq!(head.fields[0].lookup.as_deref(), Some("BD_Customer"));
        assert_eq!((head.fields[1].caption.as_str(), head.fields[1].code.as_str()), ("FNote", "231"));
        assert_eq!(head.fields[1].lookup, None);
        assert_eq!(form.entry("fsaleorderentry").unwrap().caption, "FSaleOrderEntry");
    }
}
