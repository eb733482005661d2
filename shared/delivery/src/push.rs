//! One POST, and what its answer means.

use crate::record::{Attempt, AttemptOutcome, Delivery};
use crate::{retry_times, sign};
use std::time::Duration;
use tenon_model::call::{BODY_LIMIT, CallRecord, CallResult, Direction, ERROR_LIMIT, cut};
use tenon_model::config::Secret;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::{Context, Error, Result};

/// How long an endpoint has for its answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// What came of an attempt.
pub(crate) struct Pushed {
    pub attempt: Attempt,
    pub outcome: AttemptOutcome,
    pub call: CallRecord,
}

/// A signed request for one attempt, made before anything is stored about it: what cannot be signed is
/// no attempt.
///
/// # Errors
/// `webhook.no-secret`.
pub(crate) fn request(
    delivery: &Delivery,
    callback: &Callback,
    secrets: &[Secret],
    timeout: Duration,
    now_ms: i64,
) -> Result<OutgoingCall> {
    let headers = sign::headers(&delivery.id, &delivery.kind, secrets, delivery.body.as_bytes(), now_ms)?;
    let call = OutgoingCall::new(callback.url.clone(), delivery.body.clone());
    Ok(OutgoingCall { headers, timeout, ..call })
}

/// Makes the attempt.
pub(crate) async fn push(
    ctx: &Context,
    app: &TenantApp,
    delivery: &Delivery,
    number: u32,
    request: OutgoingCall,
) -> Result<Pushed> {
    let at_ms = ctx.now_ms();
    let log = ctx.entropy.id("call-", at_ms)?;
    let url = request.url.clone();
    let answered = ctx.outgoing.call(request).await;
    let now = ctx.now_ms();
    let (class, outcome) = judge(&answered, now);
    let (status, body, error) = match answered {
        Ok(answer) => (answer.status, String::from_utf8_lossy(&answer.body).into_owned(), None),
        Err(failure) => (0, String::new(), Some(cut(&describe(&failure), ERROR_LIMIT))),
    };
    let duration_ms = now - at_ms;
    let attempt = Attempt { number, at_ms, status, class: class.clone(), duration_ms, log: log.clone() };
    let result = match (status, &class) {
        (_, None) => CallResult::Success,
        (0, Some(_)) => CallResult::Error,
        (_, Some(_)) => CallResult::Failed,
    };
    let call = CallRecord {
        http_status: status,
        result,
        reason: class,
        error,
        duration_ms,
        response_body: body,
        ..record(app, delivery, &attempt, url)
    };
    Ok(Pushed { attempt, outcome, call })
}

/// The call log's record of an attempt whose process died.
pub(crate) fn interrupted(app: &TenantApp, delivery: &Delivery, attempt: &Attempt) -> CallRecord {
    let url = app.callback.as_ref().map(|c| c.url.clone()).unwrap_or_default();
    record(app, delivery, attempt, url)
}

/// The call log's record of a push that could not be made.
pub(crate) fn unmade(ctx: &Context, app: &TenantApp, delivery: &Delivery, error: &Error) -> Result<CallRecord> {
    let at_ms = ctx.now_ms();
    let url = app.callback.as_ref().map(|c| c.url.clone()).unwrap_or_default();
    let (class, log) = (Some(error.code.to_owned()), ctx.entropy.id("call-", at_ms)?);
    let attempt = Attempt { number: delivery.made, at_ms, status: 0, class, duration_ms: 0, log };
    let cut_message = Some(cut(&error.message, ERROR_LIMIT));
    Ok(CallRecord { error: cut_message, attempt: None, ..record(app, delivery, &attempt, url) })
}

fn record(app: &TenantApp, delivery: &Delivery, attempt: &Attempt, url: String) -> CallRecord {
    CallRecord {
        id: attempt.log.clone(),
        app_id: app.id.clone(),
        module: app.module,
        direction: Direction::Outbound,
        method: "POST".to_owned(),
        path: url,
        http_status: attempt.status,
        result: CallResult::Error,
        reason: attempt.class.clone(),
        error: None,
        at_ms: attempt.at_ms,
        duration_ms: attempt.duration_ms,
        request_id: String::new(),
        client_ip: String::new(),
        request_body: cut(&delivery.body, BODY_LIMIT),
        response_body: String::new(),
        delivery_id: Some(delivery.id.clone()),
        attempt: Some(attempt.number),
        unsigned: None,
    }
}

/// What an app's people are told of a failure: of an address that is not allowed in their language alone, of
/// a call with what the network said.
fn describe(failure: &OutgoingFailure) -> String {
    match failure {
        OutgoingFailure::Refused(_) => failure.chinese().to_owned(),
        _ => format!("{}：{}", failure.chinese(), failure.message()),
    }
}

/// The class of a failure, absent for a success, and what follows from it. A redirect is a failure: the
/// address that was checked is the one that is called.
fn judge(
    answered: &std::result::Result<OutgoingAnswer, OutgoingFailure>,
    now_ms: i64,
) -> (Option<String>, AttemptOutcome) {
    let answer = match answered {
        Ok(answer) => answer,
        Err(failure) => return (Some(failure.class().to_owned()), AttemptOutcome::Again(None)),
    };
    match answer.status {
        200..=299 => (None, AttemptOutcome::Delivered),
        410 => (Some("status-4xx".to_owned()), AttemptOutcome::Gone),
        status => {
            let class = format!("status-{}xx", status / 100);
            (Some(class), AttemptOutcome::Again(retry_times::retry_after(&answer.headers, now_ms)))
        }
    }
}
