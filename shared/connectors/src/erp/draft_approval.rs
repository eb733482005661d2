//! An ERP's own approval of drafts: which request of a draft waits for the OA's decision, and giving it to the
//! request that people were shown, and to no other.

use crate::b1::draft_approval as b1;
use crate::b1::{B1, adding};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use tenon_model::DocumentKey;
use tenon_model::config::Source;
use tenon_model::link::{ErpRequest, Progress, Shown};
use tenon_model::oa::Outcome;
use tenon_platform::{Error, Result};

use super::Place;

/// An ERP's own approval of drafts.
#[derive(Clone, Copy)]
pub enum DraftApproval<'e> {
    /// B1's approval procedures.
    B1(&'e B1<'e>),
}

/// Who asked for approval, and with what words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requested {
    /// The ERP user's internal key.
    pub by: Option<i64>,
    /// The words.
    pub remarks: Option<String>,
}

/// Whether a draft may be submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// This request of it waits, for the approver the flow names if it names one.
    For(ErpRequest, Requested),
    /// It is under no procedure, and the flow asks for none.
    NoProcedure,
    /// It does not wait for us.
    No,
}

impl Waiting {
    /// Whether the draft may be submitted.
    pub fn is_due(&self) -> bool {
        *self != Self::No
    }

    /// The request.
    pub fn request(self) -> Option<ErpRequest> {
        match self {
            Self::For(request, _) => Some(request),
            Self::NoProcedure | Self::No => None,
        }
    }

    /// Who asked.
    pub fn requester(&self) -> Requested {
        match self {
            Self::For(_, asked) => asked.clone(),
            Self::NoProcedure | Self::No => Requested::default(),
        }
    }
}

/// What giving a decision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The ERP shows it.
    Done,
    /// It had been given before.
    Already,
    /// The draft has no approval request at all.
    NoRequest,
    /// The request was decided otherwise, or does not wait for us; nothing was written.
    Otherwise(String),
}

/// A request that a decision can be given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRequest {
    /// The request.
    pub request: ErpRequest,
    /// How far it has come, to be stored before the decision is given.
    pub progress: Progress,
    /// So many of its lines show the decision already.
    pub(crate) before: usize,
}

/// What is to be done about a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Give it to this request.
    Decide(PendingRequest),
    /// The request that people were shown does not wait any more, and another does: the draft was handed in
    /// again.
    Replaced {
        /// What became of the former one.
        was: String,
        /// The one that waits.
        now: ErpRequest,
        /// To be decided if that is wanted all the same.
        decide: PendingRequest,
    },
    /// Nothing is left to do.
    Settled(Given),
}

impl Next {
    /// What the run history keeps of it.
    pub fn note(&self) -> Value {
        match self {
            Self::Decide(pending) => json!({ "request": pending.request.code, "waits": true }),
            Self::Replaced { was, now, .. } => json!({ "was": was, "request": now.code }),
            Self::Settled(Given::Already) => json!({ "already": true }),
            Self::Settled(Given::NoRequest) => json!({ "request": "none" }),
            Self::Settled(Given::Otherwise(why)) => json!({ "not_written": why }),
            Self::Settled(Given::Done) => json!({ "decided": true }),
        }
    }
}

/// Where a draft stands on its way to the document that it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adding {
    /// It is approved and open: it may be added.
    Due,
    /// It shows that its document exists.
    Done,
    /// It is not to be added, and why.
    Refused(String),
}

/// Where a decision is to go.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// What people were shown; nothing for links from before that was kept.
    pub shown: Option<&'a Shown>,
    /// How far the request had come that an earlier attempt was about to decide: one that has come further has
    /// another stage's approvers waiting, who are not answered with this decision, even when they are the same user.
    pub asked: Option<&'a Progress>,
}

/// What a page's drafts have for requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OfPage {
    /// Drafts of which none waits for the flow.
    pub not_due: HashSet<DocumentKey>,
    /// The requests of the others as the ERP gives them, for [`Erp::expect`](super::Erp::expect).
    pub requests: HashMap<DocumentKey, Vec<Value>>,
}

