//! What is kept of a signed call: a line in our own log, a metric where it was refused, and a record in
//! its tenant's call log.

use lambda_http::{Body, Request, Response};
use tenon_model::call::{BODY_LIMIT, CallRecord, CallResult, Direction, cut};
use tenon_model::tenant_app::TenantApp;
use tenon_platform::{Context, request, telemetry};
use tenon_tenants::call_log;
use tenon_tenants::gateway::Refused;

/// How a call ended, besides its response.
pub struct Answer {
    /// The app, when its key was known: whose log it goes to.
    app: Option<TenantApp>,
    /// Stable word for what went wrong.
    reason: Option<&'static str>,
    /// What went wrong, for the tenant's people.
    error: Option<String>,
}

impl Answer {
    /// It was done.
    pub fn done(app: TenantApp) -> Self {
        Self { app: Some(app), reason: None, error: None }
    }

    /// It was let in and not done.
    pub fn failed(app: TenantApp, reason: &'static str, error: String) -> Self {
        Self { app: Some(app), reason: Some(reason), error: Some(error) }
    }

    /// The gateway did not let it in.
    pub fn refused(refused: Refused) -> Self {
        if let Some(error) = &refused.error {
            tracing::error!(error.code = error.code, error.message = %error, "signed call cannot be checked");
        }
        Self { app: refused.app, reason: Some(refused.reason), error: Some(refused.message.to_owned()) }
    }

    /// It was no call the gateway looks at.
    pub fn unsigned(reason: &'static str) -> Self {
        Self { app: None, reason: Some(reason), error: None }
    }
}

/// Keeps what is kept. A call without a known app belongs to no tenant: it is counted and leaves a line.
pub async fn keep(
    ctx: &Context,
    request: &Request,
    response: &Response<Body>,
    answer: Answer,
    begun_ms: i64,
    request_id: &str,
) {
    let duration_ms = ctx.now_ms() - begun_ms;
    let reason = answer.reason.unwrap_or_default();
    let app = answer.app.as_ref();
    tracing::info!(
        request.id = request_id,
        tenant = app.map(|a| a.tenant.as_str()).unwrap_or_default(),
        app = app.map(|a| a.id.as_str()).unwrap_or_default(),
        http.method = %request.method(),
        http.path = request::raw_path(request),
        http.status = response.status().as_u16(),
        reason,
        duration.ms = duration_ms,
        "signed call answered"
    );
    if !reason.is_empty() {
        telemetry::count(&ctx.clock, "OpenApiRefused", ("Reason", reason), 1);
    }
    let Some(app) = answer.app else { return };
    let status = response.status().as_u16();
    // Whoever knows an app's key can name it; what the app did not sign must not fill its log.
    let unsigned = match status {
        401 => match call_log::sample_unsigned(ctx, &app.tenant, &app.id) {
            Some(calls) => Some(calls),
            None => return,
        },
        _ => None,
    };
    let record = CallRecord {
        id: ctx.entropy.id("call-", begun_ms).unwrap_or_else(|_| format!("call-{request_id}")),
        app_id: app.id,
        module: app.module,
        direction: Direction::Inbound,
        method: request.method().to_string(),
        path: request::raw_path(request).to_owned(),
        http_status: status,
        result: result_of(status),
        reason: answer.reason.map(str::to_owned),
        error: answer.error,
        at_ms: begun_ms,
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
