//! Deliveries: a list, one with its attempts, and sending one again.

use super::{About, json, local, moment};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as object};
use tenon_delivery::manage::{self, ListWanted, hint, word};
use tenon_delivery::record::{Attempt, Delivery};
use tenon_model::call::CallRecord;
use tenon_platform::Rejection;

/// The longest page.
const MAX: u32 = 100;

/// Which deliveries are wanted. Times are of the events.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListRequest {
    from: Option<Value>,
    to: Option<Value>,
    state: Option<String>,
    cursor: Option<String>,
    size: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    delivery_id: String,
    event_id: Option<String>,
    event: String,
    /// `pending`, `in-flight`, `delivered`, `failed`, `canceled` or `skipped`.
    state: &'static str,
    reason: Option<&'static str>,
    detail: Option<String>,
    attempts: u32,
    next_attempt_at: Option<String>,
    last_status: Option<u16>,
    last_error: Option<String>,
    created_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    attempt: u32,
    at: Option<String>,
    at_ms: i64,
    /// 0 when there was no answer.
    status: u16,
    success: bool,
    error_class: Option<String>,
    /// What to do about it.
    hint: Option<&'static str>,
    error: Option<String>,
    duration_ms: i64,
    /// The first 16 KB of the answer.
    response_body: Option<String>,
}

fn view(delivery: &Delivery) -> DeliveryView {
    let last = delivery.attempts.last();
    DeliveryView {
        delivery_id: delivery.id.clone(),
        event_id: Some(delivery.event.clone()).filter(|e| !e.is_empty()),
        event: delivery.kind.clone(),
        state: word(delivery),
        reason: delivery.reason.map(|r| r.text()),
        detail: delivery.detail.clone(),
        attempts: delivery.made,
        next_attempt_at: local(delivery.next_due_ms),
        last_status: last.map(|a| a.status),
        last_error: last.and_then(|a| a.class.clone()),
        created_at: local(Some(delivery.created_ms)),
    }
}

pub(super) async fn list(about: &About<'_>, wanted: ListRequest) -> Result<Value, Rejection> {
    let size = wanted.size.unwrap_or(20);
    if !(1..=MAX).contains(&size) {
        return Err(Rejection::field("size", format!("须为1至{MAX}")));
    }
    let wanted = ListWanted {
        from_ms: moment("from", wanted.from.as_ref())?,
        to_ms: moment("to", wanted.to.as_ref())?,
        state: wanted.state,
        cursor: wanted.cursor,
        size,
    };
    let found = manage::list(about, wanted).await?;
    let records: Vec<DeliveryView> = found.deliveries.iter().map(view).collect();
    Ok(object!({ "size": size, "records": json(&records)?, "nextCursor": found.next }))
}

pub(super) async fn show(about: &About<'_>, id: &str) -> Result<Value, Rejection> {
    let found = manage::one(about, id).await?;
    let mut answer = json(&view(&found.delivery))?;
    let attempts: Vec<AttemptView> =
        found.attempts.into_iter().map(|(attempt, call)| attempt_view(&attempt, call)).collect();
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("body".to_owned(), Value::String(found.delivery.body));
        fields.insert("attemptList".to_owned(), json(&attempts)?);
    }
    Ok(answer)
}

fn attempt_view(attempt: &Attempt, call: Option<CallRecord>) -> AttemptView {
    let (error, response_body) = call.map_or((None, None), |c| (c.error, Some(c.response_body)));
    AttemptView {
        attempt: attempt.number,
        at: local(Some(attempt.at_ms)),
        at_ms: attempt.at_ms,
        status: attempt.status,
        success: attempt.class.is_none(),
        error_class: attempt.class.clone(),
        hint: attempt.class.as_deref().map(hint),
        error,
        duration_ms: attempt.duration_ms,
        response_body,
    }
}

pub(super) async fn resend(about: &About<'_>, id: &str) -> Result<Value, Rejection> {
    manage::resend(about, id).await?;
    Ok(object!({ "deliveryId": id }))
}
