//! B1's approval procedures: whether a draft waits for us, and giving the OA's verdict to the request that people
//! were shown, and to no other.

mod of_page;

pub(crate) use of_page::of_page;

use super::B1;
use crate::erp::{self, Given, Next, PendingRequest, Requested, Waiting};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_model::DocumentKey;
use tenon_model::b1::{ApprovalDecision, ApprovalLine, ApprovalRequest, cut_remarks, object_type_of};
use tenon_model::config::{ApprovalProcedure, Source};
use tenon_model::link::{ErpRequest, Progress, Shown};
use tenon_model::oa::Outcome;
use tenon_platform::{Error, ErrorKind, Result};

/// The stage of an approval request that a decision is meant for: what the link keeps as progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RequestStage {
    /// The request's code.
    request: i64,
    /// Its `CurrentStage` before the decision was sent.
    stage: Option<i64>,
}

impl RequestStage {
    fn of(progress: &Progress) -> Result<Self> {
        Self::deserialize(&progress.0).map_err(|e| {
            let message = format!("the approval stage that a decision was about to be given to cannot be read: {e}");
            Error::permanent("config.stored", message)
        })
    }

    fn progress(self) -> Progress {
        Progress(serde_json::json!({ "request": self.request, "stage": self.stage }))
    }
}

/// The verdict of an outcome.
pub(crate) fn approval_decision_of(outcome: Outcome) -> ApprovalDecision {
    if outcome == Outcome::Agreed { ApprovalDecision::Approved } else { ApprovalDecision::NotApproved }
}

/// A decision in B1's words.
pub(crate) fn words(outcome: Outcome, remarks: &str) -> (&'static str, &str) {
    (approval_decision_of(outcome).word(), cut_remarks(remarks))
}

fn draft_number(key: &DocumentKey) -> Result<i64> {
    match key {
        DocumentKey::Number(number) => Ok(*number),
        DocumentKey::Text(text) => Err(Error::permanent(
            "flow.key",
            format!("a draft's key is a number, and {text:?} was given; see source.key"),
        )),
    }
}

async fn approver(b1: &B1<'_>, source: &Source) -> Result<Option<i64>> {
    match &source.approver {
        Some(user) => Ok(Some(b1.user_key(user).await?)),
        None => Ok(None),
    }
}

fn waits(request: &ApprovalRequest, approver: Option<i64>) -> bool {
    request.is_pending() && approver.is_none_or(|user| request.waiting_line(user).is_some())
}

/// How sure it is that a request is one of this draft: numbers of drafts repeat between kinds of draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kinship {
    /// It names no kind that can be compared.
    Unclear,
    /// The kind of document is the same.
    SameObject,
    /// The kind of draft is the same.
    SameDraft,
    /// Both are.
    Both,
}

/// How a request with this draft's number is related to it; `None` when it is another draft's.
fn kinship(request: &ApprovalRequest, draft_type: Option<&str>, object_type: Option<&str>) -> Option<Kinship> {
    let draft = request.draft_type.as_deref().zip(draft_type).map(|(theirs, ours)| theirs == ours);
    // Some sites give the kind of draft in both places.
    let theirs = request.object_type.as_deref().filter(|kind| Some(*kind) != draft_type);
    let object = theirs.zip(object_type).map(|(theirs, ours)| theirs == ours);
    match (draft, object) {
        (Some(false), _) | (None, Some(false)) => None,
        (Some(true), Some(true)) => Some(Kinship::Both),
        (Some(true), _) => Some(Kinship::SameDraft),
        (None, Some(true)) => Some(Kinship::SameObject),
        (None, None) => Some(Kinship::Unclear),
    }
}

/// The requests of a draft, oldest first.
async fn requests(
    b1: &B1<'_>,
    source: &Source,
    key: &DocumentKey,
    entity: &Map<String, Value>,
) -> Result<Vec<(Kinship, ApprovalRequest)>> {
    let object = match entity.get("DocObjectCode") {
        Some(Value::String(code)) => Some(code.clone()),
        Some(Value::Number(code)) => Some(code.to_string()),
        _ => None,
    };
    let object_type = object.as_deref().and_then(object_type_of);
    let all = b1.approval_requests_of_draft(draft_number(key)?).await?;
    Ok(all.into_iter().filter_map(|r| Some((kinship(&r, source.draft_type(), object_type)?, r))).collect())
}

