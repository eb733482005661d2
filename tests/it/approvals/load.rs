//! What an outage or a great number of documents costs: messages and calls, not more than documents.

use super::main_job::purchase_request;
use serde_json::json;
use std::collections::BTreeSet;
use tenon_model::message::Envelope;
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

async fn messages(app: &TestApp) -> usize {
    app.local.queue.depth(&APPROVALS_SUBMIT).await.unwrap().total()
}

/// A minute in three steps, for hours in which little happens.
async fn minute(app: &mut TestApp) {
    for _ in 0..3 {
        app.step().await;
        app.clock.advance(std::time::Duration::from_secs(20));
    }
}

fn drafts(app: &TestApp, number: usize) -> Vec<i64> {
    let new = |_| app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0;
    (0..number).map(new).collect()
}

async fn all_submitted(app: &mut TestApp, drafts: &[i64]) {
    let wanted = drafts.len();
    app.minutes_until(70, "submission of all", move |s| s.sandbox.dingtalk().instance_count() >= wanted).await;
    for draft in drafts {
        assert_eq!(app.instances_of(*draft).len(), 1, "draft {draft}");
    }
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_hour_without_approval_requests_queues_each_document_once_at_most() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let drafts = drafts(&app, 50);
    app.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).on("GET", "ApprovalRequests").always());
    let mut most = 0;
    for _ in 0..60 {
        minute(&mut app).await;
        most = most.max(messages(&app).await);
    }
    assert!(most <= drafts.len(), "{most} messages of {} documents", drafts.len());
    let reads = app.sandbox.calls("GET ApprovalRequests");
    println!("{most} messages of {} documents, {reads} reads within an hour", drafts.len());
    assert!(reads < 600, "{reads} reads of a set that is out");
    app.sandbox.clear_faults();
    all_submitted(&mut app, &drafts).await;
}

#[tokio::test]
async fn an_hour_without_b1_costs_a_probe_a_minute() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let drafts = drafts(&app, 20);
    // Queued, and then nothing answers.
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
    assert_eq!(messages(&app).await, 20);
    app.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).always());
    for _ in 0..10 {
        app.minute().await;
    }
    let before = calls(&app);
    for _ in 0..50 {
        minute(&mut app).await;
    }
    let made = calls(&app) - before;
    assert!(made <= 120, "{made} calls in 50 minutes of an outage");
    assert_eq!(messages(&app).await, 20);
    app.sandbox.clear_faults();
    all_submitted(&mut app, &drafts).await;
}

fn calls(app: &TestApp) -> usize {
    app.sandbox.snapshot().log.len()
}

#[tokio::test]
async fn no_two_messages_of_one_document_are_under_way_while_many_polls_look() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| c["flows"][0]["source"]["page_size"] = json!(7)),
        ..TestAppOptions::default()
    })
    .await;
    let drafts = drafts(&app, 30);
    for _ in 0..5 {
        tenon_approvals::poll::handler(&app.ctx).await.unwrap();
        app.clock.advance(std::time::Duration::from_secs(60));
    }
    let seen = app.local.queue.peek(&APPROVALS_SUBMIT, 100).await.unwrap();
    let works: BTreeSet<String> = seen
        .iter()
        .map(|m| serde_json::from_str::<Envelope>(&m.body).unwrap())
        .map(|e| serde_json::to_value(&e.body).unwrap()["key"].to_string())
        .collect();
    assert_eq!((seen.len(), works.len()), (30, 30));
    all_submitted(&mut app, &drafts).await;
}

#[tokio::test]
async fn a_document_that_is_sent_again_is_not_held_up_by_the_message_of_its_former_attempt() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = drafts(&app, 1)[0];
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().terminate(app.clock.now_ms(), &instance).unwrap();
    app.minutes_until(5, "another submission", |s| s.instances_of(draft).len() == 2).await;
}
