//! Pushes of the directory as a kind of flow.

use super::read::{Found, everything};
use super::work::odoo;
use crate::compare::Findings;
use crate::directory_pull::begin;
use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Scope};
use crate::poll::Counts;
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tenon_model::config::DirectoryPushFlow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::{Error, Result};

impl Kind for DirectoryPushFlow {
    fn begins(&self) -> Begins<'_> {
        Begins::Polling(self)
    }

    /// Whether everything can be read. Writes nothing.
    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>> {
        Box::pin(async move {
            let mut findings = Findings::default();
            let client = odoo(at.ctx, at.tenant, at.loaded, &self.erp)?;
            match Box::pin(everything(&client, self)).await {
                Ok(all) => {
                    findings.compared.push(format!(
                        "{} departments and {} employees",
                        all.departments.len(),
                        all.people.len()
                    ));
                    let wrong = all
                        .departments
                        .iter()
                        .chain(&all.people)
                        .filter_map(|one| Some((&one.code, one.wrong.as_ref()?)));
                    let text = wrong.take(5).map(|(code, why)| format!("{code} is not pushed: {why}"));
                    findings.warnings.extend(text);
                }
                Err(error) => findings.problems.push(format!("departments and employees cannot be read: {error}")),
            }
            Ok(findings)
        })
    }

    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>> {
        Box::pin(async move {
            if accept.is_some() {
                let message = format!("run {} holds back for nothing that could be accepted; retry it without", run.id);
                return Err(Error::permanent("run.not-on-hold", message));
            }
            let mut counts = Counts::default();
            begin::begin(at, &self.id, Trigger::Operator, &mut counts).await?;
            Ok(match counts.queued {
                0 => Retried::Nothing("another push is under way".to_owned()),
                _ => Retried::PutBack("another push is begun".to_owned()),
            })
        })
    }

    fn resume_point<'a>(&'a self, _at: Scope<'a>, _run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
        Box::pin(async move { Ok(ResumePoint::Anew) })
    }

    /// Nothing is told from outside: the next push sees what changed.
    fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
        Box::pin(async move { Caught::default() })
    }
}

impl Polls for DirectoryPushFlow {
    fn connection(&self) -> &ConnectionId {
        &self.erp
    }

    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>> {
        Box::pin(begin::begin(at, &self.id, trigger, counts))
    }

    /// The first records as they would be pushed, or the one of a code. Writes nothing.
    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let client = odoo(at.ctx, at.tenant, at.loaded, &self.erp)?;
            let all = Box::pin(everything(&client, self)).await?;
            let key = key.map(|key| key.to_string());
            let shown = |found: &[Found]| -> Vec<Value> {
                let wanted = found.iter().filter(|one| key.as_ref().is_none_or(|key| one.code == *key)).take(5);
                wanted.map(|one| json!({ "body": one.body, "above": one.above, "wrong": one.wrong })).collect()
            };
            Ok(json!({ "flow": self.id, "departments": shown(&all.departments), "people": shown(&all.people),
            "all": { "departments": all.departments.len(), "people": all.people.len() } }))
        })
    }
}
