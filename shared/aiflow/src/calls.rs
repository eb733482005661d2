//! The log of calls, and what is counted of them: every call of an app that has proven itself is a record for ninety
//! days, without its body. Whoever has not proven anything leaves a line in our own log, and a count.

use crate::caller::Noted;
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_platform::dispatch::Ended;
use tenon_platform::table::{Expect, Key, Range, Write};
use tenon_platform::{Context, Rejection, Result, request, telemetry};

/// Days an entry is kept.
const KEPT_S: i64 = 90 * 86_400;

/// A call as logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEntry {
    /// Epoch ms of its beginning.
    pub at_ms: i64,
    /// The app.
    pub app_id: String,
    /// `POST` or `PUT`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The HTTP status.
    pub http_status: u16,
    /// The answer's `status`: 0, -4002, -4001, -1024.
    pub status: i64,
    /// What it was told, where it was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// Bytes of the body.
    pub body_bytes: u64,
    /// Where it came from.
    pub client_ip: String,
    /// Finds it in our own log.
    pub request_id: String,
}

/// Keeps what is kept of a call.
pub(crate) async fn keep(ctx: &Context, ended: Ended<'_, Noted>) {
    let Ended { request, request_id, rejection, note, response } = ended;
    let duration_ms = ctx.clock.elapsed_ms().saturating_sub(note.begun_elapsed_ms);
    let http_status = response.status().as_u16();
    let path = request::raw_path(request).to_owned();
    let app = note.app.as_deref();
    tracing::info!(
        request.id = request_id,
        enterprise = app.map(|app| app.enterprise_code.as_str()).unwrap_or_default(),
        app = app.map(|app| app.app_id.as_str()).unwrap_or_default(),
        http.path = path,
        http.status = http_status,
        reason = note.refused.unwrap_or_default(),
        duration.ms = duration_ms,
        "aiflow call answered"
    );
    let Some(app) = app else {
        telemetry::count(&ctx.clock, "AiflowRefused", ("Reason", note.refused.unwrap_or("other")), 1);
        return;
    };
    telemetry::count(&ctx.clock, "AiflowCalls", ("Interface", &path), 1);
    telemetry::count(&ctx.clock, "AiflowMilliseconds", ("Interface", &path), u64::try_from(duration_ms).unwrap_or(0));
    if http_status >= 400 {
        telemetry::count(&ctx.clock, "AiflowFailed", ("Interface", &path), 1);
    }
    let entry = CallEntry {
        at_ms: note.begun_ms,
        app_id: app.app_id.clone(),
        method: request.method().to_string(),
        path,
        http_status,
        status: status_of(rejection),
        message: rejection.map(|rejection| rejection.message().chars().take(500).collect()),
        duration_ms,
        body_bytes: u64::try_from(request::bytes(request).len()).unwrap_or(u64::MAX),
        client_ip: request::source_ip(request).to_owned(),
        request_id: request_id.to_owned(),
    };
    if let Err(error) = enter(ctx, &app.tenant(), &app.enterprise_code, &entry).await {
        tracing::warn!(error.code = error.code, error.message = %error, "a call of aiflow's interface is missing from its log");
    }
}

fn status_of(rejection: Option<&Rejection>) -> i64 {
    match rejection {
        None => 0,
        Some(Rejection::NotFound(_) | Rejection::NotSupported(_)) => -4001,
        Some(
            Rejection::TooOften { .. }
            | Rejection::InProgress { .. }
            | Rejection::Upstream { .. }
            | Rejection::Failed(_),
        ) => -1024,
        Some(_) => -4002,
    }
}

async fn enter(ctx: &Context, tenant: &TenantId, enterprise: &str, entry: &CallEntry) -> Result<()> {
    let sort = ctx.entropy.id("", entry.at_ms)?;
    let key = Key::new(tenant, "AIFLOW-CALL", &[enterprise, &entry.app_id], sort);
    let write = Write::put(key, entry, Expect::Anything)?;
    ctx.table.write(write.expiring(Some(entry.at_ms.div_euclid(1000) + KEPT_S))).await.map(drop)
}

/// The latest calls of an app, newest first.
///
/// # Errors
/// Those of the table.
pub async fn latest(
    ctx: &Context,
    tenant: &TenantId,
    (enterprise, app_id): (&str, &str),
    most: u32,
) -> Result<Vec<CallEntry>> {
    let partition = Key::partition_of(tenant, "AIFLOW-CALL", &[enterprise, app_id]);
    let range = Range { backwards: true, limit: Some(most), ..Range::default() };
    let page = ctx.table.query::<CallEntry>(&partition, range).await?;
    Ok(page.items.into_iter().map(|stored| stored.data).collect())
}
