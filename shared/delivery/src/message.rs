//! Messages of the delivery queues.

use tenon_model::AppId;
use tenon_model::TenantId;
use tenon_model::message::{Envelope, VERSION, Work};
use tenon_model::webhook::Deliver;
use tenon_platform::queue::{QueueName, send_envelope};
use tenon_platform::{Context, Result};

/// Sends one piece of work, not to be done before `due` (epoch ms).
pub async fn send(ctx: &Context, queue: &QueueName, tenant: &TenantId, work: Work, due: Option<i64>) -> Result<()> {
    let now = ctx.now_ms();
    let id = ctx.entropy.id("m-", now)?;
    // A turn for each app's endpoint.
    let group = match &work {
        Work::Deliver(deliver) => Some(format!("{tenant}/{}", deliver.app)),
        _ => None,
    };
    let tenant = tenant.clone();
    let envelope = Envelope { v: VERSION, id, tenant, attempt: 0, due, group, reason: None, body: work };
    send_envelope(ctx.queue.as_ref(), queue, &envelope, now).await
}

/// The work of one attempt.
pub fn deliver(app: &AppId, delivery: &str, attempt: u32) -> Work {
    Work::Deliver(Deliver { app: app.clone(), delivery: delivery.to_owned(), attempt })
}
