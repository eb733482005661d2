use crate::support::Client;
use serde_json::{Value, json};
use tenon_sandbox::{B1Options, NewDraft, SandboxOptions};

#[test]
fn the_documents_filter_finds_unsynced_drafts_in_both_spellings() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    client.sandbox.b1().create_draft(0, NewDraft::new("22")).unwrap();
    for code in ["1470000113", "oPurchaseRequest"] {
        let uri = format!("/b1s/v1/Drafts?$filter=DocObjectCode eq '{code}' and U_ISSYN eq 'N'");
        let found = client.get(&uri).json()["value"].clone();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(found[0]["DocEntry"], draft);
        assert_eq!(found[0]["DocObjectCode"], "oPurchaseRequest");
        assert_eq!(found[0]["DocumentLines"][1]["LineNum"], 1);
    }
    assert_eq!(
        client.patch(&format!("/b1s/v1/Drafts({draft})"), json!({"U_ISSYN": "Y", "U_instanceID": "i-1"})).status,
        204
    );
    assert_eq!(client.get("/b1s/v1/Drafts/$count?$filter=DocObjectCode eq '1470000113' and U_ISSYN eq 'N'").text, "0");
}

#[test]
fn an_etag_guards_a_draft_and_a_projected_one_is_stale() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    let uri = format!("/b1s/v1/Drafts({draft})");
    let patch = |etag: &str| client.send("PATCH", &uri, &[("if-match", etag)], br#"{"U_ISSYN":"Y"}"#);
    let etag = client.get(&uri).header("etag");
    assert!(etag.starts_with("W/\""), "{etag}");
    assert_eq!(patch(&etag).status, 204);
    let late = patch(&etag);
    assert_eq!((late.status, late.code()), (412, -2039));
    let projected = client.get(&format!("{uri}?$select=DocEntry")).json()["odata.etag"].as_str().unwrap().to_owned();
    assert_eq!(patch(&projected).status, 412);
    assert_eq!(patch("*").status, 204);
}

#[test]
fn converting_closes_the_draft_deletes_the_request_and_names_nothing() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, request) = client.purchase_request(&[&[1]]);
    decide(&client, request);
    let answer = convert(&client, json!(draft.to_string()));
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    let stored = client.get(&format!("/b1s/v1/Drafts({draft})")).json();
    assert_eq!(
        (&stored["DocumentStatus"], &stored["AuthorizationStatus"]),
        (&json!("bost_Close"), &json!("dasWithout"))
    );
    assert_eq!(client.get(&format!("/b1s/v1/ApprovalRequests({request})")).status, 404);
    let made = client.get("/b1s/v1/PurchaseRequests").json()["value"].clone();
    assert_eq!(made.as_array().unwrap().len(), 1);
    assert_ne!(made[0]["DocNum"], stored["DocNum"]);
    assert_eq!(convert(&client, json!(draft)).status, 400);
    let uri = format!("/b1s/v1/Drafts({draft})");
    assert_eq!(client.patch(&uri, json!({"Comments": "late"})).status, 400);
    assert_eq!(client.patch(&uri, json!({"U_SUCCESS": "Y"})).status, 204);
    client.sandbox.configure(|o| o.b1.conversion_names_document = true);
    let (other, request) = client.purchase_request(&[&[1]]);
    decide(&client, request);
    assert_eq!(convert(&client, json!(other)).json()["DocEntry"], 2);
}

#[test]
fn converting_a_pending_draft_raises_a_second_request_and_posts_nothing() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    assert_eq!(convert(&client, json!(draft)).status, 204);
    let after = client.sandbox.snapshot().b1;
    assert_eq!(after.approval_requests.len(), 2);
    assert!(after.documents.is_empty());
}

