//! What an operator does by hand: see what a flow would write, run it now, retry a failed run.

use crate::documents::{self, Input, Review};
use crate::kinds::{self, ResumePoint, Retried, Scope};
use crate::poll::{self, Counts};
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::config_store::Loaded;
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
pub async fn retry(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Retried> {
    retry_as(ctx, tenant, id, None).await
}

/// The same for a decision that is on hold because its document has changed: the operator accepts the change
/// that the run tells, and no other.
///
/// # Errors
/// `run.not-on-hold` when the run is no such one.
pub async fn accept_change(ctx: &Context, tenant: &TenantId, id: &RunId, by: &str) -> Result<Retried> {
    let accept = Acceptance { by: by.to_owned(), at_ms: ctx.now_ms() };
    retry_as(ctx, tenant, id, Some(accept)).await
}

async fn retry_as(ctx: &Context, tenant: &TenantId, id: &RunId, accept: Option<Acceptance>) -> Result<Retried> {
    let run = known(ctx, tenant, id).await?;
    if matches!(run.status, RunStatus::Succeeded) {
        return Err(Error::permanent("run.succeeded", format!("run {id} has succeeded; there is nothing to retry")));
    }
    // A run of neither is one of a poll.
    if accept.is_none() && run.document.is_none() && run.instance.is_none() {
        let counts = run_now(ctx, tenant, &run.flow).await?;
        return Ok(Retried::PutBack(format!("polled again: found {}, queued {}", counts.found, counts.queued)));
    }
    let loaded = ctx.config.load(tenant).await?;
    let flow = loaded.flow(&run.flow)?;
    kinds::of(flow).retry(Scope { ctx, tenant, loaded: &loaded }, &run, accept).await
}

async fn known(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Run> {
    let missing = || Error::permanent("run.unknown", format!("there is no run {id}; see `tenon runs`"));
    runs::get(ctx, tenant, id).await?.ok_or_else(missing)
}

/// From which step a retry of this run would go on.
///
/// # Errors
/// `config.flow` when its flow is gone; those of the table.
pub async fn resume_point(ctx: &Context, tenant: &TenantId, run: &Run) -> Result<ResumePoint> {
    if run.status == RunStatus::Succeeded {
        return Ok(ResumePoint::Nothing);
    }
    if run.document.is_none() && run.instance.is_none() {
        return Ok(ResumePoint::Anew);
    }
    let loaded = ctx.config.load(tenant).await?;
    kinds::of(loaded.flow(&run.flow)?).resume_point(Scope { ctx, tenant, loaded: &loaded }, run).await
}

/// The flow of a run whose input a person may correct. Where a record of the ERP, of the MES or of a PLM is what a flow takes
/// over, that record counts and is mended there; what a price form says is what people approved.
fn correctable<'l>(loaded: &'l Loaded, run: &Run) -> Result<&'l tenon_model::config::DocumentFlow> {
    loaded.flow(&run.flow)?.as_document().ok_or_else(|| {
        let message = format!(
            "the input of run {} is not to be corrected here: what its flow takes over counts as it stands in the \
             system that it comes from; mend it there, then retry",
            run.id
        );
        Error::permanent("run.not-correctable", message)
    })
}

/// What may be corrected of a run's input.
///
/// # Errors
/// `run.not-correctable` where nothing may.
pub async fn input(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Input> {
    let (run, loaded) = (known(ctx, tenant, id).await?, ctx.config.load(tenant).await?);
    documents::input(Scope { ctx, tenant, loaded: &loaded }, correctable(&loaded, &run)?, &run).await
}

/// What a correction of the input that was `shown` would change.
///
/// # Errors
/// As [`documents::review`].
pub async fn review(
    ctx: &Context,
    tenant: &TenantId,
    id: &RunId,
    shown: &str,
    values: &BTreeMap<String, String>,
) -> Result<Review> {
    let (run, loaded) = (known(ctx, tenant, id).await?, ctx.config.load(tenant).await?);
    let flow = correctable(&loaded, &run)?;
    documents::review(Scope { ctx, tenant, loaded: &loaded }, flow, &run, shown, values).await
}

/// Has a run go on with its input as it was corrected, shown and confirmed.
///
/// # Errors
/// As [`documents::correct`].
pub async fn correct(
    ctx: &Context,
    tenant: &TenantId,
    id: &RunId,
    revisions: (&str, &str),
    values: &BTreeMap<String, String>,
    by: &str,
) -> Result<Retried> {
    let (run, loaded) = (known(ctx, tenant, id).await?, ctx.config.load(tenant).await?);
    let flow = correctable(&loaded, &run)?;
    Box::pin(documents::correct(Scope { ctx, tenant, loaded: &loaded }, flow, &run, revisions, values, by)).await
}
