//! A customer is told that an endpoint was switched off: the event `ENDPOINT_DISABLED`, to the tenant's other apps that
//! ask for it, and to those of the operator's own tenant, whose endpoint is the webhook of operations.
//!
//! It is stored in one transaction with the endpoint's end, under an id that follows from it, so it is told once; a
//! process that dies before it queues the event gets its message again, and queues it then. From there on it is an event
//! like another, with its deliveries and their attempts.

use crate::events;
use crate::health::{self, Alert, Health};
use serde_json::json;
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, EventKind, TenantId};
use tenon_platform::table::Write;
use tenon_platform::{Context, Result};
use tenon_tenants::times;

fn id(app: &AppId, health: &Health, at_ms: i64) -> String {
    format!("endpoint-disabled-{app}-{}-{at_ms}", health.generation)
}

/// The writes that store the event, when this alert is the end of an endpoint; to go into the transaction that stores
/// its health.
pub(crate) fn writes(
    tenant: &TenantId,
    app: &AppId,
    health: &Health,
    alert: &Alert,
    now_ms: i64,
) -> Result<Vec<Write>> {
    let Some(cause) = alert.disabled else { return Ok(Vec::new()) };
    let kind = EventKind::EndpointDisabled;
    let body = json!({
        "event": kind.code(),
        "timestamp": times::local(alert.at_ms),
        "data": {
            "tenantId": tenant, "appId": app, "reason": cause.word(), "message": cause.text(),
            "failures": alert.failures, "failingSince": times::local(alert.since_ms),
            "disabledTime": times::local(alert.at_ms), "lastError": health.last_error,
        },
    })
    .to_string();
    let event = WebhookEvent {
        id: id(app, health, alert.at_ms),
        kind,
        at_ms: alert.at_ms,
        body,
        payload_hash: String::new(),
        fanned_out: false,
        skipped: Vec::new(),
    };
    tenant.with_operator().iter().map(|whose| events::write(whose, &event, now_ms)).collect()
}

/// Queues the event of an endpoint's end that is stored and was not fanned out. Doing it twice makes no second delivery.
pub(crate) async fn queue(ctx: &Context, tenant: &TenantId, app: &AppId) -> Result<()> {
    let Some(stored) = health::get(ctx, tenant, app).await? else { return Ok(()) };
    let Some(disabled) = &stored.data.disabled else { return Ok(()) };
    let id = id(app, &stored.data, disabled.at_ms);
    for whose in tenant.with_operator() {
        if events::get(ctx, &whose, &id).await?.is_some_and(|event| !event.data.fanned_out) {
            events::queue(ctx, &whose, &id).await?;
        }
    }
    Ok(())
}
