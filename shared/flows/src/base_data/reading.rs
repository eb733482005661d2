//! A record as it was read, and whether it still is what was read.

use crate::base_data::message::{RecordPage, SendRecord};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use tenon_connectors::erp::{Erp, Place};
use tenon_crypto::digest::sha256_hex;
use tenon_model::DocumentKey;
use tenon_model::config::BaseDataFlow;
use tenon_platform::{Error, ErrorKind, Result};

/// Bytes of a record that travel in a message.
const MAX_RECORD: usize = 60 * 1024;
/// Bytes of all records of a message: SQS takes 256 KB.
pub const MAX_MESSAGE: usize = 180 * 1024;

/// A record as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Its fields; those that are mapped at least.
    pub fields: Map<String, Value>,
    /// Fingerprint of what was read of it.
    pub fingerprint: String,
    /// Its version, where the ERP gives one.
    pub etag: Option<String>,
    /// Whether it is marked as sent.
    pub is_marked: bool,
}

/// The record's place in the ERP.
pub fn place(flow: &BaseDataFlow, key: &DocumentKey) -> Place {
    Place::new(&flow.source.object, key)
}

/// A row of a page, as it is to travel. Without its fields when they are too large: it is then read by itself.
pub fn of_page(flow: &BaseDataFlow, mut row: Map<String, Value>, read_ms: i64) -> (RecordPage, bool) {
    let etag = ["odata.etag", "@odata.etag"].iter().find_map(|name| row.remove(*name));
    // With a selection the version is stale.
    let etag = etag.and_then(|etag| etag.as_str().map(str::to_owned)).filter(|_| flow.source.selected().is_empty());
    let fingerprint = fingerprint(flow, &row);
    let mapped: HashSet<&str> = flow.mapped().collect();
    row.retain(|name, _| mapped.contains(name.as_str()));
    let fields = Value::Object(row).to_string();
    let fits = fields.len() <= MAX_RECORD;
    (RecordPage { fields, fingerprint, etag, read_ms }, fits)
}

/// What a message says of a record, if its page brought it.
pub fn of_message(record: &SendRecord) -> Option<Reading> {
    let page = record.page.as_ref()?;
    let Ok(Value::Object(fields)) = serde_json::from_str(&page.fields) else { return None };
    Some(Reading { fields, fingerprint: page.fingerprint.clone(), etag: page.etag.clone(), is_marked: false })
}

/// Reads a record, whole. `None` when it does not exist any more.
pub async fn read(erp: &Erp<'_>, flow: &BaseDataFlow, key: &DocumentKey) -> Result<Option<Reading>> {
    let (fields, etag) = match erp.read_with_version(&place(flow, key)).await {
        Ok((Value::Object(fields), etag)) => (fields, etag),
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let fingerprint = fingerprint(flow, &fields);
    let is_marked = fields.get(&flow.marks.synced).and_then(Value::as_str) == Some(flow.marks.synced_value.as_str());
    Ok(Some(Reading { fields, fingerprint, etag, is_marked }))
}

/// Of all fields that are asked for, the mark apart: who sets that means to have the record sent, and changes nothing
/// of it.
fn fingerprint(flow: &BaseDataFlow, fields: &Map<String, Value>) -> String {
    let mut selected: HashSet<&str> = flow.source.selected().into_iter().collect();
    if !selected.is_empty() {
        selected.insert(&flow.source.key);
    }
    let counts = |name: &str| {
        name != flow.marks.synced
            && !name.starts_with("odata.")
            && !name.contains("@odata.")
            && (selected.is_empty() || selected.contains(name))
    };
    let counted: BTreeMap<&str, &Value> =
        fields.iter().map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| counts(name)).collect();
    sha256_hex(serde_json::to_string(&counted).unwrap_or_default().as_bytes())
}

/// The key of a row that a page shows.
///
/// # Errors
/// `flow.key` when it has none.
pub fn key_of(flow: &BaseDataFlow, row: &Map<String, Value>) -> Result<DocumentKey> {
    row.get(&flow.source.key).and_then(DocumentKey::from_json).ok_or_else(|| {
        let (object, key) = (&flow.source.object, &flow.source.key);
        Error::permanent("flow.key", format!("{object} has a record without {key}; name its key field in source.key"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flow(select: &str) -> BaseDataFlow {
        serde_json::from_value(json!({"id": "items", "erp": "b1", "oa": "w", "source": {"select": select},
            "form": {"template": "t", "fields": [{"from": "ItemCode", "to": "a"}, {"from": "ItemName", "to": "b"}]}}))
        .unwrap()
    }

    fn row(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn r_w15_a_change_of_any_field_that_was_read_counts_and_the_mark_does_not() {
        let of = |select: &str, value: Value| fingerprint(&flow(select), &row(value));
        let read = json!({"odata.etag": "W/\"1\"", "ItemCode": "A", "ItemName": "x", "Phone": 1, "U_ISSYN": "N"});
        let later = json!({"ItemName": "x", "Phone": 1, "ItemCode": "A", "U_ISSYN": "Y", "ItemPrices@odata.navigationLink": "p"});
        assert_eq!(of("", read.clone()), of("", later));
        let changed = json!({"ItemCode": "A", "ItemName": "x", "Phone": 2, "U_ISSYN": "N"});
        assert_ne!(of("", read), of("", changed.clone()));
        let selected = json!({"ItemCode": "A", "ItemName": "x"});
        assert_eq!(of("ItemName", changed), of("ItemName", selected));
    }

    #[test]
    fn only_what_is_mapped_travels_and_a_version_only_of_whole_records() {
        let shown = json!({"odata.etag": "W/\"1\"", "ItemCode": "A", "ItemName": "x", "ItemPrices": [1, 2]});
        let (page, fits) = of_page(&flow(""), row(shown.clone()), 5);
        assert_eq!(
            (page.fields.as_str(), page.etag.as_deref(), fits),
            (r#"{"ItemCode":"A","ItemName":"x"}"#, Some("W/\"1\""), true)
        );
        assert_eq!(of_page(&flow("ItemName"), row(shown), 5).0.etag, None);
        assert!(!of_page(&flow(""), row(json!({"ItemName": "长".repeat(MAX_RECORD)})), 5).1);
    }
}
