//! Writing the marks of a document that was read in a poll's page: only if it is still the one that was read,
//! where B1 can tell. One that is not is read again, and the run keeps what has changed; what people decide is
//! compared with the document as it then is.

use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tenon_connectors::b1::{B1, Entity, Query, WriteOptions};
use tenon_model::ConnectionId;
use tenon_model::config::ApprovalFlow;
use tenon_platform::{Context, ErrorKind, Result};

/// Connections whose lists give ETags that are not those of the entities, so that nothing is won by them.
#[derive(Default)]
struct Worthless(Mutex<HashSet<ConnectionId>>);

/// Writes the marks. Returns what the run keeps.
pub async fn set(ctx: &Context, flow: &ApprovalFlow, b1: &B1<'_>, entity: &Entity, body: &Value) -> Result<Value> {
    let worthless = ctx.extensions.get_or_init::<Worthless>();
    let plain = WriteOptions::default();
    let known = worthless.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&flow.erp);
    let Some((shown, Some(etag))) = b1.shown(entity).filter(|_| !known) else {
        return b1.change(entity, body, plain).await.map(|()| Value::Null);
    };
    match b1.change(entity, body, WriteOptions { if_match: Some(etag), ..plain.clone() }).await {
        Err(error) if error.kind() == ErrorKind::Changed => {}
        other => return other.map(|()| Value::Null),
    }
    let (now, etag) = b1.read_with_etag(entity, &Query::default()).await?;
    let changed = differences(flow, &shown, &now);
    if changed.is_empty() {
        worthless.0.lock().unwrap_or_else(PoisonError::into_inner).insert(flow.erp.clone());
    }
    b1.change(entity, body, WriteOptions { if_match: etag, ..plain }).await?;
    Ok(json!({ "changed_since_read": changed }))
}

/// The mapped header fields and collections that are otherwise.
fn differences(flow: &ApprovalFlow, shown: &Value, now: &Value) -> Vec<String> {
    let none = Map::new();
    let (shown, now) = (shown.as_object().unwrap_or(&none), now.as_object().unwrap_or(&none));
    let lines = flow.form.lines.as_ref().map(|lines| lines.from.as_str());
    let mapped = flow.form.fields.iter().map(|field| field.from.as_str()).chain(lines);
    mapped.filter(|name| shown.get(*name) != now.get(*name)).map(str::to_owned).collect()
}
