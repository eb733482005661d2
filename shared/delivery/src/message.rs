//! Messages of the delivery queues.

use serde::Serialize;
use tenon_model::message::Envelope;
use tenon_model::webhook::Deliver;
use tenon_model::{AppId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{QueueName, send_envelope};
use tenon_platform::{Context, Result};

/// Sends one piece of work of a job.
pub async fn send<T: Serialize + Sync>(
    ctx: &Context,
    queue: &QueueName,
    tenant: &TenantId,
    (job, work): (&str, T),
) -> Result<()> {
    let now = ctx.now_ms();
    let envelope = Envelope::new(job, ctx.entropy.id("m-", now)?, tenant, work);
    send_envelope(ctx.queue.as_ref(), queue, &envelope, now).await
}

/// Promises one piece of work of a job, to be stored with what it follows from.
pub fn promise<T: Serialize>(
    ctx: &Context,
    queue: &QueueName,
    tenant: &TenantId,
    (job, work): (&str, T),
) -> Result<Entry> {
    let envelope = Envelope::new(job, ctx.entropy.id("m-", ctx.now_ms())?, tenant, work);
    Entry::of(ctx, queue, &envelope)
}

/// The work of one attempt, not to be made before `due` (epoch ms).
pub fn attempt(ctx: &Context, tenant: &TenantId, work: Deliver, due: Option<i64>) -> Result<Envelope<Deliver>> {
    // A turn for each app's endpoint.
    let group = Some(format!("{tenant}/{}", work.app));
    let id = ctx.entropy.id("m-", ctx.now_ms())?;
    Ok(Envelope { due, group, ..Envelope::new(crate::work::DELIVER, id, tenant, work) })
}

/// Sends the work of one attempt, not to be made before `due` (epoch ms).
pub async fn send_attempt(
    ctx: &Context,
    queue: &QueueName,
    tenant: &TenantId,
    work: Deliver,
    due: Option<i64>,
) -> Result<()> {
    send_envelope(ctx.queue.as_ref(), queue, &attempt(ctx, tenant, work, due)?, ctx.now_ms()).await
}

/// Promises the work of one attempt, to be stored with what it follows from.
pub fn promise_attempt(
    ctx: &Context,
    queue: &QueueName,
    tenant: &TenantId,
    work: Deliver,
    due: Option<i64>,
) -> Result<Entry> {
    Entry::of(ctx, queue, &attempt(ctx, tenant, work, due)?)
}

/// The work of one attempt.
pub fn deliver(app: &AppId, delivery: &str, attempt: u32) -> Deliver {
    Deliver { app: app.clone(), delivery: delivery.to_owned(), attempt }
}
