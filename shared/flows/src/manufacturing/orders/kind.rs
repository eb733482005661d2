//! Flows of work orders as a kind of flow.

use super::{compare, find, way};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, Schedule, Scope};
use crate::manufacturing::retry;
use crate::poll::Counts;
use crate::unit_failures::Units;
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::config::MesWorkOrdersFlow;
use tenon_model::link::Acceptance;
use tenon_model::manufacturing::OrderWork;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::Result;

#[async_trait]
impl Kind for MesWorkOrdersFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    async fn compare(&self, at: Scope<'_>) -> Result<Findings> {
        Box::pin(compare::compare(at, self)).await
    }

    async fn retry(&self, at: Scope<'_>, run: &Run, accept: Option<Acceptance>) -> Result<String> {
        let flow = at.loaded.flow(&self.id)?;
        Box::pin(retry::retry::<OrderWork>(at, &way(flow, self), run, accept)).await
    }

    /// Nothing is told from outside, so nothing can be missed: what is not marked is found by the next look.
    async fn reconcile(&self, _at: Scope<'_>, _units: &mut Units<'_>) -> Caught {
        Caught::default()
    }
}

#[async_trait]
impl Polls for MesWorkOrdersFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    fn schedule(&self) -> Schedule {
        Schedule::Manufacturing
    }

    async fn poll(&self, at: Scope<'_>, trigger: Trigger, counts: &mut Counts) -> Result<()> {
        Box::pin(find::find_and_queue(at, self, trigger, counts)).await
    }

    async fn preview(&self, at: Scope<'_>, key: Option<DocumentKey>) -> Result<Value> {
        Box::pin(compare::preview(at, self, key)).await
    }
}
