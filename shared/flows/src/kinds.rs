//! What a kind of flow can do. The schedule, the operator's commands, the comparison with forms and documents and
//! the reconciliation reach every kind through [`of`]; a new kind is a variant of [`Flow`] and an implementation
//! of [`Kind`], and the compiler leads to both.

use crate::compare::Findings;
use crate::poll::Counts;
pub use crate::resume_point::{ResumePoint, Retried};
use crate::unit_failures::Units;
use futures::future::BoxFuture;
use serde_json::Value;
use tenon_model::config::Flow;
use tenon_model::link::Acceptance;
use tenon_model::run::{Run, Trigger};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// What a flow works with.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The process.
    pub ctx: &'a Context,
    /// Whose flow it is.
    pub tenant: &'a TenantId,
    /// The tenant's configuration.
    pub loaded: &'a Loaded,
}

/// How the work of a flow begins.
pub enum Begins<'a> {
    /// It looks for work by itself.
    Polling(&'a dyn Polls),
    /// It is told of its work; in words for the operator who asks it to look for some.
    External(&'static str),
}

/// What the reconciliation of a flow caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// What was looked up outside.
    pub looked_up: u64,
    /// Of these, work nothing was heard of, which is queued now.
    pub missed: u64,
    /// Runs that were still shown as under way, and whose documents were done with.
    pub ended: u64,
}

/// A kind of flow. Its futures are boxed as those of [`Job`](tenon_platform::job::Job), for the same reason.
pub trait Kind: Send + Sync {
    /// How its work begins.
    fn begins(&self) -> Begins<'_>;

    /// Holds what it maps against what there is outside.
    fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<Findings>>;

    /// Reads and maps one document, or the first that is found, and says what would be written. Writes nothing.
    ///
    /// # Errors
    /// `flow.kind` for a kind that has nothing to show.
    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            match self.begins() {
                Begins::Polling(polls) => polls.preview(at, key).await,
                Begins::External(how) => Err(Error::permanent("flow.kind", format!("this flow {how}"))),
            }
        })
    }

    /// The same for a body that another system pushes.
    ///
    /// # Errors
    /// `flow.kind` for a kind that nobody pushes to.
    fn preview_pushed<'a>(&'a self, _at: Scope<'a>, _body: &'a [u8]) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            let message = "nobody pushes bodies to a flow of this kind; leave --body out";
            Err(Error::permanent("flow.kind", message))
        })
    }

    /// Puts the work of a run that has not succeeded back on its queue. `accept` is the operator's word that what
    /// the run holds back for is to be done all the same. Says what was done.
    fn retry<'a>(&'a self, at: Scope<'a>, run: &'a Run, accept: Option<Acceptance>) -> BoxFuture<'a, Result<Retried>>;

    /// From which step [`retry`](Self::retry) would have the run go on, by what is stored. Looks at nothing outside.
    fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>>;

    /// Finds what was missed. Each unit that fails is noted with the others and stops nothing else.
    fn reconcile<'a>(&'a self, at: Scope<'a>, units: &'a mut Units<'_>) -> BoxFuture<'a, Caught>;
}

/// Which function looks for a flow's work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// That of documents, decisions and base data.
    #[default]
    Approvals,
    /// That of a factory's MES.
    Manufacturing,
}

/// A kind of flow that looks for work by itself.
pub trait Polls: Send + Sync {
    /// Where it looks. Flows of one connection are polled in turn, and none while the connection is out.
    fn connection(&self) -> &ConnectionId;

    /// Which function looks for it.
    fn schedule(&self) -> Schedule {
        Schedule::default()
    }

    /// Finds work and queues it.
    fn poll<'a>(&'a self, at: Scope<'a>, trigger: Trigger, counts: &'a mut Counts) -> BoxFuture<'a, Result<()>>;

    /// Reads and maps one document, or the first that is found, and says what would be written. Writes nothing.
    fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>>;
}

/// What a flow can do.
pub fn of(flow: &Flow) -> &dyn Kind {
    match flow {
        Flow::Approval(flow) => flow,
        Flow::Price(flow) => flow,
        Flow::Document(flow) => flow,
        Flow::BaseData(flow) => flow,
        Flow::Plm(flow) => flow.as_ref(),
        Flow::MesItems(flow) => flow,
        Flow::MesWorkOrders(flow) => flow,
        Flow::ProductionReceipts(flow) => flow,
        Flow::ProductionIssues(flow) => flow,
        Flow::DirectoryPull(flow) => flow,
        Flow::DirectoryPush(flow) => flow,
        Flow::DataSync(flow) => flow.as_ref(),
    }
}

/// A flow that looks for work by itself.
///
/// # Errors
/// `flow.kind` for one that is told of its work.
pub fn polling<'a>(id: &FlowId, flow: &'a Flow) -> Result<&'a dyn Polls> {
    match of(flow).begins() {
        Begins::Polling(polls) => Ok(polls),
        Begins::External(how) => Err(Error::permanent("flow.kind", format!("flow {id} {how}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kind_polls_or_says_how_it_is_told_of_its_work() {
        let form = json!({"template": "P"});
        let approval = json!({"id": "f", "kind": "approval", "erp": "b1", "oa": "ding", "source": {}, "form": form});
        let price = json!({"id": "q", "kind": "price", "erp": "b1", "oa": "ding", "form": form});
        let flow = |value| serde_json::from_value::<Flow>(value).unwrap();
        let (approval, price) = (flow(approval), flow(price));
        assert_eq!(polling(approval.id(), &approval).unwrap().connection().as_str(), "b1");
        let error = polling(price.id(), &price).err().unwrap();
        assert_eq!(error.code, "flow.kind");
        assert!(error.message.starts_with("flow q begins in the OA"), "{error}");
    }
}
