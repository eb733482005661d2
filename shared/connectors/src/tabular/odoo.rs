//! Models of Odoo.

use super::{Described, DescribedField, DescribedTable, Forms, Hint, KeysQuery, PageQuery};
use crate::odoo::{Domain, Odoo, OdooField};
use async_trait::async_trait;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tenon_model::config::{DataSyncFlow, DataType};
use tenon_model::json::number;
use tenon_platform::error::{Error, ErrorKind, Result};

/// Records of a page.
const PAGE: u32 = 500;
/// Keys that are looked up at once.
const AT_ONCE: usize = 500;
/// The date of the last change, which every model has that keeps it.
const CHANGED: &str = "write_date";
const KEY: &str = "id";

/// What is wanted of a field that is no plain value, behind a point: the id of a link, its name, or whether it is so.
const ID: &str = "id";
const NAME: &str = "name";
const FLAG: &str = "flag";

#[async_trait]
impl Forms for Odoo<'_> {
    async fn describe(&self, flow: &DataSyncFlow, form: &str) -> Result<Described> {
        if let Some(entry) = flow.entries.first() {
            let message = format!(
                "{entry}: the lines of a model are a model of their own; give it a flow with form = \"{form}.line\""
            );
            return Err(Error::permanent("data-sync.entry", message));
        }
        let all = self.fields(form).await?;
        let date = flow.date.as_deref().unwrap_or(CHANGED);
        let has_date = all.iter().any(|field| field.name == date && field.is_stored);
        if flow.date.is_some() && !has_date {
            let message = format!("the model {form} has no field {date}; name the date of the last change in date");
            return Err(Error::permanent("data-sync.field", message));
        }
        let caption = self.caption(form).await;
        let mut fields = Vec::new();
        for field in all.iter().filter(|field| field.name != KEY) {
            fields.extend(columns(field, flow));
        }
        let key = described(KEY, KEY, KEY, "ID", "", Hint::Key);
        let table = DescribedTable { entry: None, caption: caption.clone(), key: vec![key], fields };
        Ok(Described {
            id: form.to_owned(),
            caption,
            tables: vec![table],
            date: has_date.then(|| date.to_owned()),
            organisation: None,
        })
    }

    async fn page(&self, query: &PageQuery<'_>) -> Result<Vec<Vec<Value>>> {
        let mut domain: Domain = match query.filter {
            Some(filter) => domain(filter)?,
            None => Vec::new(),
        };
        if let Some(window) = query.window {
            domain.push(json!([window.field, ">=", window.from]));
            domain.extend(window.until.map(|until| json!([window.field, "<", until])));
        }
        let after = query.after.and_then(|after| after.first()?.as_i64()).unwrap_or(0);
        let names: BTreeSet<&str> = query.fields.iter().map(|path| base(path)).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| *name != KEY).collect();
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let records = self.page(query.form, &names, &domain, after, limit).await?;
        let row = |(id, record): (i64, Map<String, Value>)| {
            let cell = |path: &String| if path == KEY { Value::from(id) } else { value(&record, path) };
            query.fields.iter().map(cell).collect()
        };
        Ok(records.into_iter().map(row).collect())
    }

    async fn present(&self, query: &KeysQuery<'_>) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for keys in query.keys.chunks(AT_ONCE) {
            let records = self.page(query.form, &[], &vec![json!([KEY, "in", keys])], 0, AT_ONCE).await?;
            found.extend(records.into_iter().map(|(id, _)| Value::from(id)));
        }
        Ok(found)
    }

    async fn organisations(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn page_size(&self) -> u32 {
        PAGE
    }

    /// Odoo keeps and tells times in UTC.
    fn time_zone(&self) -> &str {
        "UTC"
    }
}

fn domain(filter: &str) -> Result<Domain> {
    match serde_json::from_str(filter) {
        Ok(Value::Array(domain)) => Ok(domain),
        _ => {
            let message = "filter is no domain of Odoo's, such as [[\"state\", \"=\", \"sale\"]]";
            Err(Error::permanent("data-sync.field", message).with_kind(ErrorKind::Refused))
        }
    }
}

fn base(path: &str) -> &str {
    path.split_once('.').map_or(path, |(base, _)| base)
}

