//! Document flows as a kind of flow.

use super::record::{self, Name};
use super::{LEASE, fresh, left, preview, promise};
use crate::compare::{self, Findings};
use crate::decisions::message::Operator;
use crate::kinds::{Begins, Caught, Kind, ResumePoint, Retried, Scope};
use crate::missed::{self, Forms};
use crate::retrying;
use crate::unit_failures::{UnitKind, Units};
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::DocumentFlow;
use tenon_model::document::{DocumentRecord, DocumentState};
use tenon_model::link::Acceptance;
use tenon_model::run::Run;
use tenon_model::{DocumentKey, InstanceId};
use tenon_platform::table::{Expect, Write};
use tenon_platform::{Error, Result};

/// Records that one reconciliation looks after, at most.
const AT_ONCE: u32 = 50;

impl Kind for DocumentFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::External(
            "begins in the OA, so there is nothing to look for; it runs when a document is pushed or a form approved",
        )
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(compare::document(at, self))
    }

    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(preview::preview(at, self, key))
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
            if accept.is_some() {
                let id = &run.id;
                let message =
                    format!("run {id} holds no decision back for a change; `tenon show {id}` says how it stands");
                return Err(Error::permanent("run.not-on-hold", message));
            }
            let request = run.instance.clone().unwrap_or_default();
            let name = Name { tenant: at.tenant, oa: &self.oa, flow: &self.id, request: &request };
            let known = record::get(at.ctx, name).await?.map(|stored| stored.data);
            if let Some(record) = known.as_ref().filter(|record| record.run != run.id) {
                let message = format!(
                    "run {} is of an earlier push of request {request}; the latest is run {}",
                    run.id, record.run
                );
                return Err(Error::permanent("run.superseded", message));
            }
            let record = match known {
                Some(record) => record,
                None => fresh(at.ctx, at.loaded, self, &request)?,
            };
            let text = format!("request {request} is queued, and goes on from what is stored");
            let wished = left(at.ctx, &record, Some(Operator { accept: None, seen: None }));
            retrying::record_and_queue(at.ctx, at.tenant, run, &text, wished).await?;
            Ok(Retried::PutBack(text))
        })
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move {
            let request = run.instance.clone().unwrap_or_default();
            let name = Name { tenant: at.tenant, oa: &self.oa, flow: &self.id, request: &request };
            let first = if self.form.template.is_some() { "read instance" } else { "map" };
            let known = record::get(at.ctx, name).await?.map(|stored| stored.data);
            Ok(match known {
                Some(record) if record.run != run.id => ResumePoint::Nothing,
                Some(record) if record.state.is_unclear() => ResumePoint::looking("look for document"),
                Some(record) if matches!(record.state, DocumentState::Created | DocumentState::Closed) => {
                    ResumePoint::Nothing
                }
                _ => ResumePoint::from(first),
            })
        })
    }

    /// Documents whose work was lost, and forms whose approval nothing was heard of.
    fn reconcile<'a>(&'a self, at: Scope<'a>, units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move {
            let unit = format!("documents of {}", self.id);
            let mut caught = Caught::default();
            if units.is_due(&unit) {
                let outcome = Box::pin(look_after(at, self)).await;
                caught.missed += units.note(&unit, UnitKind::Flow, outcome).await.unwrap_or_default();
            }
            let unit = format!("flow {}", self.id);
            let Some(template) = self.form.template.as_deref().filter(|_| self.enabled && units.is_due(&unit)) else {
                return caught;
            };
            let forms = Forms { flow: &self.id, oa: &self.oa, template };
            let name =
                |id: &InstanceId| Name { tenant: at.tenant, oa: &self.oa, flow: &self.id, request: id.as_str() }.key();
            let ended = |id: &InstanceId, key| {
                let record = fresh(at.ctx, at.loaded, self, id.as_str())?;
                let message = Some("the form ended without approval".to_owned());
                let record = DocumentRecord { state: DocumentState::Closed, message, ..record };
                Write::put(key, &record, Expect::AbsentAt(at.ctx.now_ms()))
            };
            let outcome = Box::pin(missed::find(at, forms, units, name, ended)).await;
            if let Some((looked_up, missed)) = units.note(&unit, UnitKind::Flow, outcome).await {
                caught.looked_up += looked_up;
                caught.missed += missed;
            }
            caught
        })
    }
}

/// Queues what has work left and nobody to do it: its worker died, or its message was lost.
async fn look_after(at: Scope<'_>, flow: &DocumentFlow) -> Result<u64> {
    let mut queued = 0;
    for due in record::due(at.ctx, at.tenant, &flow.id, AT_ONCE).await? {
        // The index lags; what counts is the record.
        let name = Name { tenant: at.tenant, oa: &due.data.oa, flow: &flow.id, request: &due.data.request };
        let Some(stored) = record::get(at.ctx, name).await? else { continue };
        let left = stored.data.state.is_open() || stored.data.lease.is_some();
        if !left || stored.data.check_after_ms > at.ctx.now_ms() {
            continue;
        }
        let Some(held) = record::take(at.ctx, at.tenant, stored, LEASE, |_| {}).await? else { continue };
        let promised = promise(at.ctx, at.tenant, &held.record)?;
        record::hand_on(held, at.ctx, promised).await?;
        queued += 1;
    }
    Ok(queued)
}
