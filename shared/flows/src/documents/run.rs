//! The run of a document, told from its record.

use serde_json::json;
use tenon_model::TenantId;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, Result, Retry};

fn run_of(record: &DocumentRecord, status: RunStatus, message: String, code: Option<&str>, now_ms: i64) -> Run {
    let ended = matches!(status, RunStatus::Succeeded | RunStatus::Failed | RunStatus::Ended);
    Run {
        id: record.run.clone(),
        flow: record.flow.clone(),
        document: record.key.clone(),
        instance: Some(record.request.clone()),
        trigger: Trigger::Callback,
        status,
        started_ms: record.claimed_ms,
        ended_ms: ended.then_some(now_ms),
        message,
        code: code.map(str::to_owned),
        counts: Default::default(),
    }
}

/// How a record that is over came out, for people.
pub(crate) fn summary(record: &DocumentRecord) -> String {
    let key = record.key.as_ref().map_or_else(|| "(B1 did not say its key)".to_owned(), ToString::to_string);
    match (record.state, &record.message) {
        (DocumentState::Created, _) if record.is_draft => {
            format!("taken by an approval procedure: draft {key} of {} waits for approval", record.object)
        }
        (DocumentState::Created, _) => format!("created {} {key}{}", record.object, corrected(record)),
        (_, Some(message)) => message.clone(),
        (_, None) => "under way".to_owned(),
    }
}

/// That it is not in all what was handed over.
fn corrected(record: &DocumentRecord) -> String {
    match &record.corrected {
        Some(own) => format!("; {} of its values corrected by {}", own.values.len(), own.by),
        None => String::new(),
    }
}

/// The run of a record that is over; `None` while work is left.
fn of_end(record: &DocumentRecord, now_ms: i64) -> Option<Run> {
    let status = match record.state {
        DocumentState::Created => RunStatus::Succeeded,
        DocumentState::Failed => RunStatus::Failed,
        DocumentState::Closed => RunStatus::Ended,
        DocumentState::Claimed | DocumentState::Creating | DocumentState::Unknown => return None,
    };
    Some(run_of(record, status, summary(record), record.code.as_deref(), now_ms))
}

/// Stores how a piece of work ended. What goes wrong here is only logged: the history must not undo work that was
/// done.
pub(crate) async fn record_run(
    ctx: &Context,
    tenant: &TenantId,
    steps: &mut Recorder,
    record: &DocumentRecord,
    error: Option<&Error>,
) -> bool {
    let now = ctx.now_ms();
    let run = of_end(record, now).unwrap_or_else(|| match error {
        Some(error) => {
            let status = if error.retry == Retry::Permanent { RunStatus::Failed } else { RunStatus::Retrying };
            run_of(record, status, error.to_string(), Some(error.code), now)
        }
        None => run_of(record, RunStatus::Running, summary(record), None, now),
    });
    let saved = steps.save(ctx, tenant, &run).await;
    if let Err(error) = &saved {
        tracing::error!(run = %run.id, error.code = error.code, error.message = %error, "run history could not be stored");
    }
    saved.is_ok()
}

/// Stores that nobody tries again by himself.
pub(crate) async fn record_failure(
    ctx: &Context,
    tenant: &TenantId,
    record: &DocumentRecord,
    error: &Error,
) -> Result<()> {
    let now = ctx.now_ms();
    let run = run_of(record, RunStatus::Failed, error.to_string(), Some(error.code), now);
    Recorder::new(ctx, record.run.clone()).save(ctx, tenant, &run).await
}

/// Whether nothing is left to do for a record, its run included. A worker may have died after the last write of the
/// record and before that of its run: then it is still leased. `wished` is an operator's wish to try again.
pub(crate) async fn is_recorded(
    ctx: &Context,
    tenant: &TenantId,
    record: &DocumentRecord,
    wished: bool,
) -> Result<bool> {
    let again = wished && record.state == DocumentState::Failed;
    if record.state.is_open() || record.lease.is_some() || again {
        return Ok(false);
    }
    if wished {
        let why = format!("nothing is left to do: {}", summary(record));
        Recorder::new(ctx, record.run.clone()).end_retried(ctx, tenant, &why).await?;
    }
    Ok(true)
}

/// Tells the run of a record that is over from the record alone.
pub(crate) async fn settle(ctx: &Context, tenant: &TenantId, record: &DocumentRecord) {
    let mut steps = Recorder::new(ctx, record.run.clone());
    steps.note("told from the record", json!({ "state": record.state }));
    record_run(ctx, tenant, &mut steps, record, None).await;
}
