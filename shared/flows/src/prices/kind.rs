//! Price flows as a kind of flow.

use super::{Applied, applied_key};
use crate::compare::{self, Findings};
use crate::kinds::{Begins, Caught, Kind, ResumePoint, Retried, Scope};
use crate::messages::looked_up;
use crate::missed::{self, Forms};
use crate::retrying;
use crate::unit_failures::{UnitKind, Units};
use futures::future::BoxFuture;
use tenon_model::config::PriceFlow;
use tenon_model::link::Acceptance;
use tenon_model::oa::Outcome;
use tenon_model::run::Run;
use tenon_model::{InstanceId, RunId};
use tenon_platform::table::{Expect, Write};
use tenon_platform::{Error, Result};

impl Kind for PriceFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::External("begins in the OA, so there is nothing to look for; it runs when a form is approved")
    }

    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(compare::price(at, self))
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
            if accept.is_some() {
                let id = &run.id;
                let message =
                    format!("run {id} holds no decision back for a change; `tenon show {id}` says how it stands");
                return Err(Error::permanent("run.not-on-hold", message));
            }
            let text = "the form's prices are queued".to_owned();
            let instance = InstanceId::new(run.instance.clone().unwrap_or_default());
            let template = Some(self.form.template.clone());
            let write_back = looked_up(at.ctx, &self.oa, instance, template, Outcome::Agreed);
            retrying::record_and_queue(at.ctx, at.tenant, run, &text, write_back).await?;
            Ok(Retried::PutBack(text))
        })
    }

    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move {
            let instance = InstanceId::new(run.instance.clone().unwrap_or_default());
            let applied = at.ctx.table.get::<Applied>(&applied_key(at.tenant, self, &instance)).await?;
            // Each price is read before it is written, and left alone where it is as the form says.
            Ok(match applied {
                Some(applied) if applied.data.done => ResumePoint::Nothing,
                _ => ResumePoint::looking("read instance"),
            })
        })
    }

    /// Forms whose approval nothing was heard of.
    fn reconcile<'a>(&'a self, at: Scope<'a>, units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move {
            let unit = format!("flow {}", self.id);
            if !self.enabled || !units.is_due(&unit) {
                return Caught::default();
            }
            let forms = Forms { flow: &self.id, oa: &self.oa, template: &self.form.template };
            let ended = |_: &InstanceId, key| {
                let ended = Applied { run: RunId::new(""), started_ms: at.ctx.now_ms(), done: true };
                Write::put(key, &ended, Expect::AbsentAt(at.ctx.now_ms()))
            };
            let record = |id: &InstanceId| applied_key(at.tenant, self, id);
            let outcome = Box::pin(missed::find(at, forms, units, record, ended)).await;
            let found = units.note(&unit, UnitKind::Flow, outcome).await;
            found.map_or_else(Caught::default, |(looked_up, missed)| Caught { looked_up, missed, ..Caught::default() })
        })
    }
}
