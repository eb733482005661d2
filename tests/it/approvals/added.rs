//! `on_approved = "add"`: an approved draft becomes its document, once, and only where B1's own approval holds for it.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const SAVE: &str = "DraftsService_SaveDraftToDocument";

async fn app() -> TestApp {
    with(|_| {}).await
}

async fn with(change: fn(&mut Value)) -> TestApp {
    let app = TestApp::new(TestAppOptions::default()).await;
    let mut config = tenon_tests::standard_config();
    config["flows"][0]["on_approved"] = json!("add");
    change(&mut config);
    app.apply(config).await;
    app
}

/// A draft whose form was approved in DingTalk, some minutes later.
async fn approved(app: &mut TestApp, draft: NewDraft) -> i64 {
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    draft
}

async fn run_of(app: &TestApp, draft: i64) -> Run {
    let flow = FlowId::new("purchase-request");
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(draft))).unwrap()
}

fn sent(app: &TestApp) -> u64 {
    app.sandbox.snapshot().requests.get(&format!("POST {SAVE}")).copied().unwrap_or_default()
}

fn documents(app: &TestApp) -> usize {
    app.sandbox.b1().count("PurchaseRequests")
}

async fn stays_a_draft(app: &TestApp, draft: i64, words: &str) {
    assert_eq!((documents(app), sent(app)), (0, 0));
    assert_eq!(app.draft(draft)["DocumentStatus"], "bost_Open");
    let run = run_of(app, draft).await;
    assert_eq!(run.status, RunStatus::Succeeded, "the decision itself is written: {}", run.message);
    assert!(run.message.contains(words), "{}", run.message);
}

#[tokio::test]
async fn an_approved_draft_becomes_one_document_and_names_who_approved() {
    let mut app = app().await;
    let draft = approved(&mut app, purchase_request()).await;
    assert_eq!((app.decisions(draft), documents(&app), sent(&app)), (vec!["ardApproved".to_owned()], 1, 1));
    assert_eq!(app.draft(draft)["DocumentStatus"], "bost_Close");
    let document = app.sandbox.b1().rows("PurchaseRequests").remove(0);
    assert_eq!((document["U_Approver"].as_str(), document["U_ISSYN"].as_str()), (Some("manager01"), Some("Y")));
    let run = run_of(&app, draft).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(run.message.ends_with("the draft was added"), "{}", run.message);
    // The event again, long after.
    app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((documents(&app), sent(&app)), (1, 1));
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn sites_that_name_the_document_or_keep_the_request_are_read_by_the_draft_too() {
    let mut app = app().await;
    app.sandbox.configure(|o| {
        o.b1.conversion_names_document = true;
        o.b1.conversion_keeps_request = true;
    });
    let draft = approved(&mut app, purchase_request()).await;
    assert_eq!((documents(&app), sent(&app)), (1, 1));
    let named = app.sandbox.b1().rows("PurchaseRequests")[0]["DocEntry"].as_i64().unwrap();
    let run = run_of(&app, draft).await;
    assert!(run.message.ends_with(&format!("added as document {named}")), "{}", run.message);
}

#[tokio::test]
async fn without_the_key_it_stays_a_draft_as_before() {
    let mut app = with(|c| c["flows"][0]["on_approved"] = json!("keep")).await;
    let draft = approved(&mut app, purchase_request()).await;
    assert_eq!((app.decisions(draft), documents(&app), sent(&app)), (vec!["ardApproved".to_owned()], 0, 0));
}

#[tokio::test]
async fn a_company_whose_switch_is_off_would_post_it_unapproved_so_nothing_is_sent() {
    let mut app = app().await;
    app.sandbox.configure(|o| o.b1.approval_in_di = false);
    let draft = approved(&mut app, purchase_request()).await;
    stays_a_draft(&app, draft, "EnableApprovalProcedureInDI").await;
}

#[tokio::test]
async fn a_draft_whose_approval_goes_on_in_b1_is_never_added_here() {
    let mut app = with(|c| c["flows"][0]["source"]["approver"] = json!("manager")).await;
    let draft = approved(&mut app, purchase_request().stages(&[&[1], &[4]])).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    stays_a_draft(&app, draft, "dasPending").await;
    assert_eq!(app.sandbox.b1().count("ApprovalRequests"), 1, "no second request was raised");
}

#[tokio::test]
async fn a_draft_under_no_procedure_is_left_to_people() {
    let mut app = app().await;
    let draft = approved(&mut app, purchase_request().stages(&[])).await;
    stays_a_draft(&app, draft, "under no approval procedure").await;
}

#[tokio::test]
async fn a_refused_draft_is_not_added() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().refuse(app.clock.now_ms(), &instance, "", "不同意").unwrap();
    for _ in 0..4 {
        app.minute().await;
    }
    assert_eq!((app.decisions(draft), sent(&app)), (vec!["ardNotApproved".to_owned()], 0));
}

