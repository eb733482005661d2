//! An app's endpoint: how it does, switching it on again, testing it.

use super::{About, Asked, hint, json, local};
use serde::Serialize;
use serde_json::{Value, json as object};
use std::time::Duration;
use tenon_delivery::again;
use tenon_delivery::health::{self, Alert, Cause};
use tenon_delivery::sign;
use tenon_model::EventKind;
use tenon_model::tenant_app::{Callback, RetryPreset};
use tenon_platform::table::Outcome;
use tenon_platform::{Error, ErrorKind, Rejection};
use tenon_tenants::apps;

/// What looking an endpoint's name up may take, and storing its test.
const LOOK_UP: Duration = Duration::from_secs(8);

/// What `GET …/webhook` answers. Times are local times of Shanghai.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointView {
    app_id: String,
    callback_url: Option<String>,
    /// Whether events are pushed: there is an address, and it has not been switched off.
    enabled: bool,
    events: Vec<&'static str>,
    retry_preset: RetryPreset,
    rate_per_second: Option<u32>,
    /// Until when an older callback secret signs too.
    old_secret_until: Option<String>,
    consecutive_failures: u32,
    first_failure_at: Option<String>,
    last_failure_at: Option<String>,
    last_success_at: Option<String>,
    /// What went wrong at the last failure, while it fails: the class of an attempt, or an error's code.
    last_error: Option<String>,
    /// Since when its answers take longer than 2 s, while they do.
    slow_since: Option<String>,
    slow_ms: Option<i64>,
    /// Whether it is known to work: on, and neither failing nor impossible to push to.
    healthy: bool,
    /// What is wrong and what to do, for people.
    problem: Option<String>,
    disabled_at: Option<String>,
    disabled_reason: Option<&'static str>,
    disabled_message: Option<&'static str>,
    alerts: Vec<AlertView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertView {
    at: Option<String>,
    percent: u8,
    failures: u32,
    failing_since: Option<String>,
    disabled_reason: Option<&'static str>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            at: local(Some(alert.at_ms)),
            percent: alert.percent,
            failures: alert.failures,
            failing_since: local(Some(alert.since_ms)),
            disabled_reason: alert.disabled.map(Cause::word),
        }
    }
}

pub(super) async fn show(about: &About<'_>) -> Result<Value, Rejection> {
    let app = &about.app;
    let now = about.ctx.now_ms();
    let callback = app.callback.clone().filter(|c| !c.url.is_empty());
    let health = match &callback {
        Some(callback) => about.health(callback).await?,
        None => health::Health::default(),
    };
    let problem = problem(about, callback.as_ref(), &health).await?;
    let older = callback.iter().flat_map(|c| &c.secrets).filter_map(|s| s.until_ms).filter(|until| *until > now).max();
    json(&EndpointView {
        app_id: app.id.as_str().to_owned(),
        enabled: callback.is_some() && health.disabled.is_none(),
        events: EventKind::ALL
            .into_iter()
            .chain([EventKind::EndpointDisabled])
            .filter(|k| app.receives(*k))
            .map(EventKind::code)
            .collect(),
        retry_preset: callback.as_ref().map(|c| c.preset).unwrap_or_default(),
        rate_per_second: callback.as_ref().and_then(|c| c.rate_per_second),
        old_secret_until: local(older),
        callback_url: callback.map(|c| c.url),
        consecutive_failures: health.failures,
        first_failure_at: local(health.first_failure_ms),
        last_failure_at: local(health.last_failure_ms),
        last_success_at: local(health.last_success_ms),
        last_error: health.last_error.clone().filter(|_| health.is_failing()),
        slow_since: local(health.slow.map(|slow| slow.since_ms)),
        slow_ms: health.slow.map(|slow| slow.took_ms),
        healthy: problem.is_none(),
        problem,
        disabled_at: local(health.disabled.as_ref().map(|d| d.at_ms)),
        disabled_reason: health.disabled.as_ref().map(|d| d.reason.word()),
        disabled_message: health.disabled.as_ref().map(|d| d.reason.text()),
        alerts: health.alerts.into_iter().rev().map(AlertView::from).collect(),
    })
}

/// What keeps pushes from arriving, as far as it is known: told before the first one fails where that can be
/// seen already.
async fn problem(
    about: &About<'_>,
    callback: Option<&Callback>,
    health: &health::Health,
) -> Result<Option<String>, Rejection> {
    let Some(callback) = callback else { return Ok(Some("未配置回调URL".to_owned())) };
    if !about.app.enabled {
        return Ok(Some("应用已停用".to_owned()));
    }
    if about.app.is_expired(about.ctx.now_ms()) {
        return Ok(Some("应用已过期".to_owned()));
    }
    let secrets = apps::open(about.ctx, &about.app, apps::CALLBACK_SECRET, &callback.secrets).await;
    let usable = secrets.and_then(|secrets| sign::headers("msg_0", "TEST", &secrets, b"", 0));
    match usable {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::SecretUnusable => {
            return Ok(Some(format!("回调签名密钥无法使用（{}），推送无法签名：请重置回调签名密钥", error.code)));
        }
        Err(error) => return Err(error.into()),
    }
    if let Some(disabled) = &health.disabled {
        return Ok(Some(format!("推送已停用：{}", disabled.reason.text())));
    }
    Ok(health.is_failing().then(|| {
        let class = health.last_error.as_deref().unwrap_or("failed");
        format!("最近一次推送失败：{class}，{}", hint(class))
    }))
}

pub(super) async fn enable(about: &About<'_>) -> Result<Value, Rejection> {
    about.callback()?;
    for _ in 0..4 {
        if health::enable(about.ctx, &about.tenant, &about.app.id).await? == Outcome::Done {
            tracing::info!(tenant = %about.tenant, app = %about.app.id, "a webhook endpoint was switched on again");
            return show(about).await;
        }
    }
    Err(Rejection::Failed(
        Error::transient("webhook.contended", "the endpoint's state keeps changing; enable it again")
            .with_kind(ErrorKind::Overtaken),
    ))
}

pub(super) async fn test(about: &About<'_>) -> Result<Value, Rejection> {
    let callback = about.ready().await?;
    about.ctx.time_for(LOOK_UP)?;
    if let Err(failure) = about.ctx.outgoing.check(&callback.url).await {
        return Err(Rejection::field("callbackUrl", format!("回调URL不可用：{}", failure.chinese())));
    }
    about.admit(Asked::Test).await?;
    let id = again::test(about.ctx, &about.tenant, &about.app.id).await?;
    Ok(object!({ "deliveryId": id }))
}
