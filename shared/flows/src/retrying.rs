//! The history of a run that an operator tries again.

use crate::decisions::message::WriteBack;
use crate::messages::promise_write_back;
use serde_json::{Value, json};
use tenon_model::TenantId;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Result};

/// Tells it and queues the work that takes an instance's end to its flow.
///
/// # Errors
/// Those of the table and the queue.
pub async fn record_and_queue(ctx: &Context, tenant: &TenantId, run: &Run, text: &str, end: WriteBack) -> Result<()> {
    let promised = promise_write_back(ctx, tenant, end)?;
    // First of all: a run that was told of a retry shall have one, whatever dies.
    promised.store(ctx).await?;
    record_run(ctx, tenant, run, text).await?;
    promised.send(ctx).await
}

/// Told before the work is queued: told after it, it could hide how the work ended.
pub async fn record_run(ctx: &Context, tenant: &TenantId, run: &Run, text: &str) -> Result<()> {
    record_details(ctx, tenant, run, json!({ "result": text })).await
}

/// The same, with more to know of it.
pub(crate) async fn record_details(ctx: &Context, tenant: &TenantId, run: &Run, what: Value) -> Result<()> {
    let mut run = run.clone();
    run.status = RunStatus::Retrying;
    run.ended_ms = None;
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("retry by operator", what);
    recorder.save(ctx, tenant, &run).await
}
