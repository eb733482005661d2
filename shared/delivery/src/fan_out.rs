//! One event to the deliveries of every app that receives it, at most one record and one message for each. All of it is
//! one write, with the promise of the messages; an event for more apps than one transaction takes is fanned out piece
//! by piece. Safe to be killed anywhere and repeated: a delivery's id follows from event and app, so none is made
//! twice, and whoever finds the event fanned out sends the messages of deliveries that nobody has begun.

mod apps_of;

use crate::deliver::destination;
use crate::events::KEPT_S;
use crate::record::{Delivery, Reason, State};
use crate::{deliveries, events, message};
use apps_of::{Apps, Found};
use tenon_model::message::Envelope;
use tenon_model::tenant_app::{RetryPreset, TenantApp};
use tenon_model::webhook::{Deliver, WebhookEvent};
use tenon_model::{AppId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{WEBHOOK_DELIVER, body_of};
use tenon_platform::table::{Claim, Outcome, Stored};
use tenon_platform::{Context, Error, Result};

/// Deliveries of one transaction, at most, beside the event and the promise; DynamoDB takes 100 writes.
const TOGETHER: usize = 90;
/// Bytes of one transaction, at most, or about so; DynamoDB takes 4 MB.
const MAX_BYTES: usize = 3 << 20;

/// Makes the deliveries of an event and has them pushed; of an app whose endpoint is off, one that is kept
/// as skipped.
///
/// # Errors
/// Those of the table and the queues; `webhook.no-event` when the event is not stored, or not any more.
pub async fn fan_out(ctx: &Context, tenant: &TenantId, event: &str) -> Result<()> {
    let Found { event: stored, apps } = apps_of::look(ctx, tenant, event).await?;
    let Some(stored) = stored else {
        let message = format!("there is no event {event} of tenant {tenant}; its 90 days may be over");
        return Err(Error::permanent("webhook.no-event", message));
    };
    let receivers = receivers(&*apps?, &stored.data, ctx.now_ms());
    if stored.data.fanned_out {
        return send_what_waits(ctx, tenant, &stored.data, &receivers).await;
    }
    let size = receivers.len() * (stored.data.body.len() + 2_048);
    if receivers.len() <= TOGETHER && size <= MAX_BYTES && in_one_write(ctx, tenant, &stored, &receivers).await? {
        return Ok(());
    }
    piece_by_piece(ctx, tenant, stored, receivers).await
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
fn receivers(apps: &Apps, event: &WebhookEvent, now_ms: i64) -> Vec<Receiver> {
    let listens = |app: &&TenantApp| {
        let forgotten = app.is_expired(now_ms - KEPT_S * 1000);
        let silent = (app.callback.is_some() || event.kind.module().is_none()) && !app.receives(event.kind);
        event.kind.is_for(app.module) && !silent && !forgotten
    };
    let receiver = |app: &TenantApp| Receiver {
        app: app.id.clone(),
        preset: app.callback.as_ref().map(|callback| callback.preset).unwrap_or_default(),
        off: destination(Some(app), apps.health.get(&app.id), now_ms).err(),
    };
    apps.apps.iter().filter(listens).map(receiver).collect()
}

/// The delivery of an event to a receiver.
fn delivery(event: &WebhookEvent, to: &Receiver, now_ms: i64) -> Delivery {
    let id = deliveries::id(&event.id, event.at_ms, &to.app);
    let new = Delivery {
        event: event.id.clone(),
        ..Delivery::new(id, to.app.clone(), event.kind.code(), event.body.clone(), to.preset, now_ms)
    };
    match to.off {
        Some(reason) => new.skipped(reason),
        None => new,
    }
}

/// Stores all deliveries with the event's mark and the promise of their messages, and sends these. `false` when
/// somebody else has begun to fan the event out.
async fn in_one_write(
    ctx: &Context,
    tenant: &TenantId,
    stored: &Stored<WebhookEvent>,
    receivers: &[Receiver],
) -> Result<bool> {
    let now = ctx.now_ms();
    let all: Vec<Delivery> = receivers.iter().map(|to| delivery(&stored.data, to, now)).collect();
    let skipped = all.iter().filter(|new| new.state == State::Skipped).map(|new| new.app.clone()).collect();
    let pushed: Vec<&Delivery> = all.iter().filter(|new| new.state == State::Pending).collect();
    let messages = pushed.iter().map(|new| first(ctx, tenant, new)).collect::<Result<Vec<_>>>()?;
    let promised = match messages.is_empty() {
        true => None,
        false => Some(Entry::of_all(ctx, &WEBHOOK_DELIVER, &messages)?),
    };
    let mut writes = vec![events::done(tenant, stored, skipped)?];
    for new in &all {
        writes.push(deliveries::create_write(tenant, new, now)?);
    }
    writes.extend(promised.as_ref().map(Entry::write).transpose()?);
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        return Ok(false);
    }
    log_fan_out(tenant, &stored.data, pushed.len(), all.len() - pushed.len());
    if let Some(promised) = promised {
        promised.send(ctx).await?;
    }
    Ok(true)
}

fn log_fan_out(tenant: &TenantId, event: &WebhookEvent, made: usize, skipped: usize) {
    tracing::info!(tenant = %tenant, event = %event.id, kind = %event.kind, deliveries = made, skipped, "an event was fanned out");
}

/// The message of a delivery's first attempt.
fn first(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<Envelope<Deliver>> {
    message::attempt(ctx, tenant, message::deliver(&delivery.app, &delivery.id, 1), None)
}

/// The event is fanned out already. Whoever did it may have died before every message was sent: those of deliveries
/// that nobody has begun are sent again, which does no harm.
async fn send_what_waits(ctx: &Context, tenant: &TenantId, event: &WebhookEvent, receivers: &[Receiver]) -> Result<()> {
    let of = |to: &Receiver| (to.app.clone(), deliveries::id(&event.id, event.at_ms, &to.app));
    let found = deliveries::get_many(ctx, tenant, receivers.iter().map(of)).await?;
    let unbegun = |it: &&Delivery| it.state == State::Pending && it.rounds == 0 && it.made == 0 && it.lease.is_none();
    let waiting = found.iter().filter(unbegun).map(|it| body_of(&first(ctx, tenant, it)?));
    let waiting = waiting.collect::<Result<Vec<_>>>()?;
    if waiting.is_empty() { Ok(()) } else { ctx.queue.send_all(&WEBHOOK_DELIVER, waiting).await }
}

/// Makes the deliveries one by one, and sends each one's message; the event is noted as fanned out only when every
/// message is sent.
async fn piece_by_piece(
    ctx: &Context,
    tenant: &TenantId,
    stored: Stored<WebhookEvent>,
    receivers: Vec<Receiver>,
) -> Result<()> {
    let (mut made, mut skipped) = (0, Vec::new());
    // For all deliveries together: whoever dies between one and its message leaves this.
    let begun = match receivers.is_empty() {
        true => None,
        false => Some(events::promise(ctx, tenant, &stored.data.id)?),
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
    log_fan_out(tenant, &stored.data, made, skipped.len());
    events::fanned_out(ctx, tenant, stored, skipped, begun).await
}

async fn deliver_to(ctx: &Context, tenant: &TenantId, event: &WebhookEvent, to: &Receiver) -> Result<Made> {
    let new = delivery(event, to, ctx.now_ms());
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