fn request_of(request: &ApprovalRequest) -> ErpRequest {
    ErpRequest { code: request.code, stage: request.current_stage }
}

/// Looks whether a draft waits for us.
///
/// # Errors
/// `flow.request-unclear` when several requests may be the draft's and none says of which kind it is.
pub(crate) async fn waiting(
    b1: &B1<'_>,
    source: &Source,
    key: &DocumentKey,
    entity: &Map<String, Value>,
) -> Result<Waiting> {
    let requests = requests(b1, source, key, entity).await?;
    if requests.is_empty() {
        let free = source.approval == ApprovalProcedure::WhenPresent && source.approver.is_none();
        return Ok(if free { Waiting::NoProcedure } else { Waiting::No });
    }
    let approver = approver(b1, source).await?;
    let waiting: Vec<&(Kinship, ApprovalRequest)> = requests.iter().filter(|(_, r)| waits(r, approver)).collect();
    match waiting.iter().max_by_key(|(kin, r)| (*kin, r.code)) {
        None => Ok(Waiting::No),
        Some((Kinship::Unclear, _)) if waiting.len() > 1 => Err(unclear(&waiting)),
        Some((_, request)) => {
            let asked = Requested { by: request.originator_id, remarks: request.remarks.clone() };
            Ok(Waiting::For(request_of(request), asked))
        }
    }
}

fn unclear(waiting: &[&(Kinship, ApprovalRequest)]) -> Error {
    let codes: Vec<String> = waiting.iter().map(|(_, r)| r.code.to_string()).collect();
    Error::permanent(
        "flow.request-unclear",
        format!(
            "approval requests {} carry the draft's number, and neither DraftType nor ObjectType says which of them is about it; set source.draft_type",
            codes.join(" and ")
        ),
    )
}

/// Where a decision is to go, its progress understood.
#[derive(Clone, Copy, Debug)]
struct Target<'a> {
    shown: Option<&'a Shown>,
    asked: Option<RequestStage>,
}

impl Target<'_> {
    /// The request whose decision this is.
    fn code(&self) -> Option<i64> {
        self.asked.map(|asked| asked.request).or_else(|| Some(self.shown?.request.as_ref()?.code))
    }

    fn is_own(&self, request: &ApprovalRequest) -> bool {
        match (self.code(), self.shown) {
            (Some(code), _) => request.code == code,
            (None, Some(_)) => false,
            (None, None) => true,
        }
    }

    /// The stage that is answered: a flow that names its approver submits when that stage has come.
    fn stage(&self, source: &Source) -> Option<RequestStage> {
        self.asked.or_else(|| {
            source.approver.as_ref()?;
            let request = self.shown?.request.as_ref()?;
            Some(RequestStage { request: request.code, stage: request.stage })
        })
    }
}

/// Looks where the draft's request stands.
pub(crate) async fn look(
    b1: &B1<'_>,
    source: &Source,
    key: &DocumentKey,
    entity: &Map<String, Value>,
    decision: ApprovalDecision,
    target: erp::Target<'_>,
) -> Result<Next> {
    let target = Target { shown: target.shown, asked: target.asked.map(RequestStage::of).transpose()? };
    let requests = requests(b1, source, key, entity).await?;
    let approver = approver(b1, source).await?;
    Ok(next(&requests, source, approver, decision, target))
}

