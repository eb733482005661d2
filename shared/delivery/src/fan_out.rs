//! One event to the deliveries of every app that receives it, at most one record and one message for each. Safe to be killed anywhere and repeated:
//! a delivery's id follows from event and app, so none is made twice, and the event is noted as fanned
//! out only when every message is sent.

use crate::deliver::destination;
use crate::events::KEPT_S;
use crate::record::{Delivery, Reason, State};
use crate::{deliveries, events, health, message};
use tenon_model::tenant_app::{RetryPreset, TenantApp};
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, TenantId};
use tenon_platform::queue::WEBHOOK_DELIVER;
use tenon_platform::table::{Claim, Stored};
use tenon_platform::{Context, Error, Result};
use tenon_tenants::apps;

/// Makes the deliveries of an event and has them pushed; of an app whose endpoint is off, one that is kept
/// as skipped.
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
    let (mut made, mut skipped) = (0_u32, Vec::new());
    let receivers = receivers(ctx, tenant, &stored.data).await?;
    // For all deliveries together: whoever dies between one and its message leaves this.
    let begun = match receivers.is_empty() {
        true => None,
        false => Some(events::promise(ctx, tenant, event)?),
    };
    if let Some(begun) = &begun {
        begun.store(ctx).await?;
    }
    for receiver in receivers {
        match deliver_to(ctx, tenant, &stored.data, &receiver).await? {
            Made::Pushed => made += 1,
            Made::Skipped => skipped.push(receiver.app),
            Made::Before => {}
        }
    }
    tracing::info!(tenant = %tenant, event = %stored.data.id, kind = %stored.data.kind, deliveries = made, skipped = skipped.len(), "an event was fanned out");
    events::fanned_out(ctx, tenant, stored, skipped, begun).await
}

/// An app that receives an event, or would if its endpoint were not off.
struct Receiver {
    app: AppId,
    preset: RetryPreset,
    /// Why no attempt is made.
    off: Option<Reason>,
}

/// What there is of a delivery now.
enum Made {
    /// It is pushed.
    Pushed,
    /// It is kept for later.
    Skipped,
    /// It was pushed before.
    Before,
}

/// Whom an event is for. An app that listens to other events only is none of them; one whose endpoint is
/// off is, and so is one whose time was up not longer ago than deliveries are kept.
async fn receivers(ctx: &Context, tenant: &TenantId, event: &WebhookEvent) -> Result<Vec<Receiver>> {
    let now = ctx.now_ms();
    let listens = |app: &TenantApp| {
        let forgotten = app.is_expired(now - KEPT_S * 1000);
        let silent = (app.callback.is_some() || event.kind.module().is_none()) && !app.receives(event.kind);
        event.kind.is_for(app.module) && !silent && !forgotten
    };
    let found: Vec<TenantApp> = apps::list(ctx, tenant).await?.into_iter().map(|s| s.data).filter(listens).collect();
    let ids: Vec<&AppId> = found.iter().map(|app| &app.id).collect();
    let states = health::get_many(ctx, tenant, &ids).await?;
    let receiver = |app: &TenantApp| Receiver {
        app: app.id.clone(),
        preset: app.callback.as_ref().map(|callback| callback.preset).unwrap_or_default(),
        off: destination(Some(app), states.get(&app.id), now).err(),
    };
    Ok(found.iter().map(receiver).collect())
}

async fn deliver_to(ctx: &Context, tenant: &TenantId, event: &WebhookEvent, to: &Receiver) -> Result<Made> {
    let id = deliveries::id(&event.id, event.at_ms, &to.app);
    let new = Delivery {
        event: event.id.clone(),
        ..Delivery::new(id, to.app.clone(), event.kind.code(), event.body.clone(), to.preset, ctx.now_ms())
    };
    let new = match to.off {
        Some(reason) => new.skipped(reason),
        None => new,
    };
    let there = match deliveries::create(ctx, tenant, &new).await? {
        Claim::Stored => new,
        // Made by a process that may have died before it sent the message.
        Claim::Exists(Stored { data, .. }) => data,
    };
    if there.state == State::Skipped {
        return Ok(Made::Skipped);
    }
    if there.state != State::Pending || there.rounds > 0 {
        return Ok(Made::Before);
    }
    let work = message::deliver(&to.app, &there.id, 1);
    message::send_attempt(ctx, &WEBHOOK_DELIVER, tenant, work, None).await?;
    Ok(Made::Pushed)
}
