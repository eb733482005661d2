//! What is kept of a signed call: a line in our own log, a metric where it was refused, and a record in
//! its tenant's call log.

use super::signed::Seen;
use crate::call_log;
use tenon_model::call::{BODY_LIMIT, CallRecord, CallResult, Direction, cut};
use tenon_platform::dispatch::Ended;
use tenon_platform::{Context, Rejection, request, telemetry};

/// Keeps what is kept. A call without a known app belongs to no tenant: it is counted and leaves a line.
pub(super) async fn keep(ctx: &Context, ended: Ended<'_, Seen>) {
    let Ended { request, request_id, rejection, note: seen, response } = ended;
    let duration_ms = ctx.now_ms() - seen.begun_ms;
    let (reason, error) = reason_of(&seen, rejection);
    let status = response.status().as_u16();
    let app = seen.app.as_ref();
    tracing::info!(
        request.id = request_id,
        tenant = app.map(|a| a.tenant.as_str()).unwrap_or_default(),
        app = app.map(|a| a.id.as_str()).unwrap_or_default(),
        http.method = %request.method(),
        http.path = request::raw_path(request),
        http.status = status,
        reason = reason.unwrap_or_default(),
        duration.ms = duration_ms,
        "signed call answered"
    );
    if let Some(reason) = reason {
        telemetry::count(&ctx.clock, "OpenApiRefused", ("Reason", reason), 1);
    }
    let Some(app) = app else { return };
    // Whoever knows an app's key can name it; what the app did not sign must not fill its log.
    let unsigned = match status {
        401 => match call_log::sample_unsigned(ctx, &app.tenant, &app.id) {
            Some(calls) => Some(calls),
            None => return,
        },
        _ => None,
    };
    let record = CallRecord {
        id: ctx.entropy.id("call-", seen.begun_ms).unwrap_or_else(|_| format!("call-{request_id}")),
        app_id: app.id.clone(),
        module: app.module,
        direction: Direction::Inbound,
        method: request.method().to_string(),
        path: request::raw_path(request).to_owned(),
        http_status: status,
        result: result_of(status),
        reason: reason.map(str::to_owned),
        error,
        at_ms: seen.begun_ms,
        duration_ms,
        request_id: request_id.to_owned(),
        client_ip: request::source_ip(request).to_owned(),
        request_body: head(request::bytes(request)),
        response_body: head(response.body().as_ref()),
        delivery_id: None,
        attempt: None,
        unsigned,
    };
    call_log::queue(ctx, &app.tenant, record).await;
}

/// Why a call was not carried out: a stable word, and the words for the tenant's people.
fn reason_of(seen: &Seen, rejection: Option<&Rejection>) -> (Option<&'static str>, Option<String>) {
    let Some(rejection) = rejection else { return (None, None) };
    let (reason, error) = match (seen.refused, rejection) {
        (Some(reason), _) => (reason, rejection.message()),
        (None, Rejection::Failed(error)) if error.is_contention() => ("busy", error.code.to_owned()),
        (None, Rejection::Failed(error)) => ("internal", error.code.to_owned()),
        (None, Rejection::NotFound(_)) if seen.app.is_none() => ("route", rejection.message()),
        (None, Rejection::NotFound(_)) => ("not-found", rejection.message()),
        (None, Rejection::TooLong(_)) => ("too-long", rejection.message()),
        (None, _) => ("request", rejection.message()),
    };
    (Some(reason), Some(error))
}

fn result_of(status: u16) -> CallResult {
    match status {
        200..=299 => CallResult::Success,
        500.. => CallResult::Error,
        _ => CallResult::Failed,
    }
}

/// The first characters of a body, without looking at all of a long one.
fn head(body: &[u8]) -> String {
    let bytes = body.get(..BODY_LIMIT * 4).unwrap_or(body);
    cut(&String::from_utf8_lossy(bytes), BODY_LIMIT)
}
