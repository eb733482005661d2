//! The log of calls of plain services: every call of an app that was let in is a record for ninety days, without its
//! body and its query. Whoever was not leaves a line in our own log, and a count.

use super::authenticator::Ended;
use crate::context::Context;
use crate::error::Result;
use crate::table::{Expect, Key, Range, RecordKind, Write};
use crate::{request, telemetry};
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;
use tenon_model::config::AppCaller;

/// Days an entry is kept.
const KEPT_S: i64 = 90 * 86_400;

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<AppCall>("APP-CALL");

/// A call as logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppCall {
    /// Epoch ms of its beginning.
    pub at_ms: i64,
    /// `GET` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// Whom or what the call is about, where the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The HTTP status.
    pub http_status: u16,
    /// What it was told, where it was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// Where it came from.
    pub client_ip: String,
    /// Finds it in our own log.
    pub request_id: String,
}

/// What is noted of a call on its way.
#[derive(Debug)]
pub struct Noted {
    begun_ms: i64,
    begun_elapsed_ms: i64,
    /// The app and its tenant, once it was let in.
    app: Option<(String, TenantId)>,
}

impl Noted {
    /// A call has come.
    pub fn begin(ctx: &Context) -> Self {
        Self { begun_ms: ctx.now_ms(), begun_elapsed_ms: ctx.clock.elapsed_ms(), app: None }
    }

    /// It is of this app.
    pub fn let_in(&mut self, app: &AppCaller, tenant: &TenantId) {
        self.app = Some((app.id.clone(), tenant.clone()));
    }
}

/// Whom or what a call is about, for its entry: an act puts it among the extensions of its response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About(pub String);

/// Keeps what is kept of a call.
pub async fn keep(ctx: &Context, ended: Ended<'_, Noted>) {
    let Ended { request, request_id, rejection, note, response } = ended;
    let http_status = response.status().as_u16();
    let path = request::raw_path(request);
    let Some((app, tenant)) = note.app else {
        telemetry::count(&ctx.clock, "ServiceCallsRefused", ("Path", path), 1);
        return;
    };
    let entry = AppCall {
        at_ms: note.begun_ms,
        method: request.method().to_string(),
        path: path.chars().take(200).collect(),
        about: response.extensions().get::<About>().map(|about| about.0.chars().take(200).collect()),
        http_status,
        message: rejection.map(|rejection| rejection.message().chars().take(500).collect()),
        duration_ms: ctx.clock.elapsed_ms().saturating_sub(note.begun_elapsed_ms),
        client_ip: request::source_ip(request).to_owned(),
        request_id: request_id.to_owned(),
    };
    tracing::info!(
        app,
        request.id = request_id,
        http.path = path,
        http.status = http_status,
        duration.ms = entry.duration_ms,
        "plain service called"
    );
    if let Err(error) = enter(ctx, &tenant, &app, &entry).await {
        tracing::warn!(error.code = error.code, error.message = %error, app, "a call of a plain service is missing from its log");
    }
}

async fn enter(ctx: &Context, tenant: &TenantId, app: &str, entry: &AppCall) -> Result<()> {
    let sort = ctx.entropy.id("", entry.at_ms)?;
    let write = Write::put(Key::new(tenant, "APP-CALL", &[app], sort), entry, Expect::Anything)?;
    ctx.table.write(write.expiring(Some(entry.at_ms.div_euclid(1000) + KEPT_S))).await.map(drop)
}

/// The latest calls of an app, newest first.
///
/// # Errors
/// Those of the table.
pub async fn latest(ctx: &Context, tenant: &TenantId, app: &str, most: u32) -> Result<Vec<AppCall>> {
    let partition = Key::partition_of(tenant, "APP-CALL", &[app]);
    let range = Range { backwards: true, limit: Some(most), ..Range::default() };
    let page = ctx.table.query::<AppCall>(&partition, range).await?;
    Ok(page.items.into_iter().map(|stored| stored.data).collect())
}
