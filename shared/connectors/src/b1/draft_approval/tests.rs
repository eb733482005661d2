use super::*;
use serde_json::json;

fn request(status: &str, lines: &[(i64, &str)]) -> ApprovalRequest {
    serde_json::from_value(json!({
        "Code": 1, "Status": status,
        "ApprovalRequestLines": lines.iter().map(|(u, s)| json!({"UserID": u, "Status": s})).collect::<Vec<_>>()
    }))
    .unwrap()
}

fn of(code: i64, status: &str, draft_type: &str, object_type: &str) -> ApprovalRequest {
    let text = |t: &str| if t.is_empty() { Value::Null } else { Value::from(t) };
    serde_json::from_value(json!({
        "Code": code, "Status": status, "DraftEntry": 5, "DraftType": text(draft_type), "ObjectType": text(object_type)
    }))
    .unwrap()
}

#[test]
fn a_request_of_another_kind_is_another_drafts() {
    let kin = |draft: &str, object: &str| kinship(&of(1, "arsPending", draft, object), Some("112"), Some("1470000113"));
    assert_eq!(kin("112", "1470000113"), Some(Kinship::Both));
    assert_eq!(kin("140", "46"), None);
    assert_eq!(kin("140", "1470000113"), None);
    assert_eq!(kin("1470000109", "1470000065"), None);
    assert_eq!(kin("112", ""), Some(Kinship::SameDraft));
    assert_eq!(kin("112", "112"), Some(Kinship::SameDraft));
    assert_eq!(kin("", "1470000113"), Some(Kinship::SameObject));
    assert_eq!(kin("", "46"), None);
    assert_eq!(kin("", ""), Some(Kinship::Unclear));
    assert!(Kinship::Both > Kinship::SameDraft && Kinship::SameDraft > Kinship::SameObject);
}

fn source() -> Source {
    serde_json::from_value(json!({})).unwrap()
}

fn shown_for(code: Option<i64>) -> Shown {
    let request = code.map(|code| ErpRequest { code, stage: None });
    Shown { fingerprint: String::new(), request, differs: Vec::new() }
}

fn found(requests: &[ApprovalRequest], shown: &Shown, asked: Option<RequestStage>) -> Next {
    let requests: Vec<(Kinship, ApprovalRequest)> =
        requests.iter().filter_map(|r| Some((kinship(r, Some("112"), None)?, r.clone()))).collect();
    next(&requests, &source(), None, ApprovalDecision::Approved, Target { shown: Some(shown), asked })
}

#[test]
fn a_decision_goes_to_the_request_that_was_shown_and_to_no_other() {
    let (old, new) = (|status| of(7, status, "112", "22"), of(8, "arsPending", "112", "22"));
    let shown = shown_for(Some(7));
    let code = |next: Next| match next {
        Next::Decide(pending) => Some(pending.request.code),
        _ => None,
    };
    // A conversion that was tried too early leaves two waiting.
    assert_eq!(code(found(&[old("arsPending"), new.clone()], &shown, None)), Some(7));
    for status in ["arsCancelled", "arsNotApproved", "arsApproved"] {
        let next = found(&[old(status), new.clone()], &shown, None);
        assert!(matches!(next, Next::Replaced { ref now, .. } if now.code == 8), "{status}: {next:?}");
    }
    assert!(matches!(found(std::slice::from_ref(&new), &shown, None), Next::Replaced { .. }));
    assert!(matches!(found(&[old("arsCancelled")], &shown, None), Next::Settled(Given::Otherwise(_))));
    // A draft that was under no procedure when it was shown.
    assert!(matches!(found(std::slice::from_ref(&new), &shown_for(None), None), Next::Replaced { .. }));
    assert_eq!(found(&[], &shown_for(None), None), Next::Settled(Given::NoRequest));
    // Requests that name no kind may be of another draft.
    let unclear = of(8, "arsPending", "", "");
    assert!(matches!(found(&[old("arsCancelled"), unclear], &shown, None), Next::Settled(Given::Otherwise(_))));
}

#[test]
fn what_an_interrupted_attempt_decided_is_not_decided_again() {
    let shown = shown_for(Some(7));
    let asked = Some(RequestStage { request: 7, stage: None });
    let new = of(8, "arsPending", "112", "22");
    assert_eq!(found(&[of(7, "arsApproved", "112", "22"), new], &shown, asked), Next::Settled(Given::Already));
    assert_eq!(found(&[], &shown, asked), Next::Settled(Given::Already));
    // The change was accepted, and the request of now was about to be decided.
    let asked = Some(RequestStage { request: 8, stage: None });
    let both = [of(7, "arsCancelled", "112", "22"), of(8, "arsApproved", "112", "22")];
    assert_eq!(found(&both, &shown, asked), Next::Settled(Given::Already));
}

#[test]
fn an_approvers_own_line_counts_while_other_stages_are_open() {
    let request = request("arsPending", &[(5, "ardApproved"), (6, "ardPending")]);
    assert!(has_taken(&request, Some(5), ApprovalDecision::Approved));
    assert!(!has_taken(&request, Some(6), ApprovalDecision::Approved));
    assert!(!has_taken(&request, Some(5), ApprovalDecision::NotApproved));
    assert!(!has_taken(&request, None, ApprovalDecision::Approved));
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
    let at = |stage| RequestStage { request: 1, stage: Some(stage) };
    assert_eq!(shown(&request, at(11), None, ApprovalDecision::Approved), 1);
    assert_eq!(shown(&request, at(12), None, ApprovalDecision::Approved), 0);
    assert_eq!(shown(&request, at(11), Some(8), ApprovalDecision::Approved), 0);
}

#[test]
fn a_generated_request_was_approved() {
    assert!(has_taken(&request("arsGenerated", &[]), None, ApprovalDecision::Approved));
    assert!(!has_taken(&request("arsCancelled", &[]), None, ApprovalDecision::NotApproved));
}
