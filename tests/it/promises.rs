//! A change and the message that follows from it are one thing, in every domain: a process dies where it sends, and
//! within a minute the sweeper, and nothing else, sends what was promised. Events, submissions, decisions and prices are
//! tried in `approvals/outbox.rs`, webhooks in `functions/webhooks/tests/it/outbox.rs`.

use crate::approvals::main_job::purchase_request;
use crate::base_data::test_app as base_data;
use crate::documents::test_app as documents;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tenon_engine::Moment;
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewInstance, Vendor};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

/// Sends of messages that follow from no change of the sender's, by file, and why.
const NO_CHANGE: &[(&str, &str)] = &[
    ("shared/platform/src/consumer.rs", "its own message is given back, put off or given up: its copy comes again"),
    ("shared/platform/src/queue.rs", "the way to the queue"),
    ("shared/platform/src/outbox/mod.rs", "what was promised"),
    ("shared/delivery/src/deliver.rs", "its own message goes on in another queue, or waits"),
    ("shared/delivery/src/fan_out.rs", "promised with their deliveries; those nobody has begun are sent once more"),
    ("shared/delivery/src/message.rs", "deliveries whose fan-out is promised until all are sent"),
    ("shared/tenants/src/call_log/enter.rs", "tells of a call; where the queue refuses it the entry is stored at once"),
    ("shared/flows/src/approvals/find.rs", "promised in this file before the marks, sent with what the page showed"),
    ("shared/flows/src/decisions/answer.rs", "promised, and queued for later: a copy goes on sooner"),
    ("shared/flows/src/issues/find.rs", "sent before the mark rises; what was not sent is found again"),
    ("shared/flows/src/issues/work.rs", "an event is done with when all of its feedings are sent"),
    (
        "shared/flows/src/manufacturing/find.rs",
        "promised in this file before the marks, sent with what the page showed",
    ),
    ("shared/operations/src/dead_letters.rs", "sent before the dead letter is taken away, so nothing is owed"),
    ("shared/flows/src/base_data/find.rs", "promised in this file before the marks, sent with what the page showed"),
];

fn sources(directory: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true if entry.ends_with("tests") => {}
            true => sources(&entry, found),
            false if entry.extension().is_some_and(|extension| extension == "rs") => found.push(entry),
            false => {}
        }
    }
}

#[test]
fn nothing_that_follows_from_a_change_is_sent_without_a_promise() {
    let (root, mut files) = (crate::template::source::root(), Vec::new());
    for directory in ["shared", "functions"] {
        sources(&root.join(directory), &mut files);
    }
    let mut known = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let sends = text.lines().any(|line| {
            let line = line.trim_start();
            let is_send = ["send_envelope(", "queue.send(", "queue.send_all("].iter().any(|call| line.contains(call));
            is_send && !line.starts_with("//") && !line.starts_with("use ")
        });
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        let reason = NO_CHANGE.iter().find(|(known, _)| *known == name);
        assert!(!sends || reason.is_some(), "{name} sends a message: promise it with outbox::Entry");
        known += usize::from(sends);
    }
    assert_eq!(known, NO_CHANGE.len(), "a file of the list sends nothing any more");
}

async fn newest_run(app: &TestApp, flow: &str) -> Run {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 1).await.unwrap();
    runs.into_iter().next().expect("a run")
}

/// A reconciliation dies where it sends its first message.
async fn reconciliation_dies(app: &mut TestApp) {
    app.clock.advance(Duration::from_secs(3600));
    app.dies_before_sending();
    let _ = tenon_approvals::reconcile::handler(&app.ctx).await;
}

async fn retry_dies(app: &mut TestApp, run: &Run) {
    app.dies_before_sending();
    assert!(operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.is_err());
}

// Base data.

#[tokio::test]
async fn records_whose_poll_dies_before_it_queues_them_are_sent_within_a_minute() {
    let mut app = base_data::app().await;
    for code in ["A-001", "A-002"] {
        base_data::item(&app, code, "聚氯乙烯");
    }
    app.dies_before_sending();
    assert!(operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("items")).await.is_err());
    assert!(app.a_minute_later().await >= 1);
    for code in ["A-001", "A-002"] {
        assert_eq!((base_data::mark(&app, code).as_str(), base_data::rows_of(&app, code).len()), ("Y", 1), "{code}");
    }
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!((base_data::sent(&app, "A-001").len(), base_data::sent(&app, "A-002").len()), (1, 1), "each once");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_retried_record_that_dies_before_it_is_queued_goes_on_within_a_minute() {
    let mut app = base_data::app().await;
    base_data::item(&app, "A-003", "");
    app.step().await;
    let run = base_data::run_of(&app, "items", "A-003").await;
    assert_eq!(run.status, RunStatus::Failed);
    base_data::change(&app, "A-003", json!({ "ItemName": "聚丙烯" }));
    retry_dies(&mut app, &run).await;
    assert_eq!(base_data::mark(&app, "A-003"), "N");
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(base_data::mark(&app, "A-003"), "Y");
}

// Documents.

fn on_orders(kind: FaultKind) -> Fault {
    Fault::new(kind).vendor(Vendor::B1).on("POST", "Orders")
}

