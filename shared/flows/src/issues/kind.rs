//! Flows of issues for production as a kind of flow.

use super::{compare, find, preview, retry};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Schedule, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::ProductionIssuesFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::Result;

impl Kind for ProductionIssuesFlow {
    /// Feedings are told by events; it looks for those that were not.
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(compare::compare(at, self))
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(retry::retry(at, self, run, accept))
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(retry::resume_point(at, self, run))
    }

    /// An MES is not reconciled as an OA is: what was missed is found by the flow's own looks.
    fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move { Caught::default() })
    }
}

impl Polls for ProductionIssuesFlow {
    fn connection(&self) -> &ConnectionId {
        &self.mes
    }

    fn schedule(&self) -> Schedule {
        Schedule::Manufacturing
    }

    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(find::find_and_queue(at, self, trigger, counts))
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }
}
