//! Writing the marks of a document that was read in a poll's page: only if it is still the one that was read,
//! where the ERP can tell. One that is not is read again, and the run keeps what has changed; what people decide is
//! compared with the document as it then is.

use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use tenon_connectors::erp::{Erp, Place, Update};
use tenon_model::ConnectionId;
use tenon_model::config::ApprovalFlow;
use tenon_platform::{Context, ErrorKind, Result};

/// Connections whose lists give ETags that are not those of the entities, so that nothing is won by them.
#[derive(Default)]
struct Worthless(Mutex<HashSet<ConnectionId>>);

/// Writes the marks. Returns what the run keeps.
pub async fn set(ctx: &Context, flow: &ApprovalFlow, erp: &Erp<'_>, place: &Place, body: &Value) -> Result<Value> {
    let worthless = ctx.extensions.get_or_init::<Worthless>();
    let known = worthless.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&flow.erp);
    let Some((shown, Some(etag))) = erp.shown(place).filter(|_| !known) else {
        return erp.update(place, body, Update::default()).await.map(|()| Value::Null);
    };
    match erp.update(place, body, Update { version: Some(etag), ..Update::default() }).await {
        Err(error) if error.kind() == ErrorKind::Changed => {}
        other => return other.map(|()| Value::Null),
    }
    let (now, etag) = erp.read_with_version(place).await?;
    let changed = differences(flow, &shown, &now);
    if changed.is_empty() {
        worthless.0.lock().unwrap_or_else(PoisonError::into_inner).insert(flow.erp.clone());
    }
    erp.update(place, body, Update { version: etag, ..Update::default() }).await?;
    Ok(json!({ "changed_since_read": changed }))
}

/// The mapped header fields and collections that are otherwise.
fn differences(flow: &ApprovalFlow, shown: &Value, now: &Value) -> Vec<String> {
    let none = Map::new();
    let (shown, now) = (shown.as_object().unwrap_or(&none), now.as_object().unwrap_or(&none));
    let mapped = flow.form.fields.iter().map(|field| field.from.as_str()).chain(flow.collections());
    mapped.filter(|name| shown.get(*name) != now.get(*name)).map(str::to_owned).collect()
}
