//! Approval flows as a kind of flow.

use super::{by_hand, ended, find, preview, retry};
use crate::compare::{self, Findings};
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::{UnitKind, Units};
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::Result;

impl Kind for ApprovalFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(compare::approval(at, self))
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(retry::retry(at, self, run, accept))
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(retry::resume_point(at, run))
    }

    /// Open instances are looked up with their connection, whichever flow they are of; here are the runs, and the
    /// forms that no link waits for.
    fn reconcile<'a>(&'a self, at: Scope<'a>, units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move {
            let outcome = ended::record_run(at.ctx, at.tenant, self).await;
            let ended = units.note(&format!("runs of {}", self.id), UnitKind::Flow, outcome).await;
            let mut caught = Caught { ended: ended.unwrap_or_default(), ..Caught::default() };
            let unit = format!("forms of {}", self.form.template);
            if by_hand::is_first_of_template(at, self) && units.is_due(&unit) {
                let outcome = Box::pin(by_hand::find(at, self, units)).await;
                if let Some((looked_up, missed)) = units.note(&unit, UnitKind::Flow, outcome).await {
                    (caught.looked_up, caught.missed) = (looked_up, missed);
                }
            }
            caught
        })
    }
}

impl Polls for ApprovalFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(find::find_and_queue(at, self, trigger, counts))
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }
}
