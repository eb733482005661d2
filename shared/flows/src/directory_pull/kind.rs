//! Pulls of the directory as a kind of flow.

use super::message::NextSlice;
use super::{begin, preview, record};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::DirectoryPullFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::{Error, Result};

impl Kind for DirectoryPullFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(preview::compare(at, self))
    }

    /// Goes on with the pull of the run where it is the latest, and begins another where it has ended.
    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
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
        })
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move {
            let latest = record::latest(at.ctx, at.tenant, &self.id).await?;
            Ok(match latest.filter(|stored| stored.data.ended_ms.is_none()) {
                Some(own) if own.data.run == run.id => ResumePoint::WhereItStands,
                Some(_) => ResumePoint::Nothing,
                None => ResumePoint::Anew,
            })
        })
    }

    /// Nothing is told from outside: the next pull sees everybody.
    fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move { Caught::default() })
    }
}

impl Polls for DirectoryPullFlow {
    fn connection(&self) -> &ConnectionId {
        &self.oa
    }

    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(begin::begin(at, &self.id, trigger, counts))
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }
}

impl NextSlice {
    /// The flow and pull, for logs.
    pub fn shown(&self) -> String {
        format!("{}/{}", self.flow, self.run)
    }
}