impl DraftApproval<'_> {
    /// Looks whether a draft waits for us.
    ///
    /// # Errors
    /// `flow.request-unclear` when several requests may be the draft's and none says of which kind it is.
    pub async fn waiting(&self, source: &Source, key: &DocumentKey, draft: &Map<String, Value>) -> Result<Waiting> {
        match self {
            Self::B1(client) => Box::pin(b1::waiting(client, source, key, draft)).await,
        }
    }

    /// Reads the requests of a page's drafts together. `None` when each is to be judged by itself.
    pub async fn of_page(&self, source: &Source, drafts: &[DocumentKey]) -> Result<Option<OfPage>> {
        match self {
            Self::B1(client) => Box::pin(b1::of_page(client, source, drafts)).await,
        }
    }

    /// A draft and its requests will both be read: whichever is read first may bring the other.
    pub fn will_read(&self, place: &Place) {
        match self {
            Self::B1(client) => {
                if let Some(draft) = place.number() {
                    client.pair(place.entity(), draft);
                }
            }
        }
    }

    /// After a decision this change will be made; if it can share the decision's call it is made with it, and the
    /// later [`update`](super::Erp::update) makes no call.
    pub fn will_update(&self, place: &Place, fields: Value) {
        match self {
            Self::B1(client) => client.will_change(place.entity(), fields),
        }
    }

    /// Looks where the draft's request stands.
    pub async fn look(
        &self,
        source: &Source,
        key: &DocumentKey,
        draft: &Map<String, Value>,
        outcome: Outcome,
        target: Target<'_>,
    ) -> Result<Next> {
        match self {
            Self::B1(client) => {
                Box::pin(b1::look(client, source, key, draft, b1::approval_decision_of(outcome), target)).await
            }
        }
    }

    /// A decision in the ERP's words: its status, and its remarks as long as it takes them.
    pub fn words<'r>(&self, outcome: Outcome, remarks: &'r str) -> (&'static str, &'r str) {
        match self {
            Self::B1(_) => b1::words(outcome, remarks),
        }
    }

    /// Where a draft stands on its way to its document, as it was just read. `with_batches` lets those pass whose
    /// lines have batch or serial numbers.
    pub async fn adding(&self, draft: &Map<String, Value>, with_batches: bool) -> Result<Adding> {
        match self {
            Self::B1(client) => Box::pin(adding::adding(client, draft, with_batches)).await,
        }
    }

    /// Makes a draft its document, once. Returns the document's key where the ERP names it; that it exists is shown
    /// by the draft alone.
    ///
    /// # Errors
    /// Of class `UnknownOutcome` when it may have been made.
    pub async fn add(&self, place: &Place) -> Result<Option<String>> {
        match self {
            Self::B1(client) => {
                let draft = place.number().ok_or_else(|| {
                    Error::permanent("flow.key", "a draft's key is a number, and another was given; see source.key")
                })?;
                Box::pin(adding::add(client, draft)).await
            }
        }
    }

    /// Why approved drafts of this company could not be added whatever they are; `None` when they can.
    pub async fn cannot_add(&self) -> Result<Option<String>> {
        match self {
            Self::B1(client) => Ok(match Box::pin(client.procedures_hold()).await?.as_deref() {
                Some("tYES") => None,
                _ => Some(
                    "the company's EnableApprovalProcedureInDI is off or not told, so no approved draft is added"
                        .to_owned(),
                ),
            }),
        }
    }

    /// Gives a decision to the request, and reads it back.
    ///
    /// # Errors
    /// `flow.request-moved` when it was decided or withdrawn since it was looked at.
    pub async fn give(&self, source: &Source, pending: &PendingRequest, outcome: Outcome, remarks: &str) -> Result<()> {
        match self {
            Self::B1(client) => {
                Box::pin(b1::give(client, source, pending, b1::approval_decision_of(outcome), remarks)).await
            }
        }
    }
}
