//! Messages of the delivery queues.

use serde::Serialize;
use tenon_model::message::Envelope;
use tenon_model::webhook::Deliver;
use tenon_model::{AppId, TenantId};
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

/// Sends the work of one attempt, not to be made before `due` (epoch ms).
pub async fn send_attempt(
    ctx: &Context,
    queue: &QueueName,
    tenant: &TenantId,
    work: Deliver,
    due: Option<i64>,
) -> Result<()> {
    let now = ctx.now_ms();
    // A turn for each app's endpoint.
    let group = Some(format!("{tenant}/{}", work.app));
    let id = ctx.entropy.id("m-", now)?;
    let envelope = Envelope { due, group, ..Envelope::new(crate::work::DELIVER, id, tenant, work) };
    send_envelope(ctx.queue.as_ref(), queue, &envelope, now).await
}

/// The work of one attempt.
pub fn deliver(app: &AppId, delivery: &str, attempt: u32) -> Deliver {
    Deliver { app: app.clone(), delivery: delivery.to_owned(), attempt }
}