fn next(
    requests: &[(Kinship, ApprovalRequest)],
    source: &Source,
    approver: Option<i64>,
    decision: ApprovalDecision,
    target: Target<'_>,
) -> Next {
    let stage = target.stage(source);
    let own: Vec<&ApprovalRequest> = requests.iter().map(|(_, r)| r).filter(|r| target.is_own(r)).collect();
    if let Some(asked) = stage
        && let Some(request) = own.iter().find(|r| r.code == asked.request)
        && request.current_stage != asked.stage
        && shown(request, asked, approver, decision) > 0
    {
        return Next::Settled(Given::Already);
    }
    let open = |r: &ApprovalRequest| {
        waits(r, approver) && stage.is_none_or(|a| a.request != r.code || a.stage == r.current_stage)
    };
    let decide = |request: &ApprovalRequest| {
        let asked = RequestStage { request: request.code, stage: request.current_stage };
        let before = shown(request, asked, approver, decision);
        PendingRequest { request: request_of(request), progress: asked.progress(), before }
    };
    if let Some(request) = own.iter().rfind(|r| open(r)) {
        return Next::Decide(decide(request));
    }
    let taken = own.last().is_some_and(|r| has_taken(r, approver, decision));
    if taken && target.asked.is_some() {
        return Next::Settled(Given::Already);
    }
    let others = requests.iter().filter(|(kin, r)| *kin > Kinship::Unclear && !target.is_own(r) && waits(r, approver));
    if let Some((_, other)) = others.max_by_key(|(kin, r)| (*kin, r.code)) {
        let was = match (own.last(), target.code()) {
            (Some(own), _) => format!("{} ({})", own.code, own.status),
            (None, Some(code)) => format!("{code} (gone)"),
            (None, None) => "none".to_owned(),
        };
        return Next::Replaced { was, now: request_of(other), decide: decide(other) };
    }
    Next::Settled(match (own.last(), target.code()) {
        (Some(_), _) if taken => Given::Already,
        (Some(own), _) => Given::Otherwise(format!(
            "approval request {} stands at {} and does not wait for this decision",
            own.code, own.status
        )),
        // B1 deletes a request when its draft is added.
        (None, Some(_)) if target.asked.is_some() => Given::Already,
        (None, Some(code)) => Given::Otherwise(format!("approval request {code} is not in B1 any more")),
        (None, None) => match requests.last() {
            None => Given::NoRequest,
            Some((_, other)) => Given::Otherwise(format!(
                "approval request {} stands at {} and was not there when the document was submitted",
                other.code, other.status
            )),
        },
    })
}

/// Decides on the stage and reads it back.
pub(crate) async fn give(
    b1: &B1<'_>,
    source: &Source,
    pending: &PendingRequest,
    decision: ApprovalDecision,
    remarks: &str,
) -> Result<()> {
    let asked = RequestStage::of(&pending.progress)?;
    let approver = approver(b1, source).await?;
    if let Err(error) = b1.decide(asked.request, decision, remarks).await {
        return Err(overtaken(b1, asked, error).await);
    }
    // B1 may delete a request whose draft was turned into a document; then there is nothing to read.
    match b1.approval_request(asked.request).await? {
        None => Ok(()),
        Some(after)
            if has_taken(&after, None, decision) || shown(&after, asked, approver, decision) > pending.before =>
        {
            Ok(())
        }
        Some(after) => Err(Error::transient(
            "b1.decision-not-taken",
            format!(
                "B1 accepted the decision on approval request {}, but the request still shows {}; is the connection's \
                 user an approver of the current stage?",
                after.code, after.status
            ),
        )),
    }
}

/// A refused decision may only mean that the request was decided or withdrawn since it was read.
async fn overtaken(b1: &B1<'_>, asked: RequestStage, error: Error) -> Error {
    if error.kind() != ErrorKind::Refused {
        return error;
    }
    match b1.approval_request(asked.request).await {
        Ok(Some(now)) if now.is_pending() && now.current_stage == asked.stage => error,
        Ok(_) => Error::transient(
            "flow.request-moved",
            format!("approval request {} moved on while it was decided; it is looked at again", asked.request),
        ),
        Err(_) => error,
    }
}

/// How many lines of the stage show the verdict: only the approver's own, when the flow names one.
fn shown(request: &ApprovalRequest, asked: RequestStage, approver: Option<i64>, decision: ApprovalDecision) -> usize {
    let of_stage = |line: &&ApprovalLine| {
        line.status == decision.word()
            && (asked.stage.is_none() || line.stage_code.is_none() || line.stage_code == asked.stage)
            && approver.is_none_or(|user| line.user_id == Some(user))
    };
    request.lines.iter().filter(of_stage).count()
}

/// Whether the request, or the approver's own line while other stages are open, shows the verdict.
fn has_taken(request: &ApprovalRequest, approver: Option<i64>, decision: ApprovalDecision) -> bool {
    let whole = match decision {
        ApprovalDecision::Approved => request.is_approved(),
        ApprovalDecision::NotApproved => request.status == decision.request_status(),
    };
    let own_line = approver
        .is_some_and(|user| request.lines.iter().any(|l| l.user_id == Some(user) && l.status == decision.word()));
    whole || own_line
}

#[cfg(test)]
mod tests;
