//! Pulls of the directory as a kind of flow.

use super::message::NextSlice;
use super::{begin, preview, record};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::config::DirectoryPullFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::{Error, Result};

#[async_trait]
impl Kind for DirectoryPullFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    async fn compare(&self, at: Scope<'_>) -> Result<Findings> {
        Box::pin(preview::compare(at, self)).await
    }

    /// Goes on with the pull of the run where it is the latest, and begins another where it has ended.
    async fn retry(&self, at: Scope<'_>, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
        if accept.is_some() {
            let message = format!("run {} holds back for nothing that could be accepted; retry it without", run.id);
            return Err(Error::permanent("run.not-on-hold", message));
        }
        let latest = record::latest(at.ctx, at.tenant, &self.id).await?;
        if latest.is_some_and(|stored| stored.data.run == run.id && stored.data.ended_ms.is_none()) {
            let promised = Entry::of(at.ctx, &DIRECTORY_SYNC, &begin::message(at.tenant, &self.id, &run.id))?;
            promised.store(at.ctx).await?;
            promised.send(at.ctx).await?;
            return Ok(Retried::PutBack("the pull goes on where it stands".to_owned()));
        }
        let mut counts = Counts::default();
        begin::begin(at, &self.id, Trigger::Operator, &mut counts).await?;
        Ok(match counts.queued {
            0 => Retried::Nothing("another pull is under way".to_owned()),
            _ => Retried::PutBack("another pull is begun".to_owned()),
        })
    }

    async fn resume_point(&self, at: Scope<'_>, run: &Run) -> Result<ResumePoint> {
        let latest = record::latest(at.ctx, at.tenant, &self.id).await?;
        Ok(match latest.filter(|stored| stored.data.ended_ms.is_none()) {
            Some(own) if own.data.run == run.id => ResumePoint::WhereItStands,
            Some(_) => ResumePoint::Nothing,
            None => ResumePoint::Anew,
        })
    }

    /// Nothing is told from outside: the next pull sees everybody.
    async fn reconcile(&self, _at: Scope<'_>, _units: &mut Units<'_>) -> Caught {
        Caught::default()
    }
}

#[async_trait]
impl Polls for DirectoryPullFlow {
    fn connection(&self) -> &ConnectionId {
        &self.oa
    }

    async fn poll(&self, at: Scope<'_>, trigger: Trigger, counts: &mut Counts) -> Result<()> {
        Box::pin(begin::begin(at, &self.id, trigger, counts)).await
    }

    async fn preview(&self, at: Scope<'_>, key: Option<DocumentKey>) -> Result<Value> {
        Box::pin(preview::preview(at, self, key)).await
    }
}

impl NextSlice {
    /// The flow and pull, for logs.
    pub fn shown(&self) -> String {
        format!("{}/{}", self.flow, self.run)
    }
}
