//! One event to the deliveries of every app that receives it. Safe to be killed anywhere and repeated:
//! a delivery's id follows from event and app, so none is made twice, and the event is noted as fanned
//! out only when every message is sent.

use crate::record::{Delivery, State};
use crate::{deliveries, events, health, message};
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, TenantId};
use tenon_platform::queue::WEBHOOK_DELIVER;
use tenon_platform::table::{Claim, Stored};
use tenon_platform::{Context, Error, Result};
use tenon_tenants::apps;

/// Makes the deliveries of an event and has them pushed.
///
/// # Errors
/// Those of the table and the queues; `webhook.no-event` when the event is not stored, or not any more.
pub async fn fan_out(ctx: &Context, tenant: &TenantId, event: &str) -> Result<()> {
    let Some(stored) = events::get(ctx, tenant, event).await? else {
        let message = format!("there is no event {event} of tenant {tenant}; its 90 days may be over");
        return Err(Error::permanent("webhook.no-event", message));
    };
    if stored.data.fanned_out {
        return Ok(());
    }
    let mut made = 0_u32;
    for (app, callback) in receivers(ctx, tenant, &stored.data).await? {
        if deliver_to(ctx, tenant, &stored.data, &app, &callback).await? {
            made += 1;
        }
    }
    tracing::info!(tenant = %tenant, event = %stored.data.id, kind = %stored.data.kind, deliveries = made, "an event was fanned out");
    events::fanned_out(ctx, tenant, stored).await
}

/// The apps that receive an event now, with their callbacks.
async fn receivers(ctx: &Context, tenant: &TenantId, event: &WebhookEvent) -> Result<Vec<(AppId, Callback)>> {
    let now = ctx.now_ms();
    let listens = |app: &TenantApp| app.receives(event.kind) && app.enabled && !app.is_expired(now);
    let all = apps::list(ctx, tenant).await?.into_iter().map(|s| s.data).filter(listens);
    let found: Vec<(AppId, Callback)> =
        all.filter_map(|app| Some((app.id, app.callback?))).filter(|(_, callback)| !callback.url.is_empty()).collect();
    let ids: Vec<&AppId> = found.iter().map(|(id, _)| id).collect();
    let states = health::get_many(ctx, tenant, &ids).await?;
    let well = |(id, callback): &(AppId, Callback)| {
        !states.get(id).is_some_and(|h| h.generation == callback.generation && h.disabled.is_some())
    };
    Ok(found.into_iter().filter(well).collect())
}

/// Whether a delivery was made, or had been and waits for its first attempt still.
async fn deliver_to(
    ctx: &Context,
    tenant: &TenantId,
    event: &WebhookEvent,
    app: &AppId,
    callback: &Callback,
) -> Result<bool> {
    let id = deliveries::id(&event.id, event.at_ms, app);
    let new = Delivery {
        event: event.id.clone(),
        ..Delivery::new(id, app.clone(), event.kind.code(), event.body.clone(), callback.preset, ctx.now_ms())
    };
    let waits = match deliveries::create(ctx, tenant, &new).await? {
        Claim::Stored => true,
        // Made by a process that may have died before it sent the message.
        Claim::Exists(Stored { data, .. }) => data.state == State::Pending && data.turns == 0,
    };
    if waits {
        let work = message::deliver(app, &new.id, 1);
        message::send(ctx, &WEBHOOK_DELIVER, tenant, work, None).await?;
    }
    Ok(waits)
}