#[tokio::test]
async fn an_answer_that_was_lost_is_proven_by_the_draft_and_not_asked_for_twice() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::B1).on("POST", SAVE));
    let draft = approved(&mut app, purchase_request()).await;
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!((documents(&app), sent(&app)), (1, 1));
    assert_eq!(run_of(&app, draft).await.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_call_that_never_arrived_is_made_again_once_it_cannot_be_under_way() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).vendor(Vendor::B1).on("POST", SAVE));
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minute().await;
    assert_eq!((documents(&app), sent(&app)), (0, 1));
    app.minute().await;
    assert_eq!(sent(&app), 1, "the first may still be under way");
    app.minutes_until(6, "adding", |s| documents(s) == 1).await;
    assert_eq!(sent(&app), 2);
}

#[tokio::test]
async fn a_draft_that_changed_after_its_approval_is_not_added() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).vendor(Vendor::B1).on("POST", SAVE));
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minute().await;
    assert_eq!(sent(&app), 1);
    let change = json!({ "RequesterName": "李四" });
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, change).unwrap();
    for _ in 0..8 {
        app.minute().await;
    }
    assert_eq!((documents(&app), sent(&app)), (0, 1));
    let run = run_of(&app, draft).await;
    assert!(run.message.contains("changed since it was approved: RequesterName"), "{}", run.message);
}

fn with_batches() -> NewDraft {
    let line =
        json!({ "ItemCode": "B-1", "Quantity": 5.0, "BatchNumbers": [{ "BatchNumber": "L1", "Quantity": 5.0 }] });
    purchase_request().line(line)
}

#[tokio::test]
async fn batches_that_a_conversion_could_lose_are_not_put_at_risk_unless_the_flow_says_so() {
    let mut app = app().await;
    let draft = approved(&mut app, with_batches()).await;
    stays_a_draft(&app, draft, "batch or serial numbers").await;
}

#[tokio::test]
async fn what_b1_refuses_to_add_is_told_and_goes_on_when_it_was_mended() {
    let mut app = with(|c| c["flows"][0]["add_batches"] = json!(true)).await;
    let item = json!({ "ItemCode": "B-1", "ItemName": "批次料", "ManageBatchNumbers": "tYES" });
    app.sandbox.b1().create_document(app.clock.now_ms(), "Items", item).unwrap();
    app.sandbox.configure(|o| o.b1.conversion_loses_batches = true);
    let draft = approved(&mut app, with_batches()).await;
    assert_eq!((documents(&app), sent(&app)), (0, 1));
    let run = run_of(&app, draft).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("complete selection of batch/serial numbers"), "{}", run.message);
    app.sandbox.configure(|o| o.b1.conversion_loses_batches = false);
    let lines = with_batches().lines;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "DocumentLines": lines })).unwrap();
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minutes_until(3, "adding", |s| documents(s) == 1).await;
    app.minute().await;
    assert_eq!((app.decisions(draft).len(), sent(&app)), (1, 2));
    assert_eq!(run_of(&app, draft).await.status, RunStatus::Succeeded);
}

#[tokio::test]
async fn a_check_says_that_the_switch_is_off_before_any_draft_is_approved() {
    let app = app().await;
    let check = async || {
        let flow = FlowId::new("purchase-request");
        tenon_flows::compare::flow(&app.ctx, &TenantId::operator(), &flow).await.unwrap().problems
    };
    assert_eq!(check().await, Vec::<String>::new());
    app.sandbox.configure(|o| o.b1.approval_in_di = false);
    let found_problems = check().await;
    assert!(found_problems.iter().any(|p| p.contains("EnableApprovalProcedureInDI is off")), "{found_problems:?}");
}
