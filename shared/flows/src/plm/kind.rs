//! PLM flows as a kind of flow. Their records are pushed; what they look for by themselves is work that was broken off.

use super::{compare, preview, record, resume};
use crate::compare::Findings;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::retrying;
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::PlmFlow;
use tenon_model::link::Acceptance;
use tenon_model::plm::{PlmRecord, PlmState};
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::MASTER_DATA_PLM;
use tenon_platform::{Error, Result};

/// Records that one look takes up, at most.
const AT_ONCE: u32 = 100;

impl Kind for PlmFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(compare::compare(at, self))
    }

    fn preview_pushed<'a>(&'a self, at: Scope<'a>, body: &'a [u8]) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::pushed(at, self, body))
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
            let id = &run.id;
            if accept.is_some() {
                let message =
                    format!("run {id} holds no decision back for a change; `tenon show {id}` says how it stands");
                return Err(Error::permanent("run.not-on-hold", message));
            }
            let gone = || {
                let message =
                    format!("nothing is kept of run {id}: the record was refused before it was sent; push it again");
                Error::permanent("flow.document", message)
            };
            let key = run.document.as_ref().ok_or_else(gone)?;
            let known = record::get(at.ctx, at.tenant, self, key).await?.map(|stored| stored.data).ok_or_else(gone)?;
            may_retry(run, &known)?;
            let text = format!("record {key} is queued, and goes on from what is stored");
            let messages = resume::messages(at.ctx, at.tenant, self, std::slice::from_ref(key), true)?;
            let promised = Entry::of_all(at.ctx, &MASTER_DATA_PLM, &messages)?;
            promised.store(at.ctx).await?;
            retrying::record_run(at.ctx, at.tenant, run, &text).await?;
            promised.send(at.ctx).await?;
            Ok(Retried::PutBack(text))
        })
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move {
            let Some(key) = &run.document else { return Ok(ResumePoint::Nothing) };
            let known = record::get(at.ctx, at.tenant, self, key).await?.map(|stored| stored.data);
            let Some(known) = known.filter(|known| known.run == run.id) else { return Ok(ResumePoint::Nothing) };
            Ok(match known.state {
                PlmState::Waiting | PlmState::Failed => ResumePoint::from("look up"),
                PlmState::Creating | PlmState::Changing => ResumePoint::looking("look up"),
                PlmState::Done => ResumePoint::Nothing,
            })
        })
    }

    /// Nothing is told from outside, so nothing can be missed: who pushes has an answer.
    fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move { Caught::default() })
    }
}

fn may_retry(run: &Run, known: &PlmRecord) -> Result<()> {
    let (id, key) = (&run.id, &known.key);
    if known.run != run.id {
        let message = format!("run {id} is of an earlier push of {key}; the latest is run {}", known.run);
        return Err(Error::permanent("run.superseded", message));
    }
    if known.state == PlmState::Done {
        let message = format!("run {id} is done with: the ERP has {key} as it was pushed");
        return Err(Error::permanent("run.succeeded", message));
    }
    Ok(())
}

impl Polls for PlmFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    fn poll<'a>(&'a self, at: Scope<'a>, _trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let queued = resume::look_after(at.ctx, at.tenant, self, AT_ONCE).await?;
            counts.found += queued;
            counts.queued += queued;
            Ok(())
        })
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::stored(at, self, key))
    }
}