/// The columns of a field: a link is an id and a name. What is computed when it is asked for, and lists of others, are none.
fn columns(field: &OdooField, flow: &DataSyncFlow) -> Vec<DescribedField> {
    let name = field.name.as_str();
    let left_out = |name: &str| flow.without.iter().any(|out| out.eq_ignore_ascii_case(name));
    if !field.is_stored || left_out(name) || !is_name(name) {
        return Vec::new();
    }
    let (caption, of) = (field.caption.as_str(), field.of.as_str());
    let as_text = flow.as_text.iter().any(|text| text.eq_ignore_ascii_case(name));
    let plain = |hint: Hint| vec![described(name, name, name, caption, of, if as_text { Hint::Text } else { hint })];
    match flow.types.get(of) {
        Some(DataType::Number) => return plain(Hint::Number),
        Some(DataType::Time) => return plain(Hint::Time),
        Some(DataType::Text) => return plain(Hint::Text),
        None => {}
    }
    match of {
        "one2many" | "many2many" | "binary" | "image" => Vec::new(),
        "many2one" => [(ID, "", Hint::Number), (NAME, "_name", Hint::Text)]
            .into_iter()
            .filter(|(part, ..)| !left_out(&format!("{name}.{part}")))
            .map(|(part, ending, hint)| {
                let caption = if part == ID { format!("{caption} ID") } else { format!("{caption} 名称") };
                described(&format!("{name}.{part}"), name, &format!("{name}{ending}"), &caption, of, hint)
            })
            .collect(),
        "boolean" => vec![described(&format!("{name}.{FLAG}"), name, name, caption, of, Hint::Text)],
        "integer" | "float" | "monetary" | "many2one_reference" => plain(Hint::Number),
        "date" | "datetime" => plain(Hint::Time),
        "char" | "text" | "html" | "selection" | "reference" | "json" => plain(Hint::Text),
        _ => plain(Hint::Unknown),
    }
}

fn described(path: &str, field: &str, name: &str, caption: &str, code: &str, hint: Hint) -> DescribedField {
    DescribedField {
        path: path.to_owned(),
        field: field.to_owned(),
        name: name.to_owned(),
        caption: caption.to_owned(),
        code: code.to_owned(),
        hint,
    }
}

fn is_name(name: &str) -> bool {
    (1..=80).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A value of a record. Odoo's `false` is nothing, unless it is asked for as a flag.
fn value(record: &Map<String, Value>, path: &str) -> Value {
    let (base, part) = path.split_once('.').unwrap_or((path, ""));
    let value = record.get(base).unwrap_or(&Value::Null);
    match (value, part) {
        (Value::Bool(flag), FLAG) => Value::from(*flag),
        (Value::Bool(false), _) => Value::Null,
        (Value::Array(pair), ID) => pair.first().cloned().unwrap_or_default(),
        (Value::Array(pair), NAME) => pair.get(1).cloned().unwrap_or_default(),
        (Value::Number(id), ID) => Value::Number(id.clone()),
        (_, NAME) => Value::Null,
        // Python writes small and great floats with an exponent.
        (Value::Number(odd), _) if odd.to_string().contains(['e', 'E']) => {
            number::text_of(value).map_or_else(|| value.clone(), |plain| Value::from(plain.into_owned()))
        }
        (value, _) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odoos_values_are_cells() {
        let record = json!({ "name": "SO1", "active": false, "partner_id": [7, "深圳客户"], "user_id": false, "note": false,
            "amount": 1e-7, "total": 12.5 });
        let record = record.as_object().unwrap();
        for (path, cell) in [
            ("name", json!("SO1")),
            ("active.flag", json!(false)),
            ("partner_id.id", json!(7)),
            ("partner_id.name", json!("深圳客户")),
            ("user_id.id", Value::Null),
            ("user_id.name", Value::Null),
            ("note", Value::Null),
            ("amount", json!("0.0000001")),
            ("total", json!(12.5)),
            ("gone", Value::Null),
        ] {
            assert_eq!(value(record, path), cell, "{path}");
        }
        assert_eq!(domain("[[\"state\", \"=\", \"sale\"]]").unwrap().len(), 1);
        assert_eq!(domain("state = sale").unwrap_err().code, "data-sync.field");
    }
}
