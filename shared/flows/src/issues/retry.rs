//! Trying a feeding again at an operator's wish.

use super::message::{FeedingNews, FeedingWork};
use super::{intake, name, note};
use crate::documents::record;
use crate::kinds::{ResumePoint, Retried, Scope};
use crate::retrying;
use serde_json::json;
use tenon_model::blacklake::FedRecord;
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::document::DocumentState;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, Result};

/// Queues the run's feeding, or puts aside what was only told.
pub(super) async fn retry(
    at: Scope<'_>,
    flow: &ProductionIssuesFlow,
    run: &Run,
    accept: Option<Acceptance>,
) -> Result<Retried> {
    let (ctx, tenant) = (at.ctx, at.tenant);
    if accept.is_some() {
        let id = &run.id;
        let message = format!("run {id} holds no decision back for a change; `tenon show {id}` says how it stands");
        return Err(Error::permanent("run.not-on-hold", message));
    }
    if note::is_one(run) {
        let text = "seen to by hand and put aside".to_owned();
        let mut seen = run.clone();
        (seen.status, seen.code, seen.ended_ms) = (RunStatus::Ended, None, Some(ctx.now_ms()));
        let mut steps = Recorder::new(ctx, run.id.clone());
        steps.note("put aside by operator", json!({ "result": text }));
        steps.save(ctx, tenant, &seen).await?;
        return Ok(Retried::Settled(text));
    }
    super::work::enabled(flow)?;
    let request = run.instance.clone().unwrap_or_default();
    let id: i64 = request.parse().map_err(|_| {
        Error::permanent("run.unknown", format!("run {} names no feeding, so there is nothing to try again", run.id))
    })?;
    let known = record::get(ctx, name(tenant, flow, &request)).await?.map(|stored| stored.data);
    if let Some(record) = known.as_ref().filter(|record| record.run != run.id) {
        let message = format!("feeding {id} is in the hands of run {}; retry that one", record.run);
        return Err(Error::permanent("run.superseded", message));
    }
    let order = known.as_ref().and_then(super::order_of);
    let text = format!("feeding {id} is queued, and goes on from what is stored");
    let work = FeedingWork {
        mes: flow.mes.clone(),
        news: FeedingNews::Fed { records: vec![FedRecord { id, order }] },
        event: None,
        flow: Some(flow.id.clone()),
        again: true,
    };
    let envelope = intake::message(tenant, ctx.entropy.id("m-", ctx.now_ms())?, work);
    let promised = Entry::of(ctx, &PRODUCTION_ISSUES, &envelope)?;
    // First of all: a run that was told of a retry shall have one, whatever dies.
    promised.store(ctx).await?;
    retrying::record_run(ctx, tenant, run, &text).await?;
    promised.send(ctx).await?;
    Ok(Retried::PutBack(text))
}

/// From which step a retry goes on.
pub(super) async fn resume_point(at: Scope<'_>, flow: &ProductionIssuesFlow, run: &Run) -> Result<ResumePoint> {
    if note::is_one(run) {
        return Ok(ResumePoint::PutAside);
    }
    let request = run.instance.clone().unwrap_or_default();
    let known = record::get(at.ctx, name(at.tenant, flow, &request)).await?.map(|stored| stored.data);
    Ok(match known {
        Some(record) if record.run != run.id => ResumePoint::Nothing,
        Some(record) if record.state.is_unclear() => ResumePoint::looking("look for document"),
        Some(record) if matches!(record.state, DocumentState::Created | DocumentState::Closed) => ResumePoint::Nothing,
        _ => ResumePoint::from("read feeding"),
    })
}
