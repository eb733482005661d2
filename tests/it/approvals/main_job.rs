//! The main job and its neighbours, without faults.

use serde_json::json;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, NewInstance, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

pub fn purchase_request() -> NewDraft {
    NewDraft::new("1470000113")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("RequesterName", "销售经理：张涛")
        .line(json!({ "ItemCode": "11028", "Quantity": 55.0 }))
        .line(json!({ "ItemCode": "14003", "Quantity": 11.5 }))
}

#[tokio::test]
async fn a_draft_is_approved_in_dingtalk_and_in_b1() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    let instance = app.open_instance(draft).unwrap();
    app.minute().await;
    assert_eq!(app.draft(draft)["U_ISSYN"], "Y");
    assert_eq!(app.draft(draft)["U_instanceID"], instance.as_str());

    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意，尽快采购").unwrap();
    app.minutes_until(3, "write-back", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    let shown = app.draft(draft);
    assert_eq!(shown["U_Approver"], "manager01");
    assert_eq!(shown["U_Remarks"], "同意，尽快采购");
    assert_eq!(shown["U_ApprovalDate"], "2026-11-22");
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_draft_waits_until_the_stage_of_the_flows_approver_comes() {
    // Two stages: the director (4) first, then the session's user (1), whose stage goes to DingTalk.
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| c["flows"][0]["source"]["approver"] = json!("manager")),
        ..TestAppOptions::default()
    })
    .await;
    let staged = purchase_request().stages(&[&[4], &[1]]);
    let (draft, request) = app.sandbox.b1().create_draft(app.clock.now_ms(), staged).unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.instances_of(draft).is_empty(), "submitted before its stage");

    decide_in_b1(&app, request.unwrap(), "director", "director-password");
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(3, "write-back", |s| s.decisions(draft).len() == 2).await;
    let shown = app.sandbox.b1().rows("ApprovalRequests");
    assert_eq!(shown[0]["Status"], "arsApproved");
}

/// An approver decides in B1's own client.
fn decide_in_b1(app: &TestApp, request: i64, user: &str, password: &str) {
    let login = json!({ "CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox-b1" });
    let send = |method: &str, path: &str, cookie: Option<&str>, body: serde_json::Value| {
        let mut request = http::Request::builder().method(method).uri(format!("http://b1/b1s/v1/{path}"));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        match app.sandbox.handle(app.clock.now_ms(), request.body(body.to_string().into()).unwrap()) {
            tenon_sandbox::Outcome::Answer { response, .. } => response,
            other => panic!("{other:?}"),
        }
    };
    let answer = send("POST", "Login", None, login);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let decision = json!({ "ApprovalRequestDecisions": [
        { "ApproverUserName": user, "ApproverPassword": password, "Status": "ardApproved", "Remarks": "ok" }] });
    let answer = send("PATCH", &format!("ApprovalRequests({request})"), Some(&cookie), decision);
    assert_eq!(answer.status(), 204, "{:?}", answer.body());
}

#[tokio::test]
async fn a_draft_whose_request_is_decided_in_b1_already_is_not_submitted() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, request) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    decide_in_b1(&app, request.unwrap(), "manager", "sandbox-b1");
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.instances_of(draft).is_empty());
    assert_eq!(app.draft(draft)["U_ISSYN"], "N");
}

#[tokio::test]
async fn a_decision_made_in_b1_meanwhile_is_left_alone_and_the_run_says_so() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, request) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    decide_in_b1(&app, request.unwrap(), "manager", "sandbox-b1");
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().refuse(app.clock.now_ms(), &instance, "", "不同意").unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!(app.decisions(draft), ["ardApproved"], "B1's own decision was overwritten");
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Ended);
    assert!(run.message.contains("was not written"), "{}", run.message);
}

async fn run_of(app: &TestApp, flow: &str, key: i64) -> Run {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(key))).unwrap()
}

