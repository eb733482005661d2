//! Deliveries: a list, one with its attempts, and sending one again.

use super::{About, Asked, hint, json, local, moment};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as object};
use tenon_delivery::again::{self, Again};
use tenon_delivery::deliveries::{self, Wanted};
use tenon_delivery::record::{Attempt, Delivery, State};
use tenon_model::call::CallRecord;
use tenon_platform::Rejection;
use tenon_tenants::call_log;

/// The longest page.
const MAX: u32 = 100;
/// Pages looked at for one answer; a rare state makes a short answer with a cursor.
const MAX_PAGES: u32 = 10;
/// Attempts whose answers are looked up.
const MAX_ANSWERS: usize = 20;

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

fn word(delivery: &Delivery) -> &'static str {
    if delivery.state == State::Pending && delivery.lease.is_some() { "in-flight" } else { delivery.state.word() }
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
    let states = ["pending", "in-flight", "delivered", "failed", "canceled", "skipped"];
    if let Some(state) = wanted.state.as_deref().filter(|s| !states.contains(s)) {
        return Err(Rejection::field("state", format!("{state}不是有效状态，可选: {}", states.join("、"))));
    }
    if wanted.cursor.as_ref().is_some_and(|c| c.len() > 64 || !c.starts_with("msg_")) {
        return Err(Rejection::field("cursor", "不是本列表返回的游标"));
    }
    let mut range = Wanted {
        from_ms: moment("from", wanted.from.as_ref())?.unwrap_or(0),
        to_ms: moment("to", wanted.to.as_ref())?.unwrap_or(about.ctx.now_ms()),
        beyond: wanted.cursor,
        newest_first: true,
        limit: size,
    };
    let mut records = Vec::new();
    let full = usize::try_from(size).unwrap_or(20);
    for _ in 0..MAX_PAGES {
        let page = deliveries::page(about.ctx, &about.tenant, &about.app.id, &range).await?;
        let ended = page.next.is_none();
        for stored in page.items {
            range.beyond = Some(stored.data.id.clone());
            if wanted.state.as_deref().is_none_or(|state| state == word(&stored.data)) {
                records.push(view(&stored.data));
            }
            if records.len() == full {
                break;
            }
        }
        if ended && records.len() < full {
            range.beyond = None;
        }
        if ended || records.len() == full {
            break;
        }
    }
    Ok(object!({ "size": size, "records": json(&records)?, "nextCursor": range.beyond }))
}

pub(super) async fn show(about: &About<'_>, id: &str) -> Result<Value, Rejection> {
    let found = deliveries::get(about.ctx, &about.tenant, &about.app.id, id).await?;
    let delivery = found.ok_or_else(Rejection::not_found)?.data;
    let mut answer = json(&view(&delivery))?;
    let newest = delivery.attempts.iter().rev().take(MAX_ANSWERS).map(|a| (a.at_ms, a.log.as_str()));
    let mut calls = call_log::pushes(about.ctx, &about.tenant, &about.app.id, newest).await?;
    let mut attempts = Vec::new();
    for attempt in delivery.attempts.iter().rev() {
        let call = calls.iter().position(|call| call.id == attempt.log).map(|at| calls.swap_remove(at));
        attempts.push(attempt_view(attempt, call));
    }
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("body".to_owned(), Value::String(delivery.body));
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
    about.ready().await?;
    about.admit(Asked::Resend).await?;
    match again::resend(about.ctx, &about.tenant, &about.app.id, id).await? {
        Again::Queued => Ok(object!({ "deliveryId": id })),
        Again::UnderWay => Err(Rejection::field("deliveryId", "该推送正在进行，请稍后再试")),
        Again::Missing => Err(Rejection::not_found()),
    }
}
