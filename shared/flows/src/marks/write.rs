//! Writing fields of a document once, and only to the document that was read.

use serde_json::{Map, Value, json};
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions};
use tenon_platform::{ErrorKind, Result};

/// Writes fields of the document, unless it shows them already. `false` when it is gone; with what the run keeps.
/// A document that was `read` must not have changed since, where B1 can tell.
pub async fn write(
    b1: &B1<'_>,
    entity: &Entity,
    fields: &Map<String, Value>,
    read: Option<(&Map<String, Value>, Option<String>)>,
) -> Result<(bool, Value)> {
    let gone = || Ok((false, json!({ "gone": true })));
    let fresh;
    let (present, etag) = match read {
        Some((present, etag)) => (present, etag),
        // What was read is what is changed: a write that arrives late must not undo a later one.
        None => match b1.read_with_etag(entity, &Query::default()).await {
            Ok((Value::Object(present), etag)) => {
                fresh = present;
                (&fresh, etag)
            }
            Ok(_) => return gone(),
            Err(error) if error.kind() == ErrorKind::NotFound => return gone(),
            Err(error) => return Err(error),
        },
    };
    if shows(present, fields) {
        return Ok((true, json!({ "already": true })));
    }
    match change(b1, entity, &Value::Object(fields.clone()), etag).await {
        Ok(()) => Ok((true, Value::Null)),
        Err(error) if error.kind() == ErrorKind::NotFound => gone(),
        Err(error) => Err(error),
    }
}

/// Changes an entity if it is still the one that was read. Where B1 refuses an ETag that it gives out all
/// the same, the ETag is worth nothing and left out.
async fn change(b1: &B1<'_>, entity: &Entity, body: &Value, etag: Option<String>) -> Result<()> {
    let options = WriteOptions { if_match: etag.clone(), ..WriteOptions::default() };
    match b1.change(entity, body, options).await {
        Err(error) if error.kind() == ErrorKind::Changed && etag.is_some() => {
            if b1.read_with_etag(entity, &Query::default()).await?.1 != etag {
                return Err(error);
            }
            b1.change(entity, body, WriteOptions::default()).await
        }
        other => other,
    }
}

/// Whether a document shows these values already.
pub fn shows(present: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, value)| present.get(name).is_some_and(|p| same(p, value)))
}

/// B1 gives dates back with a time, and empty texts as null.
fn same(present: &Value, wanted: &Value) -> bool {
    match (present, wanted) {
        (Value::String(p), Value::Null) => p.is_empty(),
        (Value::String(p), Value::String(w)) => {
            p == w || (w.len() == 10 && p.strip_prefix(w.as_str()).is_some_and(|r| r.starts_with('T')))
        }
        (p, w) => p == w,
    }
}
