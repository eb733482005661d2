//! Approval flows as a kind of flow.

use super::{by_hand, ended, find, preview, retry};
use crate::compare::{self, Findings};
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::{UnitKind, Units};
use async_trait::async_trait;
use serde_json::Value;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::Result;

#[async_trait]
impl Kind for ApprovalFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    async fn compare(&self, at: Scope<'_>) -> Result<Findings> {
        Box::pin(compare::approval(at, self)).await
    }

    async fn retry(&self, at: Scope<'_>, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
        Box::pin(retry::retry(at, self, run, accept)).await
    }

    async fn resume_point(&self, at: Scope<'_>, run: &Run) -> Result<ResumePoint> {
        retry::resume_point(at, run).await
    }

    /// Open instances are looked up with their connection, whichever flow they are of; here are the runs, and the
    /// forms that no link waits for.
    async fn reconcile(&self, at: Scope<'_>, units: &mut Units<'_>) -> Caught {
        let outcome = ended::record_run(at.ctx, at.tenant, self).await;
        let ended = units.note(&format!("runs of {}", self.id), UnitKind::Flow, outcome).await;
        let mut caught = Caught { ended: ended.unwrap_or_default(), ..Caught::default() };
        let unit = format!("forms of {}", self.form.template);
        if by_hand::asks(at, self) && units.is_due(&unit) {
            let outcome = Box::pin(by_hand::find(at, self, units)).await;
            if let Some((looked_up, missed)) = units.note(&unit, UnitKind::Flow, outcome).await {
                (caught.looked_up, caught.missed) = (looked_up, missed);
            }
        }
        caught
    }
}

#[async_trait]
impl Polls for ApprovalFlow {
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
