//! An app's endpoint: how it does, switching it on again, testing it.

use super::{About, json, local};
use serde::Serialize;
use serde_json::{Value, json as object};
use tenon_delivery::health::{Alert, Cause};
use tenon_delivery::manage;
use tenon_model::EventKind;
use tenon_model::tenant_app::RetryPreset;
use tenon_platform::Rejection;

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
    let manage::Endpoint { callback, events, old_secret_until_ms, health, problem } = manage::endpoint(about).await?;
    json(&EndpointView {
        app_id: about.app.id.as_str().to_owned(),
        enabled: callback.is_some() && health.disabled.is_none(),
        events: events.into_iter().map(EventKind::code).collect(),
        retry_preset: callback.as_ref().map(|c| c.preset).unwrap_or_default(),
        rate_per_second: callback.as_ref().and_then(|c| c.rate_per_second),
        old_secret_until: local(old_secret_until_ms),
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

pub(super) async fn enable(about: &About<'_>) -> Result<Value, Rejection> {
    manage::enable(about).await?;
    show(about).await
}

pub(super) async fn test(about: &About<'_>) -> Result<Value, Rejection> {
    Ok(object!({ "deliveryId": manage::test(about).await? }))
}