#[tokio::test]
async fn a_document_that_cannot_be_mapped_fails_with_its_reason_and_retry_goes_on_when_it_is_mended() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let broken = purchase_request().field("U_UserID", "");
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), broken).unwrap();
    app.minute().await;
    app.minute().await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1, "one letter, not one a minute");
    assert!(letters[0].contains("flow.mapping") && letters[0].contains("U_UserID is empty"), "{}", letters[0]);
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.mapping")));

    let goes_on = tenon_flows::operator::resume_point(&app.ctx, &TenantId::operator(), &run).await.unwrap();
    assert_eq!(goes_on, tenon_flows::kinds::ResumePoint::from("read document"));
    // The document counts as it stands in B1, and is mended there.
    let refused = tenon_flows::operator::input(&app.ctx, &TenantId::operator(), &run.id).await.unwrap_err();
    assert_eq!(refused.code, "run.not-correctable");
    patch_draft(&app, draft, json!({ "U_UserID": "zhangsan" }));
    let text = tenon_flows::operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap().into_message();
    assert!(text.contains("queued"), "{text}");
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let again = run_of(&app, "purchase-request", draft).await;
    assert_eq!((&again.id, again.status), (&run.id, RunStatus::Running));
    let goes_on = tenon_flows::operator::resume_point(&app.ctx, &TenantId::operator(), &again).await.unwrap();
    let done = &["create instance", "mark document"];
    assert_eq!(goes_on, tenon_flows::kinds::ResumePoint::after("read instance", done));
    let steps = tenon_platform::runs::steps(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    let names: Vec<&str> = steps.iter().map(|s| s.name.as_str()).collect();
    assert!(names.contains(&"retry by operator") && names.contains(&"create instance"), "{names:?}");
    assert!(steps.iter().any(|s| s.error.as_deref().is_some_and(|e| e.contains("U_UserID is empty"))));
}

/// A B1 user changes a draft.
pub fn patch_draft(app: &TestApp, draft: i64, fields: serde_json::Value) {
    let login = json!({ "CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox-b1" });
    let call = |method: &str, path: String, cookie: &str, body: serde_json::Value| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://b1/b1s/v1/{path}"))
            .header("cookie", cookie)
            .body(body.to_string().into())
            .unwrap();
        match app.sandbox.handle(app.clock.now_ms(), request) {
            tenon_sandbox::Outcome::Answer { response, .. } => response,
            other => panic!("{other:?}"),
        }
    };
    let answer = call("POST", "Login".to_owned(), "", login);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(call("PATCH", format!("Drafts({draft})"), &cookie, fields).status(), 204);
}

#[tokio::test]
async fn a_withdrawn_document_keeps_its_marks_unless_the_flow_sends_it_again() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| c["flows"][0]["form"]["on_withdrawn"] = json!("keep")),
        ..TestAppOptions::default()
    })
    .await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &app.open_instance(draft).unwrap()).unwrap();
    for _ in 0..4 {
        app.minute().await;
    }
    assert_eq!(app.draft(draft)["U_ISSYN"], "Y");
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(run_of(&app, "purchase-request", draft).await.status, RunStatus::Ended);
}

#[tokio::test]
async fn the_sql_version_takes_header_and_lines_from_sql() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| {
            c["flows"][0]["source"] = json!({ "sql": {
                "main": "select T0.DocEntry, T0.U_UserID, T0.ReqName as ReqName from ODRF T0 where T0.U_ISSYN = 'N'",
                "lines": "select T1.ItemCode, T1.Quantity from DRF1 T1 where T1.DocEntry = :key" } });
            c["flows"][0]["form"]["fields"] = json!([{ "from": "ReqName", "to": "申请人" }]);
        }),
        ..TestAppOptions::default()
    })
    .await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    let instance = app.instances_of(draft).remove(0);
    let values = instance["formComponentValues"].as_array().unwrap();
    let table = values.iter().find(|v| v["name"] == "物料明细").unwrap()["value"].as_str().unwrap();
    assert!(table.contains("11028") && table.contains("14003") && table.contains("11.5"), "{table}");
}

