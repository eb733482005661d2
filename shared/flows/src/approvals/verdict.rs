//! Draft approvals in B1: whether a draft waits for us, and giving the OA's verdict.

use serde_json::{Value, json};
use tenon_connectors::b1::B1;
use tenon_model::DocumentKey;
use tenon_model::b1::{ApprovalLine, ApprovalRequest, Verdict};
use tenon_model::config::{ApprovalProcedure, Source};
use tenon_model::link::AskedStage;
use tenon_platform::{Error, Result};

/// What giving a verdict came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// B1 shows it.
    Done,
    /// It had been given before.
    Already,
    /// The draft has no approval request at all.
    NoRequest,
    /// The request was decided otherwise, or does not wait for us; nothing was written.
    Otherwise(String),
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

/// Whether a draft may be submitted: a request of it waits, and for the approver the flow names if it
/// names one. A draft under no procedure may be too, unless the flow asks for one.
pub async fn waits_for_us(b1: &B1<'_>, source: &Source, key: &DocumentKey) -> Result<bool> {
    let requests = b1.approval_requests_of_draft(draft_number(key)?).await?;
    if requests.is_empty() {
        return Ok(source.approval == ApprovalProcedure::WhenPresent && source.approver.is_none());
    }
    let approver = approver(b1, source).await?;
    Ok(requests.iter().any(|r| waits(r, approver)))
}

/// What is to be done about a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Decide on this stage of this request, of which so many lines show the verdict already.
    Decide(AskedStage, usize),
    /// Nothing is left to do.
    Settled(Given),
}

/// Looks where the draft's request stands. `asked` is the stage an earlier attempt was about to
/// decide: a request that has left it has another stage's approvers waiting, who are not answered
/// with this verdict, even when they are the same user.
pub async fn look(
    b1: &B1<'_>,
    source: &Source,
    key: &DocumentKey,
    verdict: Verdict,
    asked: Option<AskedStage>,
) -> Result<Next> {
    let requests = b1.approval_requests_of_draft(draft_number(key)?).await?;
    let approver = approver(b1, source).await?;
    if let Some(asked) = asked
        && let Some(request) = requests.iter().find(|r| r.code == asked.request)
        && request.current_stage != asked.stage
        && shown(request, asked, approver, verdict) > 0
    {
        return Ok(Next::Settled(Given::Already));
    }
    let waiting = |r: &&ApprovalRequest| {
        waits(r, approver) && asked.is_none_or(|a| a.request != r.code || a.stage == r.current_stage)
    };
    if let Some(request) = requests.iter().rfind(waiting) {
        let asked = AskedStage { request: request.code, stage: request.current_stage };
        return Ok(Next::Decide(asked, shown(request, asked, approver, verdict)));
    }
    Ok(Next::Settled(match requests.last() {
        None => Given::NoRequest,
        Some(newest) if has_taken(newest, approver, verdict) => Given::Already,
        Some(newest) => Given::Otherwise(format!(
            "approval request {} stands at {} and does not wait for this decision",
            newest.code, newest.status
        )),
    }))
}

/// Decides on the stage and reads it back. `before` lines of it showed the verdict already.
pub async fn give(
    b1: &B1<'_>,
    source: &Source,
    (asked, before): (AskedStage, usize),
    verdict: Verdict,
    remarks: &str,
) -> Result<Given> {
    let approver = approver(b1, source).await?;
    b1.decide(asked.request, verdict, remarks).await?;
    // B1 may delete a request whose draft was turned into a document; then there is nothing to read.
    match b1.approval_request(asked.request).await? {
        None => Ok(Given::Done),
        Some(after) if has_taken(&after, None, verdict) || shown(&after, asked, approver, verdict) > before => {
            Ok(Given::Done)
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

/// How many lines of the stage show the verdict: only the approver's own, when the flow names one.
fn shown(request: &ApprovalRequest, asked: AskedStage, approver: Option<i64>, verdict: Verdict) -> usize {
    let of_stage = |line: &&ApprovalLine| {
        line.status == verdict.word()
            && (asked.stage.is_none() || line.stage_code.is_none() || line.stage_code == asked.stage)
            && approver.is_none_or(|user| line.user_id == Some(user))
    };
    request.lines.iter().filter(of_stage).count()
}

/// Whether the request, or the approver's own line while other stages are open, shows the verdict.
fn has_taken(request: &ApprovalRequest, approver: Option<i64>, verdict: Verdict) -> bool {
    let whole = match verdict {
        Verdict::Approved => request.is_approved(),
        Verdict::NotApproved => request.status == verdict.request_status(),
    };
    let own_line = approver
        .is_some_and(|user| request.lines.iter().any(|l| l.user_id == Some(user) && l.status == verdict.word()));
    whole || own_line
}

/// What the run history keeps of it.
pub fn note(given: &Given) -> Value {
    match given {
        Given::Done => json!({ "decided": true }),
        Given::Already => json!({ "already": true }),
        Given::NoRequest => json!({ "request": "none" }),
        Given::Otherwise(why) => json!({ "not_written": why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(status: &str, lines: &[(i64, &str)]) -> ApprovalRequest {
        serde_json::from_value(json!({
            "Code": 1, "Status": status,
            "ApprovalRequestLines": lines.iter().map(|(u, s)| json!({"UserID": u, "Status": s})).collect::<Vec<_>>()
        }))
        .unwrap()
    }

    #[test]
    fn an_approvers_own_line_counts_while_other_stages_are_open() {
        let request = request("arsPending", &[(5, "ardApproved"), (6, "ardPending")]);
        assert!(has_taken(&request, Some(5), Verdict::Approved));
        assert!(!has_taken(&request, Some(6), Verdict::Approved));
        assert!(!has_taken(&request, Some(5), Verdict::NotApproved));
        assert!(!has_taken(&request, None, Verdict::Approved));
    }

    #[test]
    fn a_stage_that_was_decided_shows_it_after_the_next_has_opened() {
        let request: ApprovalRequest = serde_json::from_value(json!({
            "Code": 1, "Status": "arsPending", "CurrentStage": 12,
            "ApprovalRequestLines": [
                { "StageCode": 11, "UserID": 7, "Status": "ardApproved" },
                { "StageCode": 12, "UserID": 7, "Status": "ardPending" },
            ]
        }))
        .unwrap();
        let at = |stage| AskedStage { request: 1, stage: Some(stage) };
        assert_eq!(shown(&request, at(11), None, Verdict::Approved), 1);
        assert_eq!(shown(&request, at(12), None, Verdict::Approved), 0);
        assert_eq!(shown(&request, at(11), Some(8), Verdict::Approved), 0);
    }

    #[test]
    fn a_generated_request_was_approved() {
        assert!(has_taken(&request("arsGenerated", &[]), None, Verdict::Approved));
        assert!(!has_taken(&request("arsCancelled", &[]), None, Verdict::NotApproved));
    }
}
