//! The run of a document, told from its link.

use tenon_model::TenantId;
use tenon_model::link::Link;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, Result, Retry};

/// The run as it stands after a piece of work.
pub fn run_of(link: &Link, status: RunStatus, message: impl Into<String>, now_ms: i64) -> Run {
    let ended = matches!(status, RunStatus::Succeeded | RunStatus::Failed | RunStatus::Ended);
    Run {
        id: link.run.clone(),
        flow: link.flow.clone(),
        document: Some(link.key.clone()),
        instance: link.instance.as_ref().map(ToString::to_string),
        trigger: Trigger::Schedule,
        status,
        started_ms: link.claimed_ms,
        ended_ms: ended.then_some(now_ms),
        message: message.into(),
        code: None,
        counts: Default::default(),
    }
}

/// Stores how the work ended. What went wrong here is only logged: the history must not undo work
/// that was done.
pub async fn tell(
    ctx: &Context,
    tenant: &TenantId,
    recorder: &mut Recorder,
    link: &Link,
    status: RunStatus,
    message: impl Into<String>,
) {
    let run = run_of(link, status, message, ctx.now_ms());
    if let Err(error) = recorder.save(ctx, tenant, &run).await {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
}

/// Stores that a decision waits for an operator.
pub async fn tell_on_hold(ctx: &Context, tenant: &TenantId, recorder: &mut Recorder, link: &Link) {
    let mut run = run_of(link, RunStatus::Failed, link.note.clone().unwrap_or_default(), ctx.now_ms());
    run.code = Some("flow.changed".to_owned());
    if let Err(error) = recorder.save(ctx, tenant, &run).await {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
}

/// Stores that the work failed, and whether it is tried again.
pub async fn tell_failure(ctx: &Context, tenant: &TenantId, recorder: &mut Recorder, link: &Link, error: &Error) {
    let status = if error.retry == Retry::Permanent { RunStatus::Failed } else { RunStatus::Retrying };
    let mut run = run_of(link, status, error.to_string(), ctx.now_ms());
    run.code = Some(error.code.to_owned());
    if let Err(error) = recorder.save(ctx, tenant, &run).await {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
}

/// Stores that nobody tries again by himself.
pub async fn tell_abandoned(ctx: &Context, tenant: &TenantId, link: &Link, error: &Error) -> Result<()> {
    let mut run = run_of(link, RunStatus::Failed, error.to_string(), ctx.now_ms());
    run.code = Some(error.code.to_owned());
    Recorder::new(ctx, link.run.clone()).save(ctx, tenant, &run).await
}
