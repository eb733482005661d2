//! Writing fields of a document once, and only to the document that was read.

use serde_json::{Map, Value, json};
use tenon_connectors::erp::{Erp, Place, Update};
use tenon_platform::{ErrorKind, Result};

/// Writes fields of the document, unless it shows them already. `false` when it is gone; with what the run keeps.
/// A document that was `read` must not have changed since, where the ERP can tell.
pub async fn write(
    erp: &Erp<'_>,
    place: &Place,
    fields: &Map<String, Value>,
    read: Option<(&Map<String, Value>, Option<String>)>,
) -> Result<(bool, Value)> {
    let gone = || Ok((false, json!({ "gone": true })));
    let fresh;
    let (present, etag) = match read {
        Some((present, etag)) => (present, etag),
        // What was read is what is changed: a write that arrives late must not undo a later one.
        None => match erp.read_with_version(place).await {
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
    match change(erp, place, &Value::Object(fields.clone()), etag).await {
        Ok(()) => Ok((true, Value::Null)),
        Err(error) if error.kind() == ErrorKind::NotFound => gone(),
        Err(error) => Err(error),
    }
}

/// Changes a document if it is still the one that was read. Where the ERP refuses a version that it gives out all
/// the same, the version is worth nothing and left out.
async fn change(erp: &Erp<'_>, place: &Place, body: &Value, etag: Option<String>) -> Result<()> {
    let update = Update { version: etag.clone(), ..Update::default() };
    match erp.update(place, body, update).await {
        Err(error) if error.kind() == ErrorKind::Changed && etag.is_some() => {
            if erp.read_with_version(place).await?.1 != etag {
                return Err(error);
            }
            erp.update(place, body, Update::default()).await
        }
        other => other,
    }
}

/// Whether a document shows these values already.
pub fn shows(present: &Map<String, Value>, fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(name, value)| present.get(name).is_some_and(|p| same(p, value)))
}

/// ERPs give dates back with a time, and empty texts as null.
fn same(present: &Value, wanted: &Value) -> bool {
    match (present, wanted) {
        (Value::String(p), Value::Null) => p.is_empty(),
        (Value::String(p), Value::String(w)) => {
            p == w || (w.len() == 10 && p.strip_prefix(w.as_str()).is_some_and(|r| r.starts_with('T')))
        }
        (p, w) => p == w,
    }
}
