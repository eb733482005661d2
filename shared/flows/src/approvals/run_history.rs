//! The run of a document, told from its link.

use super::work::submitted;
use serde_json::json;
use tenon_model::TenantId;
use tenon_model::link::{Link, LinkState};
use tenon_model::oa::Outcome;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::runs::{self, Recorder};
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

/// Makes sure that the run of a link which is over says so: a worker may have died between the last write of
/// its link and that of its run. `None` when the run had ended already.
pub async fn settle(ctx: &Context, tenant: &TenantId, link: &Link) -> Result<Option<Run>> {
    if !link.state.is_finished() {
        return Ok(None);
    }
    let stored = runs::get(ctx, tenant, &link.run).await?;
    if stored.is_some_and(|run| run.ended_ms.is_some() && !(run.status == RunStatus::Failed && is_done(link))) {
        return Ok(None);
    }
    let run = ended(link, ctx.now_ms());
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("told from the link", json!({ "state": link.state }));
    recorder.save(ctx, tenant, &run).await?;
    Ok(Some(run))
}

/// The run of a link that is over.
fn ended(link: &Link, now_ms: i64) -> Run {
    if link.state == LinkState::OnHold {
        return on_hold(link, now_ms);
    }
    let (status, text) = outcome(link);
    run_of(link, status, text, now_ms)
}

/// How a link that is over came out.
pub fn outcome(link: &Link) -> (RunStatus, String) {
    let left_out = (!link.left_out.is_empty()).then(|| format!("without the files {}", link.left_out.join(", ")));
    let note = match (link.note.clone(), left_out) {
        (Some(note), Some(files)) => Some(format!("{note}; {files}")),
        (note, files) => note.or(files),
    };
    match (is_done(link), note) {
        (true, Some(note)) => (RunStatus::Succeeded, format!("{}; {note}", summary(link))),
        (true, None) => (RunStatus::Succeeded, summary(link)),
        (false, Some(note)) => (RunStatus::Ended, note),
        (false, None) => (RunStatus::Ended, summary(link)),
    }
}

fn on_hold(link: &Link, now_ms: i64) -> Run {
    let mut run = run_of(link, RunStatus::Failed, link.note.clone().unwrap_or_default(), now_ms);
    run.code = Some("flow.changed".to_owned());
    run
}

fn is_done(link: &Link) -> bool {
    link.state == LinkState::WrittenBack
}

/// How a decided link came out, for people.
pub fn summary(link: &Link) -> String {
    let accepted = link
        .accepted
        .as_ref()
        .map_or_else(String::new, |accepted| format!("; {} accepted the change of the document", accepted.by));
    match link.decision.as_ref().map(|d| (d.outcome, d.approver.as_deref().unwrap_or("the OA"))) {
        Some((Outcome::Agreed, by)) => format!("approved by {by} and written back{accepted}"),
        Some((Outcome::Refused, by)) => format!("refused by {by} and written back{accepted}"),
        Some((Outcome::Withdrawn, _)) => "withdrawn in the OA".to_owned(),
        Some((Outcome::Deleted, _)) => "deleted in the OA".to_owned(),
        None => String::new(),
    }
}

/// Stores how the work stands. What went wrong here is only logged: the history must not undo work that was done.
pub async fn record_run(
    ctx: &Context,
    tenant: &TenantId,
    recorder: &mut Recorder,
    link: &Link,
    status: RunStatus,
    message: impl Into<String>,
) {
    let run = run_of(link, status, message, ctx.now_ms());
    if let Err(error) = recorder.save(ctx, tenant, &run).await {
        log_unrecorded(&run, &error);
    }
}

/// Says that a run is not told.
pub fn log_unrecorded(run: &Run, error: &Error) {
    tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
}

/// The run of a link after a piece of work that came to this.
pub fn after<T>(link: &Link, result: &Result<T>, now_ms: i64) -> Run {
    match result {
        Err(error) => failed(link, error, now_ms),
        Ok(_) if link.state == LinkState::OnHold => on_hold(link, now_ms),
        Ok(_) if link.state == LinkState::Marked => run_of(link, RunStatus::Running, submitted(link), now_ms),
        Ok(_) => {
            let (status, text) = outcome(link);
            run_of(link, status, text, now_ms)
        }
    }
}

/// The work failed, and is tried again or not.
fn failed(link: &Link, error: &Error, now_ms: i64) -> Run {
    let status = if error.retry == Retry::Permanent { RunStatus::Failed } else { RunStatus::Retrying };
    let mut run = run_of(link, status, error.to_string(), now_ms);
    run.code = Some(error.code.to_owned());
    run
}

/// Stores that nobody tries again by himself.
pub async fn record_dead_letter(ctx: &Context, tenant: &TenantId, link: &Link, error: &Error) -> Result<()> {
    let mut run = run_of(link, RunStatus::Failed, error.to_string(), ctx.now_ms());
    run.code = Some(error.code.to_owned());
    Recorder::new(ctx, link.run.clone()).save(ctx, tenant, &run).await
}
