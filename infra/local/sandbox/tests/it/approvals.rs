use crate::support::{Answer, Client};
use serde_json::{Value, json};
use tenon_sandbox::SandboxOptions;

fn decide(client: &Client, request: i64, decision: Value) -> Answer {
    client.patch(&format!("/b1s/v1/ApprovalRequests({request})"), json!({"ApprovalRequestDecisions": [decision]}))
}

fn request(client: &Client, code: i64) -> Value {
    client.get(&format!("/b1s/v1/ApprovalRequests({code})")).json()
}

#[test]
fn without_names_the_session_user_decides() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, code) = client.purchase_request(&[&[1, 3]]);
    let before = request(&client, code);
    assert_eq!(
        (&before["Status"], &before["ObjectType"], &before["DraftEntry"]),
        (&json!("arsPending"), &json!("1470000113"), &json!(draft))
    );
    assert_eq!(decide(&client, code, json!({"Status": "ardApproved", "Remarks": "同意"})).status, 204);
    let after = request(&client, code);
    assert_eq!(after["Status"], "arsApproved");
    assert_eq!(
        (&after["ApprovalRequestLines"][0]["Status"], &after["ApprovalRequestLines"][0]["Remarks"]),
        (&json!("ardApproved"), &json!("同意"))
    );
    assert_eq!(after["ApprovalRequestLines"][1]["Status"], "ardPending");
    let draft = client.get(&format!("/b1s/v1/Drafts({draft})")).json();
    // Approved is not posted.
    assert_eq!((&draft["AuthorizationStatus"], &draft["DocumentStatus"]), (&json!("dasApproved"), &json!("bost_Open")));
    let decisions = client.sandbox.snapshot().b1.decisions;
    assert_eq!((decisions.len(), decisions[0].user, decisions[0].accepted), (1, Some(1), true));
}

#[test]
fn a_name_needs_its_password() {
    let client = Client::ready(SandboxOptions::default());
    let (_, code) = client.purchase_request(&[&[3]]);
    for decision in [
        json!({"Status": "ardApproved", "ApproverUserName": "chief"}),
        json!({"Status": "ardApproved", "ApproverUserName": "chief", "ApproverPassword": "wrong"}),
    ] {
        let refused = decide(&client, code, decision);
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("[Message 131-93]"), "{}", refused.text);
    }
    assert_eq!(request(&client, code)["Status"], "arsPending");
    let named = json!({"Status": "ardApproved", "ApproverUserName": "chief", "ApproverPassword": "chief-password"});
    assert_eq!(decide(&client, code, named).status, 204);
    assert_eq!(client.sandbox.snapshot().b1.decisions.last().unwrap().user, Some(3));
}

#[test]
fn remarks_over_two_hundred_characters_refuse_the_whole_decision() {
    let client = Client::ready(SandboxOptions::default());
    let (_, code) = client.purchase_request(&[&[1]]);
    let decision = |length| json!({"Status": "ardApproved", "Remarks": "好".repeat(length)});
    assert_eq!(decide(&client, code, decision(201)).status, 400);
    assert_eq!(request(&client, code)["Status"], "arsPending");
    assert_eq!(decide(&client, code, decision(200)).status, 204);
    let tries: Vec<bool> = client.sandbox.snapshot().b1.decisions.iter().map(|d| d.accepted).collect();
    assert_eq!(tries, [false, true]);
}

#[test]
fn stages_go_one_after_another_and_only_the_current_one_decides() {
    let client = Client::ready(SandboxOptions::default());
    let (_, code) = client.purchase_request(&[&[3], &[1]]);
    // The session's user stands on the second stage.
    assert_eq!(decide(&client, code, json!({"Status": "ardApproved"})).status, 400);
    let chief = json!({"Status": "ardApproved", "ApproverUserName": "chief", "ApproverPassword": "chief-password"});
    let first = request(&client, code)["CurrentStage"].clone();
    assert_eq!(decide(&client, code, chief).status, 204);
    let between = request(&client, code);
    assert_eq!(between["Status"], "arsPending");
    assert_ne!(between["CurrentStage"], first);
    let stage = client.get(&format!("/b1s/v1/ApprovalStages({})", between["CurrentStage"])).json();
    assert_eq!(stage["ApprovalStageApprovers"], json!([{"UserID": 1}]));
    assert_eq!(decide(&client, code, json!({"Status": "ardApproved"})).status, 204);
    assert_eq!(request(&client, code)["Status"], "arsApproved");
}

#[test]
fn one_refusal_ends_it_and_a_second_decision_is_refused() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, code) = client.purchase_request(&[&[1], &[3]]);
    assert_eq!(decide(&client, code, json!({"Status": "ardNotApproved", "Remarks": "太贵"})).status, 204);
    assert_eq!(request(&client, code)["Status"], "arsNotApproved");
    assert_eq!(client.get(&format!("/b1s/v1/Drafts({draft})")).json()["AuthorizationStatus"], "dasRejected");
    assert_eq!(decide(&client, code, json!({"Status": "ardApproved"})).status, 400);
    assert_eq!(request(&client, code)["Status"], "arsNotApproved");
}

#[test]
fn requests_are_read_and_patched_only() {
    let client = Client::ready(SandboxOptions::default());
    let (_, code) = client.purchase_request(&[&[1]]);
    assert_eq!(client.post("/b1s/v1/ApprovalRequests", json!({})).code(), -5006);
    assert_eq!(client.send("DELETE", &format!("/b1s/v1/ApprovalRequests({code})"), &[], b"").code(), -5006);
    let bad = client.patch(&format!("/b1s/v1/ApprovalRequests({code})"), json!({"Status": "arsApproved"}));
    assert_eq!((bad.status, bad.code()), (400, 206));
    assert_eq!(
        client
            .get("/b1s/v1/ApprovalRequests?$filter=Status eq 'arsPending' and ObjectType eq 'oPurchaseRequest'")
            .json()["value"][0]["Code"],
        code
    );
}