/// A message holds 256 KB: a row that is longer travels by its key, and is read again by the submission.
#[tokio::test]
async fn a_row_of_300_kb_stops_neither_its_own_document_nor_the_flow() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| {
            c["flows"][0]["source"] = json!({ "sql": {
                "main": "select T0.DocEntry, T0.U_UserID, T0.ReqName as ReqName, T0.Comments as Remarks from ODRF T0 where T0.U_ISSYN = 'N'",
                "lines": "select T1.ItemCode, T1.Quantity from DRF1 T1 where T1.DocEntry = :key" } });
            c["flows"][0]["form"]["fields"] = json!([{ "from": "ReqName", "to": "申请人" }]);
        }),
        ..TestAppOptions::default()
    })
    .await;
    let now = app.clock.now_ms();
    let long = purchase_request().field("Comments", "长".repeat(100 * 1024).as_str());
    let drafts = [long, purchase_request()].map(|draft| app.sandbox.b1().create_draft(now, draft).unwrap().0);
    app.minutes_until(3, "submission of both", |s| drafts.iter().all(|d| s.open_instance(*d).is_some())).await;
    app.minute().await;
    for draft in drafts {
        assert_eq!(app.draft(draft)["U_ISSYN"], "Y");
        let instance = app.open_instance(draft).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    }
    app.minutes_until(3, "write-back of both", |s| drafts.iter().all(|d| !s.decisions(*d).is_empty())).await;
    app.minute().await;
    for draft in drafts {
        assert_eq!((app.instances_of(draft).len(), app.decisions(draft)), (1, vec!["ardApproved".to_owned()]));
    }
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn polling_costs_the_same_however_many_drafts_are_synced() {
    let mut costs = Vec::new();
    for synced in [10, 300] {
        let mut app = TestApp::new(TestAppOptions::default()).await;
        for _ in 0..synced {
            let done = purchase_request().field("U_ISSYN", "Y");
            app.sandbox.b1().create_draft(app.clock.now_ms(), done).unwrap();
        }
        let before = app.sandbox.calls("GET Drafts");
        app.minute().await;
        costs.push(app.sandbox.calls("GET Drafts") - before);
    }
    assert_eq!(costs[0], costs[1], "polls grew with synced documents");
}

/// People revoke an approved form by another, and agree to that.
fn revoke(app: &TestApp, approved: &str) -> String {
    let revocation = NewInstance {
        biz_action: Some("REVOKE".to_owned()),
        main_instance: Some(approved.to_owned()),
        ..NewInstance::new("PROC-PR")
    };
    let by = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), revocation).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &by, "", "同意").unwrap();
    by
}

#[tokio::test]
async fn a_revocation_that_overtakes_the_write_back_is_told_after_it() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let approved = app.open_instance(draft).unwrap();
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::B1).times(12));
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &approved, "", "同意").unwrap();
    let by = revoke(&app, &approved);
    app.minute().await;
    assert!(app.decisions(draft).is_empty(), "B1 was not down");
    app.minutes_until(30, "write-back", |s| !s.decisions(draft).is_empty()).await;
    for _ in 0..3 {
        app.minute().await;
    }
    let run = run_of(&app, "purchase-request", draft).await;
    assert!(run.message.contains("written back"), "{}", run.message);
    assert!(run.message.contains(&format!("revoked in the OA by instance {by}")), "{}", run.message);
}

#[tokio::test]
async fn an_approval_that_is_revoked_in_the_oa_is_told_by_its_run() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let approved = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &approved, "", "同意").unwrap();
    app.minutes_until(3, "write-back", |s| !s.decisions(draft).is_empty()).await;

    let by = revoke(&app, &approved);
    for _ in 0..3 {
        app.minute().await;
        app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    }
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    let flow = FlowId::new("purchase-request");
    let run = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 1).await.unwrap().remove(0);
    assert_eq!((run.document, run.status), (Some(DocumentKey::Number(draft)), RunStatus::Succeeded));
    assert_eq!(run.message.matches(&format!("revoked in the OA by instance {by}")).count(), 1, "{}", run.message);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}
