//! Trying a record again at an operator's wish.

use super::{find, records};
use crate::approvals::in_flight;
use crate::base_data::message::SendRecord;
use crate::kinds::{ResumePoint, Retried, Scope};
use crate::retrying;
use tenon_model::base_data::RecordState;
use tenon_model::config::BaseDataFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::Run;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::MASTER_DATA_SEND;
use tenon_platform::{Error, Result};

/// Queues the run's record. `accept` is the word that a saving whose answer was lost did not happen.
pub async fn retry(at: Scope<'_>, flow: &BaseDataFlow, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
    let Scope { ctx, tenant, .. } = at;
    let Some(key) = &run.document else {
        return Err(Error::permanent("run.unknown", format!("run {} names no record", run.id)));
    };
    let kept = records::get(ctx, tenant, &flow.id, key).await?.map(|stored| stored.data);
    if let Some(other) = kept.as_ref().filter(|kept| kept.run != run.id) {
        let text = format!("record {key} is in the hands of run {}; nothing to retry here", other.run);
        return Ok(Retried::Nothing(text));
    }
    let is_lost = kept.is_some_and(|kept| matches!(kept.state, RecordState::Unknown | RecordState::Sending));
    if accept.is_some() && !is_lost {
        let message = format!("run {0} waits for no answer that was lost; `tenon show {0}` says how it stands", run.id);
        return Err(Error::permanent("run.not-on-hold", message));
    }
    let text = match &accept {
        Some(accept) => format!("record {key} is sent again, since {} says that it did not arrive", accept.by),
        None => format!("record {key} is queued"),
    };
    let record = SendRecord { key: key.clone(), run: run.id.clone(), page: None, accept: accept.is_some() };
    let promised = Entry::of(ctx, &MASTER_DATA_SEND, &find::message(at, flow, vec![record])?)?;
    // First of all: a run that was told of a retry shall have one, whatever dies.
    promised.store(ctx).await?;
    retrying::record_run(ctx, tenant, run, &text).await?;
    // A poll that finds the record meanwhile leaves it to this message.
    let batch = in_flight::mark(ctx, tenant, &flow.id, std::iter::once((key, run.id.clone()))).await?;
    promised.send(ctx).await?;
    in_flight::confirm(ctx, tenant, &flow.id, &batch).await?;
    Ok(Retried::PutBack(text))
}

/// From which step a retry goes on.
pub async fn resume_point(at: Scope<'_>, flow: &BaseDataFlow, run: &Run) -> Result<ResumePoint> {
    let Some(key) = &run.document else { return Ok(ResumePoint::Nothing) };
    let kept = records::get(at.ctx, at.tenant, &flow.id, key).await?.map(|stored| stored.data);
    Ok(match kept {
        Some(kept) if kept.run != run.id => ResumePoint::Nothing,
        Some(kept) => match kept.state {
            RecordState::Idle => ResumePoint::from("read record"),
            RecordState::Sending | RecordState::Unknown => ResumePoint::looking("look for row"),
            RecordState::Saved => ResumePoint::after("mark record", &["save row"]),
        },
        None => ResumePoint::from("read record"),
    })
}