#[test]
fn an_unsubmitted_draft_posts_live_unless_the_switch_and_a_template_catch_it() {
    let convert_one = |switch: bool| {
        let client = Client::ready(B1Options { approval_in_di: switch, ..B1Options::default() });
        client.sandbox.b1().create_document(0, "ApprovalTemplates", json!({"Name": "PR", "IsActive": "tYES"})).unwrap();
        let mut draft = NewDraft::new("1470000113");
        draft.stages.clear();
        let (draft, _) = client.sandbox.b1().create_draft(0, draft).unwrap();
        let problem =
            client.post("/b1s/v1/CompanyService_GetAdminInfo", json!({})).json()["EnableApprovalProcedureInDI"].clone();
        assert_eq!(convert(&client, json!(draft)).status, 204);
        let after = client.sandbox.snapshot().b1;
        (problem, after.approval_requests.len(), after.documents.len())
    };
    assert_eq!(convert_one(true), (json!("tYES"), 1, 0));
    assert_eq!(convert_one(false), (json!("tNO"), 0, 1));
}

#[test]
fn a_post_can_be_taken_by_an_approval_procedure_and_say_minus_2028() {
    let mut options = B1Options::default();
    options.approval_on_post.insert("PurchaseRequests".into());
    let client = Client::ready(options);
    let answer = client.post("/b1s/v1/PurchaseRequests", json!({"Requester": "manager", "U_KEY": "k1"}));
    assert_eq!((answer.status, answer.code()), (400, -2028));
    let found = client.get("/b1s/v1/Drafts?$filter=DocObjectCode eq 'oPurchaseRequest' and U_KEY eq 'k1'").json();
    assert_eq!(found["value"][0]["AuthorizationStatus"], "dasPending");
    assert_eq!(client.get("/b1s/v1/PurchaseRequests").json()["value"], json!([]));
    client.sandbox.configure(|o| o.b1.approval_on_post_fails = false);
    let answer = client.post("/b1s/v1/PurchaseRequests", json!({}));
    assert_eq!(answer.status, 201);
    assert_eq!(client.get(&format!("/b1s/v1/PurchaseRequests({})", answer.json()["DocEntry"])).status, 404);
}

#[test]
fn lines_are_merged_by_number_or_replaced() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    let uri = format!("/b1s/v1/Drafts({draft})");
    let lines = || client.get(&uri).json()["DocumentLines"].clone();
    client.patch(&uri, json!({"DocumentLines": [{"LineNum": 1, "Quantity": 5.0}]}));
    assert_eq!(
        (lines().as_array().unwrap().len(), &lines()[1]["Quantity"], &lines()[1]["ItemCode"]),
        (2, &json!(5.0), &json!("A-2"))
    );
    let replace = json!({"DocumentLines": [{"LineNum": 1, "ItemCode": "A-2"}]}).to_string();
    let answer = client.send("PATCH", &uri, &[("b1s-replacecollectionsonpatch", "true")], replace.as_bytes());
    assert_eq!((answer.status, lines().as_array().unwrap().len()), (204, 1));
}

#[test]
fn calls_are_counted_by_set_and_by_document() {
    let client = Client::ready(SandboxOptions::default());
    let (draft, _) = client.purchase_request(&[&[1]]);
    client.get("/b1s/v1/Drafts");
    client.get(&format!("/b1s/v1/Drafts({draft})"));
    client.patch(&format!("/b1s/v1/Drafts({draft})"), json!({"U_ISSYN": "Y"}));
    let seen = client.sandbox.snapshot();
    assert_eq!((seen.calls("GET Drafts"), seen.calls("PATCH Drafts")), (2, 1));
    assert_eq!(seen.calls_of(&format!("GET Drafts({draft})")), 1);
}

fn decide(client: &Client, request: i64) {
    let decision = json!({"ApprovalRequestDecisions": [{"Status": "ardApproved", "Remarks": "同意"}]});
    assert_eq!(client.patch(&format!("/b1s/v1/ApprovalRequests({request})"), decision).status, 204);
}

fn convert(client: &Client, entry: Value) -> crate::support::Answer {
    client.post("/b1s/v1/DraftsService_SaveDraftToDocument", json!({"Document": {"DocEntry": entry}}))
}
