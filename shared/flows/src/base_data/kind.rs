//! Base data flows as a kind of flow.

use super::{compare, find, preview, retry};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::config::BaseDataFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::Result;

#[async_trait]
impl Kind for BaseDataFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    async fn compare(&self, at: Scope<'_>) -> Result<Findings> {
        Box::pin(compare::compare(at, self)).await
    }

    async fn retry(&self, at: Scope<'_>, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
        Box::pin(retry::retry(at, self, run, accept)).await
    }

    async fn resume_point(&self, at: Scope<'_>, run: &Run) -> Result<ResumePoint> {
        retry::resume_point(at, self, run).await
    }

    /// Nothing is told from outside, so nothing can be missed: what is not marked is found by the next poll.
    async fn reconcile(&self, _at: Scope<'_>, _units: &mut Units<'_>) -> Caught {
        Caught::default()
    }
}

#[async_trait]
impl Polls for BaseDataFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    async fn poll(&self, at: Scope<'_>, trigger: Trigger, counts: &mut Counts) -> Result<()> {
        Box::pin(find::find_and_queue(at, self, trigger, counts)).await
    }

    async fn preview(&self, at: Scope<'_>, key: Option<DocumentKey>) -> Result<Value> {
        Box::pin(preview::preview(at, self, key)).await
    }
}
