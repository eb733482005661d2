//! The fields of an ERP document that say where it stands: what they are set to, and writing them only to the
//! document that was read.

mod conditional;
mod write;

pub use conditional::set;
pub use write::{shows, write};

use crate::zone;
use serde_json::{Map, Value, json};
use tenon_connectors::erp::Filter;
use tenon_model::b1::cut;
use tenon_model::code;
use tenon_model::config::{DateStyle, Marks};
use tenon_model::oa::Decision;
use tenon_platform::Result;

/// Whether the document already carries the mark that says it is in the OA.
pub fn is_marked(marks: &Marks, entity: &Map<String, Value>) -> bool {
    entity.get(&marks.synced).and_then(Value::as_str) == Some(marks.synced_value.as_str())
}

/// The instance id the document carries.
pub fn instance<'a>(marks: &Marks, entity: &'a Map<String, Value>) -> Option<&'a str> {
    entity.get(marks.instance.name()).and_then(Value::as_str).map(code::trim).filter(|id| !id.is_empty())
}

/// The filter of documents that are not marked.
pub fn unsynced(marks: &Marks) -> Filter<'_> {
    Filter::Equal { field: &marks.synced, value: &marks.unsynced_value }
}

/// What says that the document is in the OA as this instance.
pub fn submitted(marks: &Marks, instance: &str) -> Value {
    json!({ &marks.synced: marks.synced_value, marks.instance.name(): instance })
}

/// What says that it is not any more.
pub fn cleared(marks: &Marks) -> Map<String, Value> {
    Map::from_iter([
        (marks.synced.clone(), Value::from(marks.unsynced_value.as_str())),
        (marks.instance.name().to_owned(), Value::Null),
    ])
}

/// The result of a document that is decided by a field of its own.
pub fn result(marks: &Marks, is_agreed: bool) -> (String, Value) {
    let value = if is_agreed { &marks.approved } else { &marks.rejected };
    (marks.result.clone(), Value::from(value.as_str()))
}

/// The optional fields that say who decided, when, and with what words.
pub fn decision(marks: &Marks, decision: &Decision, time_zone: &str) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    if let (Some(name), Some(approver)) = (&marks.approver, &decision.approver) {
        fields.insert(name.clone(), Value::from(approver.as_str()));
    }
    if let Some(name) = &marks.decided_at {
        let pattern = match marks.decided_at_style {
            DateStyle::Date => "%Y-%m-%d",
            DateStyle::Datetime => "%Y-%m-%d %H:%M:%S",
        };
        fields.insert(name.clone(), Value::from(zone::local(decision.at_ms, time_zone, pattern)?));
    }
    if let (Some(name), Some(comments)) = (&marks.comments, &decision.comments) {
        fields.insert(name.clone(), Value::from(cut(comments, marks.comments_length.unwrap_or(usize::MAX))));
    }
    Ok(fields)
}
