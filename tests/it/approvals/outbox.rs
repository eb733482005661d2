//! What was stored and not queued goes on within a minute, and once: a process is killed between the store and the
//! send of each kind of work.

use super::main_job::{patch_draft, purchase_request};
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewInstance, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

async fn app() -> TestApp {
    TestApp::new(TestAppOptions::default()).await
}

async fn newest_run(app: &TestApp, flow: &str) -> Run {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 1).await.unwrap();
    runs.into_iter().next().expect("a run")
}

/// A draft whose instance is open.
async fn submitted(app: &mut TestApp) -> (i64, String) {
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    (draft, app.open_instance(draft).unwrap())
}

#[tokio::test]
async fn documents_whose_poll_dies_before_it_queues_them_are_submitted_within_a_minute() {
    let mut app = app().await;
    let mut drafts = Vec::new();
    for _ in 0..3 {
        drafts.push(app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0);
    }
    app.dies_before_sending();
    assert!(operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("purchase-request")).await.is_err());
    assert_eq!(app.a_minute_later().await, 3);
    assert!(drafts.iter().all(|draft| app.open_instance(*draft).is_some()));
    for _ in 0..5 {
        app.minute().await;
    }
    assert!(drafts.iter().all(|draft| app.instances_of(*draft).len() == 1), "each is there once");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_decision_whose_callback_dies_before_it_queues_it_is_written_within_a_minute() {
    let mut app = app().await;
    let (draft, instance) = submitted(&mut app).await;
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.dies_before_sending();
    app.deliver_callbacks().await;
    assert!(app.decisions(draft).is_empty());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    // DingTalk, which had no answer, sends it again.
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_price_form_whose_callback_dies_before_it_queues_it_is_written_within_a_minute() {
    let mut app = app().await;
    let instance = approved_price(&app);
    app.dies_before_sending();
    app.deliver_callbacks().await;
    assert_eq!(app.a_minute_later().await, 1, "{instance}");
    assert_eq!(app.sandbox.b1().rows("SpecialPrices").len(), 1);
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(app.sandbox.b1().rows("SpecialPrices").len(), 1);
}

fn approved_price(app: &TestApp) -> String {
    let table = json!([[
        { "name": "物料代码", "value": "11028" }, { "name": "价格", "value": "205.5" }, { "name": "币种", "value": "CNY" }
    ]]);
    let form = NewInstance::new("PROC-Q").field("客户代码", "C20000").field("报价明细", &table.to_string());
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    instance
}

async fn retry_dies(app: &mut TestApp, run: &Run) {
    app.dies_before_sending();
    assert!(operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.is_err());
}

#[tokio::test]
async fn a_retried_submission_that_dies_before_it_is_queued_goes_on_within_a_minute() {
    let mut app = app().await;
    let unmapped = purchase_request().field("U_UserID", "");
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), unmapped).unwrap();
    app.minute().await;
    app.minute().await;
    let run = newest_run(&app, "purchase-request").await;
    assert_eq!(run.status, RunStatus::Failed, "{run:?}");
    patch_draft(&app, draft, json!({ "U_UserID": "zhangsan" }));
    retry_dies(&mut app, &run).await;
    assert!(app.instances_of(draft).is_empty());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(app.instances_of(draft).len(), 1);
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(app.instances_of(draft).len(), 1);
}

#[tokio::test]
async fn a_retried_price_that_dies_before_it_is_queued_goes_on_within_a_minute() {
    let mut app = app().await;
    let refused = r#"{"error":{"code":-10,"message":{"lang":"en-us","value":"Item is locked"}}}"#;
    let fault = Fault::new(FaultKind::Status(400, refused.to_owned()));
    app.sandbox.inject(fault.vendor(Vendor::B1).on("POST", "SpecialPrices").always());
    approved_price(&app);
    app.minute().await;
    let run = newest_run(&app, "quotation").await;
    app.sandbox.clear_faults();
    retry_dies(&mut app, &run).await;
    let before: Vec<Value> = app.sandbox.b1().rows("SpecialPrices");
    assert_eq!((before.len(), app.a_minute_later().await), (0, 1));
    assert_eq!(app.sandbox.b1().rows("SpecialPrices").len(), 1);
}
