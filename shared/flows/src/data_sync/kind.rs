//! Tables of ERP data as a kind of flow.

use super::begin::{begin, resume};
use super::preview;
use super::record::{self, What};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::Value;
use std::time::Duration;
use tenon_model::config::DataSyncFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::{Error, ErrorKind, Result};

impl Kind for DataSyncFlow {
    fn begins(&self) -> Begins<'_> {
        match self.form {
            Some(_) => Begins::Polling(self),
            None => Begins::External(
                "serves the forms that a call names: `tenon data-sync run FORM`, or /dataSync/create?formId=",
            ),
        }
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(preview::compare(at, self))
    }

    /// Goes on with a run that has not ended; begins another of the same where it has.
    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
            if accept.is_some() {
                let message = format!("run {} holds back for nothing that could be accepted; retry it without", run.id);
                return Err(Error::permanent("run.not-on-hold", message));
            }
            let Some(sync) = record::get(at.ctx, at.tenant, &run.id).await? else {
                return Err(Error::permanent("run.unknown", format!("nothing is kept of run {} any more", run.id)));
            };
            if sync.data.ended_ms.is_none() {
                resume(at.ctx, at.tenant, &run.id, Duration::ZERO).await?;
                return Ok(Retried::PutBack("it goes on where it stands".to_owned()));
            }
            let begun = begin(at, self, &sync.data.form, sync.data.what, Trigger::Operator, Duration::ZERO).await?;
            Ok(Retried::PutBack(format!("run {} is begun", begun.run)))
        })
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move {
            let sync = record::get(at.ctx, at.tenant, &run.id).await?;
            Ok(match sync {
                Some(sync) if sync.data.ended_ms.is_none() => ResumePoint::WhereItStands,
                Some(_) => ResumePoint::Anew,
                None => ResumePoint::Nothing,
            })
        })
    }

    /// Nothing is told from outside: the next update reads its whole window.
    fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move { Caught::default() })
    }
}

impl Polls for DataSyncFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let Some(form) = &self.form else { return Ok(()) };
            // Before the table is made there is nothing to update, and making it is for a person to ask for.
            let latest = record::latest(at.ctx, at.tenant, &self.database, form).await?;
            if trigger == Trigger::Schedule && !latest.is_some_and(|latest| latest.data.made) {
                counts.not_due += 1;
                return Ok(());
            }
            match Box::pin(begin(at, self, form, What::Update, trigger, Duration::ZERO)).await {
                Ok(_) => counts.queued += 1,
                Err(error) if error.kind() == ErrorKind::Busy => counts.in_hand += 1,
                Err(error) => return Err(error),
            }
            Ok(())
        })
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }
}
