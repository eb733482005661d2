//! Trying a thing again at an operator's wish.

use super::find::Way;
use super::records::{self, Body};
use crate::kinds::{ResumePoint, Retried, Scope};
use crate::manufacturing::message::Manufacture;
use crate::retrying;
use tenon_model::config::Flow;
use tenon_model::link::Acceptance;
use tenon_model::manufacturing::WorkState;
use tenon_model::run::Run;
use tenon_platform::outbox::Entry;
use tenon_platform::{Error, Result};

/// Queues the run's thing.
pub(super) async fn retry<B: Body>(
    at: Scope<'_>,
    way: &Way<'_>,
    run: &Run,
    accept: Option<Acceptance>,
) -> Result<Retried> {
    let Scope { ctx, tenant, .. } = at;
    let Some(key) = &run.document else {
        return Err(Error::permanent("run.unknown", format!("run {} names nothing to work on", run.id)));
    };
    if accept.is_some() {
        let message = format!("run {0} waits for no change to be accepted; `tenon retry {0}` tries it again", run.id);
        return Err(Error::permanent("run.not-on-hold", message));
    }
    let kept = records::get::<B>(ctx, tenant, way.flow.id(), key).await?.map(|stored| stored.data);
    if let Some(other) = kept.as_ref().filter(|kept| kept.run != run.id) {
        return Ok(Retried::Nothing(format!("{key} is in the hands of run {}; nothing to retry here", other.run)));
    }
    let text = format!("{key} is queued");
    let message =
        Manufacture { flow: way.flow.id().clone(), key: key.clone(), run: run.id.clone(), page: None, wished: true };
    // First of all: a run that was told of a retry shall have one, whatever dies.
    let promised = Entry::of(ctx, &way.queue, &way.envelope(at, message)?)?;
    promised.store(ctx).await?;
    retrying::record_run(ctx, tenant, run, &text).await?;
    promised.send(ctx).await?;
    Ok(Retried::PutBack(text))
}

/// From which step a retry goes on.
pub(super) async fn resume_point<B: Body>(at: Scope<'_>, flow: &Flow, run: &Run) -> Result<ResumePoint> {
    let Some(key) = &run.document else { return Ok(ResumePoint::Nothing) };
    let kept = records::get::<B>(at.ctx, at.tenant, flow.id(), key).await?.map(|stored| stored.data);
    let (first, looks) = match flow {
        Flow::MesWorkOrders(_) => ("read order", "look for work order"),
        Flow::ProductionReceipts(_) => ("read report", "look for receipt"),
        _ => ("read item", "find material"),
    };
    Ok(match kept {
        Some(kept) if kept.run != run.id => ResumePoint::Nothing,
        Some(kept) => match kept.state {
            WorkState::Idle => ResumePoint::from(first),
            WorkState::Sending | WorkState::Unknown => ResumePoint::looking(looks),
            WorkState::Sent if first == "read order" => ResumePoint::after("mark order", &["create work order"]),
            WorkState::Sent if first == "read report" => ResumePoint::Nothing,
            WorkState::Sent => ResumePoint::from(first),
        },
        None => ResumePoint::from(first),
    })
}
