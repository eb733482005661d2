//! What an operator does by hand: see what a flow would write, run it now, retry a failed run.

use crate::kinds::{self, Scope};
use crate::poll::{self, Counts};
use serde_json::Value;
use tenon_model::link::Acceptance;
use tenon_model::run::{RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::runs;
use tenon_platform::{Context, Error, Result};

/// Reads and maps, writes nothing: what would be created and marked. Without a key the first document the flow
/// finds is taken.
pub async fn preview(ctx: &Context, tenant: &TenantId, flow: &FlowId, key: Option<DocumentKey>) -> Result<Value> {
    let loaded = ctx.config.load(tenant).await?;
    kinds::of(loaded.flow(flow)?).preview(Scope { ctx, tenant, loaded: &loaded }, key).await
}

/// The same for a body that another system would push.
pub async fn preview_pushed(ctx: &Context, tenant: &TenantId, flow: &FlowId, body: &[u8]) -> Result<Value> {
    let loaded = ctx.config.load(tenant).await?;
    kinds::of(loaded.flow(flow)?).preview_pushed(Scope { ctx, tenant, loaded: &loaded }, body).await
}

/// Polls one flow now, whatever its schedule says.
pub async fn run_now(ctx: &Context, tenant: &TenantId, flow: &FlowId) -> Result<Counts> {
    let loaded = ctx.config.load(tenant).await?;
    let found = loaded.flow(flow)?;
    if !found.is_enabled() {
        let message = format!("flow {flow} is disabled; set enabled = true and apply the configuration");
        return Err(Error::permanent("flow.disabled", message));
    }
    let polls = kinds::polling(flow, found)?;
    let counts = poll::poll(Scope { ctx, tenant, loaded: &loaded }, flow, polls, Trigger::Operator).await;
    tenon_connectors::erp::release(ctx).await;
    counts
}

/// Puts the work of a failed run back on its queue; it goes on from what is stored.
pub async fn retry(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<String> {
    retry_as(ctx, tenant, id, None).await
}

/// The same for a decision that is on hold because its document has changed: the operator accepts the change
/// that the run tells, and no other.
///
/// # Errors
/// `run.not-on-hold` when the run is no such one.
pub async fn accept_change(ctx: &Context, tenant: &TenantId, id: &RunId, by: &str) -> Result<String> {
    let accept = Acceptance { by: by.to_owned(), at_ms: ctx.now_ms() };
    retry_as(ctx, tenant, id, Some(accept)).await
}

async fn retry_as(ctx: &Context, tenant: &TenantId, id: &RunId, accept: Option<Acceptance>) -> Result<String> {
    let run = runs::get(ctx, tenant, id)
        .await?
        .ok_or_else(|| Error::permanent("run.unknown", format!("there is no run {id}; see `tenon runs`")))?;
    if matches!(run.status, RunStatus::Succeeded) {
        return Err(Error::permanent("run.succeeded", format!("run {id} has succeeded; there is nothing to retry")));
    }
    // A run of neither is one of a poll.
    if accept.is_none() && run.document.is_none() && run.instance.is_none() {
        let counts = run_now(ctx, tenant, &run.flow).await?;
        return Ok(format!("polled again: found {}, queued {}", counts.found, counts.queued));
    }
    let loaded = ctx.config.load(tenant).await?;
    let flow = loaded.flow(&run.flow)?;
    kinds::of(flow).retry(Scope { ctx, tenant, loaded: &loaded }, &run, accept).await
}
