//! Drafts of two types to the OA: the first half of story E3.

use super::test_app::{app, draft, marked, purchase_request, request_of, requests_of, run_of, submitted};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Vendor};
use tenon_tests::TestApp;

const CREATE: &str = "/api/workflow/paService/doCreateRequest";

fn main_of(request: &Value) -> Vec<(String, String)> {
    serde_json::from_value(request["main"].clone()).unwrap()
}

// E3/1–2, R-W8, R-W22, R-W24, R-W25, R-W26, R-W43, R-W45
#[tokio::test]
async fn two_types_of_drafts_go_to_workflows_of_their_own() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let (pr, _) = app.sandbox.b1().create_draft(now, purchase_request("66")).unwrap();
    let (transfer, _) = app.sandbox.b1().create_draft(now, draft("67", "71")).unwrap();
    marked(&mut app, "23", pr).await;
    marked(&mut app, "24", transfer).await;
    let request = requests_of(&app, "23", &pr.to_string()).remove(0);
    assert_eq!((&request["creator"], &request["title"]), (&json!("66"), &json!(format!("采购申请 {pr}"))));
    let named = |name: &str| main_of(&request).into_iter().find(|(n, _)| n == name).unwrap().1;
    assert_eq!((named("sqr").as_str(), named("xqrq").as_str()), ("销售经理：张涛", "2022-08-23"));
    let rows = &request["tables"]["formtable_main_45_dt1"];
    assert_eq!(rows, &json!([[["wlbm", "11028"], ["sl", "55"]], [["wlbm", "14003"], ["sl", "11"]]]));
    assert_eq!(requests_of(&app, "24", &transfer.to_string())[0]["creator"], "71");
    let shown = app.draft(pr);
    let id = request["id"].to_string();
    assert_eq!((shown["U_ISSYN"].as_str(), shown["U_REQUESTID"].as_str()), (Some("Y"), Some(id.as_str())));
    assert_eq!(app.sandbox.weaver().request_count(), 2);
}

// R-W25, R-W9: what nobody submits is told, and holds up nobody
#[tokio::test]
async fn a_draft_without_a_user_names_the_field_and_twenty_five_of_them_hold_up_nobody() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    for _ in 0..25 {
        app.sandbox.b1().create_draft(now, purchase_request("")).unwrap();
    }
    let (good, _) = app.sandbox.b1().create_draft(now, purchase_request("66")).unwrap();
    marked(&mut app, "23", good).await;
    assert_eq!(app.sandbox.weaver().request_count(), 1);
    app.minute().await;
    let letters = app.dead_letters().await;
    assert!(letters.len() >= 25, "{}", letters.len());
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new("pr"), 50).await.unwrap();
    assert!(runs.iter().any(|run| run.message.contains("U_OAUser")), "{runs:?}");
}

// E3/3, R-W26, R-W27
#[tokio::test]
async fn a_field_that_the_form_lacks_is_named_and_not_tried_each_minute() {
    let mut app = app().await;
    let refusal = r#"{"code":"PARAM_ERROR","data":{},"errMsg":{"mainData":"xx字段不存在"}}"#;
    let fault =
        Fault::new(FaultKind::Status(200, refusal.to_owned())).vendor(Vendor::Weaver).on("POST", CREATE).always();
    app.sandbox.inject(fault);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request("66")).unwrap();
    for _ in 0..5 {
        app.minute().await;
    }
    let run = run_of(&app, "pr", draft).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("xx字段不存在"), "{}", run.message);
    assert!(app.draft(draft)["U_REQUESTID"].is_null());
    assert_eq!(app.sandbox.snapshot().requests[&format!("POST {CREATE}")], 1);
}

// E3/3, R-W3
#[tokio::test]
async fn an_expired_token_is_renewed_and_one_request_made() {
    let mut app = app().await;
    submitted(&mut app).await;
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::Weaver).on("POST", CREATE));
    submitted(&mut app).await;
    assert_eq!((app.sandbox.weaver().request_count(), app.sandbox.weaver().tokens_issued()), (2, 2));
}

async fn lost(app: &TestApp, draft: NewDraft) -> i64 {
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Weaver).on("POST", CREATE));
    app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap().0
}

// E3/4, R-W28
#[tokio::test]
async fn a_request_whose_answer_was_lost_is_found_by_its_title_and_there_is_one() {
    let mut app = app().await;
    let draft = lost(&app, purchase_request("66")).await;
    marked(&mut app, "23", draft).await;
    assert_eq!(app.sandbox.weaver().request_count(), 1);
}

// R-W28: the OA shows neither lists nor forms
#[tokio::test]
async fn a_lost_request_that_cannot_be_looked_for_is_held_for_a_person_and_never_made_again() {
    let mut app = app().await;
    app.sandbox.weaver().set_lists_requests(false);
    let draft = lost(&app, purchase_request("66")).await;
    for _ in 0..10 {
        app.minute().await;
    }
    assert_eq!(app.sandbox.weaver().request_count(), 1);
    let run = run_of(&app, "pr", draft).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.instance-unclear")));
    assert!(run.message.contains("by its title"), "{}", run.message);
}

// R-W7: a flow's own period
#[tokio::test]
async fn a_draft_is_sent_within_a_minute_by_default() {
    let mut app = app().await;
    app.minute().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request("66")).unwrap();
    app.minute().await;
    app.step().await;
    assert!(request_of(&app, "23", &draft.to_string()).is_some());
}
