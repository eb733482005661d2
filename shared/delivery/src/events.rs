//! Events as stored, and their way to the fan-out.
//!
//! Whoever hands an event in stores it with [`write`] and its [`promise`], in one transaction with what it
//! tells of, and then sends what was promised. A process may die in between: the outbox has the message. Queueing an
//! event twice makes no second delivery.

use crate::record::State;
use crate::work::FanOuter;
use crate::{deliveries, message};
use tenon_model::webhook::{FanOut, WebhookEvent};
use tenon_model::{AppId, TenantId};
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::WEBHOOK_FAN_OUT;
use tenon_platform::table::{Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Result};

/// How long events and deliveries are kept, in seconds: 90 days.
pub const KEPT_S: i64 = 90 * 86_400;

pub(crate) fn key(tenant: &TenantId, id: &str) -> Key {
    Key::new(tenant, "WEBHOOK-EVENT", &[id], "-")
}

/// The write that stores a new event, unless there is one of this id. Kept for 90 days.
pub fn write(tenant: &TenantId, event: &WebhookEvent, now_ms: i64) -> Result<Write> {
    let write = Write::put(key(tenant, &event.id), event, Expect::AbsentAt(now_ms))?;
    Ok(write.expiring(Some(event.at_ms / 1000 + KEPT_S)))
}

/// One event of a tenant.
pub async fn get(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Option<Stored<WebhookEvent>>> {
    ctx.table.get(&key(tenant, id)).await
}

/// Promises the message that asks for the deliveries of an event, to be stored with it.
///
/// # Errors
/// When it cannot be written.
pub fn promise(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Entry> {
    let work = FanOut { event: id.to_owned() };
    message::promise(ctx, &WEBHOOK_FAN_OUT, tenant, (FanOuter::NAME, work))
}

/// Asks for the deliveries of an event that is stored.
pub async fn queue(ctx: &Context, tenant: &TenantId, id: &str) -> Result<()> {
    let work = FanOut { event: id.to_owned() };
    message::send(ctx, &WEBHOOK_FAN_OUT, tenant, (FanOuter::NAME, work)).await
}

/// The write that notes that every app that receives the event has its delivery, and which of them were skipped.
pub(crate) fn done(tenant: &TenantId, event: &Stored<WebhookEvent>, skipped: Vec<AppId>) -> Result<Write> {
    let done = WebhookEvent { fanned_out: true, skipped, ..event.data.clone() };
    let write = Write::put(key(tenant, &done.id), &done, Expect::Version(event.version))?;
    Ok(write.expiring(Some(done.at_ms / 1000 + KEPT_S)))
}

/// Notes that every app that receives the event has its delivery, and which of them were skipped.
pub(crate) async fn fanned_out(
    ctx: &Context,
    tenant: &TenantId,
    event: Stored<WebhookEvent>,
    skipped: Vec<AppId>,
    begun: Option<Entry>,
) -> Result<()> {
    let write = done(tenant, &event, skipped)?;
    let Some(begun) = begun else { return ctx.table.write(write).await.map(drop) };
    if ctx.table.transact(vec![write, begun.removal(ctx)?]).await? == Outcome::Conflict {
        // Another worker that was first stored the same.
        begun.sent(ctx).await;
    }
    Ok(())
}

/// Of the apps whose endpoint was off, those that have not been sent the event since. One table request,
/// none when there was no such app.
///
/// # Errors
/// Those of the table.
pub async fn still_skipped(ctx: &Context, tenant: &TenantId, event: &WebhookEvent) -> Result<Vec<AppId>> {
    let of = |app: &AppId| (app.clone(), deliveries::id(&event.id, event.at_ms, app));
    let found = deliveries::get_many(ctx, tenant, event.skipped.iter().map(of)).await?;
    let skipped = found.into_iter().filter(|delivery| delivery.state == State::Skipped);
    Ok(skipped.map(|delivery| delivery.app).collect())
}