#[tokio::test]
async fn what_is_left_of_a_pushed_document_goes_on_within_a_minute_when_its_call_dies_before_queueing_it() {
    let mut app = documents::app().await;
    app.sandbox.inject(on_orders(FaultKind::DropAfterCommit));
    // The look for it fails as well, so that the answer is no.
    app.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("GET", "Orders"));
    app.dies_before_sending();
    let (_, answer) = documents::post(&app, "oa-orders", &documents::order("88205").to_string()).await;
    assert!(!String::from_utf8_lossy(&answer).contains("\"Y\""), "{answer:?}");
    app.sandbox.clear_faults();
    assert_eq!(app.a_minute_later().await, 1);
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(documents::rows(&app, "Orders").len(), 1);
    assert_eq!(documents::newest_run(&app, "oa-orders").await.status, RunStatus::Succeeded);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_pushed_document_whose_call_dies_anywhere_is_taken_up_within_a_minute() {
    let name =
        |tenant: &TenantId| tenon_platform::table::Key::new(tenant, "DOCUMENT", &["weaver-main", "oa-orders"], "88206");
    let (mut taken_up, mut deaths) = (0, 0);
    for effect in 0.. {
        let mut survived = false;
        for moment in [Moment::Before, Moment::After] {
            let mut app = documents::app().await;
            app.restart(Some(Boundary { effect, moment }));
            let _ = documents::post(&app, "oa-orders", &documents::order("88206").to_string()).await;
            survived |= !app.crash_injector.is_dead();
            app.restart(None);
            let key = name(&TenantId::operator());
            let stored = app.ctx.table.get::<Value>(&key).await.unwrap();
            let open = stored.is_some_and(|stored| !stored.data["lease"].is_null());
            let swept = app.a_minute_later().await;
            assert!(!open || swept == 1, "{effect} {moment:?}: nothing goes on with the document");
            deaths += usize::from(open);
            taken_up += swept;
            for _ in 0..8 {
                app.minute().await;
            }
            let orders = documents::rows(&app, "Orders").len();
            assert_eq!(orders, usize::from(open || orders == 1), "{effect} {moment:?}");
            assert_eq!(app.dead_letters().await, Vec::<String>::new());
        }
        if survived {
            break;
        }
    }
    assert!(deaths > 4 && taken_up > 4, "{deaths} deaths, {taken_up} taken up");
}

#[tokio::test]
async fn a_document_that_is_answered_leaves_no_promise() {
    let mut app = documents::app().await;
    assert_eq!(documents::push(&app, "oa-orders", &documents::order("88207")).await["success"], "Y");
    assert_eq!(app.a_minute_later().await, 0);
    let refused = documents::push(&app, "oa-orders", &json!({ "requestid": "88208", "CardCode": "NOPE" })).await;
    assert_eq!(refused["success"], "N");
    assert_eq!(app.a_minute_later().await, 0);
}

#[tokio::test]
async fn a_retried_document_that_dies_before_it_is_queued_goes_on_within_a_minute() {
    let mut app = documents::app().await;
    let words = r#"{"error":{"code":-10,"message":{"lang":"en-us","value":"Item is locked"}}}"#;
    app.sandbox.inject(on_orders(FaultKind::Status(400, words.to_owned())).always());
    assert_eq!(documents::push(&app, "oa-orders", &documents::order("88209")).await["success"], "N");
    let run = documents::newest_run(&app, "oa-orders").await;
    assert_eq!(run.status, RunStatus::Failed, "{run:?}");
    app.sandbox.clear_faults();
    retry_dies(&mut app, &run).await;
    assert!(documents::rows(&app, "Orders").is_empty());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(documents::rows(&app, "Orders").len(), 1);
}

#[tokio::test]
async fn a_form_of_a_document_that_is_found_by_looking_is_taken_up_within_a_minute() {
    let mut app = documents::app().await;
    let form = crate::documents::forms::form("C100", &[("A-001", "1")]);
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    reconciliation_dies(&mut app).await;
    assert!(documents::rows(&app, "Orders").is_empty());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(documents::rows(&app, "Orders").len(), 1);
}

// What a reconciliation finds.

#[tokio::test]
async fn a_price_form_that_is_found_by_looking_is_written_within_a_minute() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let table = json!([[
        { "name": "物料代码", "value": "11028" }, { "name": "价格", "value": "205.5" }, { "name": "币种", "value": "CNY" }
    ]]);
    let form = NewInstance::new("PROC-Q").field("客户代码", "C20000").field("报价明细", &table.to_string());
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    reconciliation_dies(&mut app).await;
    assert_eq!((app.sandbox.b1().rows("SpecialPrices").len(), app.a_minute_later().await), (0, 1));
    assert_eq!(app.sandbox.b1().rows("SpecialPrices").len(), 1);
}

#[tokio::test]
async fn a_decision_that_is_found_by_looking_is_written_within_a_minute() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    reconciliation_dies(&mut app).await;
    assert!(app.decisions(draft).is_empty());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn a_form_that_people_handed_in_themselves_is_told_of_within_a_minute() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let form = NewInstance::new("PROC-PR").field("来源单号", "99999").field("申请人", "王");
    let instance = app.sandbox.dingtalk().create_instance(app.clock.now_ms(), form).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    reconciliation_dies(&mut app).await;
    assert_eq!(app.a_minute_later().await, 1);
    // Where its document was sent from is looked for a while.
    for _ in 0..15 {
        app.minute().await;
    }
    let run = newest_run(&app, "purchase-request").await;
    assert_eq!(run.instance.as_deref(), Some(instance.as_str()), "{run:?}");
    // It is done with: the next reconciliations neither read nor queue it.
    app.clock.advance(Duration::from_secs(3600));
    let _ = tenon_approvals::reconcile::handler(&app.ctx).await;
    assert_eq!(app.a_minute_later().await, 0);
}
