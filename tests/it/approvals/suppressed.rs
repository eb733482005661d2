//! Documents that cannot be submitted as the flow stands: told once, left alone, and taken up again as
//! soon as somebody has acted.

use super::main_job::purchase_request;
use serde_json::json;
use std::time::Duration;
use tenon_flows::operator;
use tenon_model::config::{ApprovalFlow, Connection, Flow};
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

fn flow() -> FlowId {
    FlowId::new("purchase-request")
}

/// A site whose flow names an approver whom B1 does not know.
async fn with_an_unknown_approver() -> TestApp {
    let config = Some((|c| c["flows"][0]["source"]["approver"] = json!("nobody")) as fn(&mut serde_json::Value));
    TestApp::new(TestAppOptions { config, ..TestAppOptions::default() }).await
}

/// A site whose poll does not bring the documents, so that one can be refused when it is read.
async fn with_documents_read_for_themselves() -> TestApp {
    let config = Some((|c| c["flows"][0]["source"]["select"] = json!("DocEntry")) as fn(&mut serde_json::Value));
    TestApp::new(TestAppOptions { config, ..TestAppOptions::default() }).await
}

fn draft(app: &TestApp) -> i64 {
    app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0
}

async fn minutes(app: &mut TestApp, count: usize) {
    for _ in 0..count {
        app.minute().await;
    }
}

/// Applies the configuration again, with this flow changed.
async fn apply_changed(app: &TestApp, change: impl FnOnce(&mut ApprovalFlow)) {
    let tenant = TenantId::operator();
    let loaded = app.ctx.config.load(&tenant).await.unwrap();
    let connections: Vec<Connection> = loaded.connections().map(|c| c.as_ref().clone()).collect();
    let mut flows: Vec<Flow> = loaded.flows().to_vec();
    match flows.iter_mut().find(|f| *f.id() == flow()) {
        Some(Flow::Approval(found)) => change(found),
        other => panic!("{other:?}"),
    }
    app.ctx.config.replace(&tenant, connections, flows, &app.ctx.entropy).await.unwrap();
}

async fn runs_of(app: &TestApp, key: i64) -> Vec<Run> {
    let mut runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow(), 100).await.unwrap();
    runs.retain(|r| r.document == Some(DocumentKey::Number(key)));
    runs
}

async fn failed_runs(app: &TestApp, key: i64) -> Vec<Run> {
    let mut runs = runs_of(app, key).await;
    runs.retain(|r| r.status == RunStatus::Failed);
    runs
}

/// B1 refuses to show this draft the next time it is read.
fn refuse_once(app: &TestApp, key: i64) {
    let refused = json!({ "error": { "code": -10, "message": { "lang": "en-us", "value": "no authorization" } } });
    let kind = FaultKind::Status(400, refused.to_string());
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::B1).on("GET", &format!("Drafts({key})")));
}

#[tokio::test]
async fn a_wrong_setting_makes_one_dead_letter_a_document_and_not_one_a_minute() {
    let mut app = with_an_unknown_approver().await;
    let first = draft(&app);
    minutes(&mut app, 5).await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].contains("no user with the code nobody"), "{}", letters[0]);
    assert_eq!(failed_runs(&app, first).await.len(), 1);

    let second = draft(&app);
    minutes(&mut app, 5).await;
    assert_eq!(app.dead_letters().await.len(), 2, "a document of its own has a letter of its own");
    assert_eq!(failed_runs(&app, second).await.len(), 1);
}

#[tokio::test]
async fn a_corrected_flow_takes_the_document_up_at_the_next_poll() {
    let mut app = with_an_unknown_approver().await;
    let draft = draft(&app);
    minutes(&mut app, 3).await;
    assert_eq!(app.dead_letters().await.len(), 1);

    apply_changed(&app, |flow| flow.source.approver = None).await;
    minutes(&mut app, 1).await;
    assert!(app.open_instance(draft).is_some(), "still left alone");
    assert_eq!(app.dead_letters().await.len(), 1);
}

#[tokio::test]
async fn a_configuration_applied_without_a_change_brings_no_second_letter() {
    let mut app = with_an_unknown_approver().await;
    draft(&app);
    minutes(&mut app, 2).await;
    apply_changed(&app, |_| {}).await;
    minutes(&mut app, 2).await;
    assert_eq!(app.dead_letters().await.len(), 1);
}

#[tokio::test]
async fn retry_submits_it_and_an_hour_later_it_is_tried_without_being_asked() {
    let mut app = with_documents_read_for_themselves().await;
    let (retried, waited) = (draft(&app), draft(&app));
    refuse_once(&app, retried);
    refuse_once(&app, waited);
    minutes(&mut app, 3).await;
    assert_eq!(app.dead_letters().await.len(), 2);
    assert!(app.instances_of(retried).is_empty() && app.instances_of(waited).is_empty(), "not left alone");

    let run = failed_runs(&app, retried).await.remove(0);
    let text = operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap().into_message();
    assert!(text.contains("queued"), "{text}");
    minutes(&mut app, 1).await;
    assert!(app.open_instance(retried).is_some(), "retry did not submit it");
    let runs = runs_of(&app, retried).await;
    assert_eq!(runs.len(), 1, "the run that was tried again is the one that goes on: {runs:?}");
    assert_eq!((runs[0].id.clone(), runs[0].status), (run.id, RunStatus::Running));
    assert!(app.instances_of(waited).is_empty());

    app.clock.advance(Duration::from_secs(3600));
    minutes(&mut app, 1).await;
    assert!(app.open_instance(waited).is_some(), "left alone for more than an hour");
    assert_eq!(app.dead_letters().await.len(), 2);
}

#[tokio::test]
async fn a_retry_that_finds_nothing_to_do_ends_its_run_and_says_why() {
    let mut app = with_documents_read_for_themselves().await;
    let draft = draft(&app);
    refuse_once(&app, draft);
    minutes(&mut app, 2).await;
    let run = failed_runs(&app, draft).await.remove(0);

    apply_changed(&app, |flow| flow.enabled = false).await;
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    minutes(&mut app, 1).await;
    let ended = runs_of(&app, draft).await.remove(0);
    assert_eq!((ended.id, ended.status), (run.id.clone(), RunStatus::Ended));
    assert!(ended.message.contains("is disabled"), "{}", ended.message);

    apply_changed(&app, |flow| flow.enabled = true).await;
    minutes(&mut app, 1).await;
    assert!(app.open_instance(draft).is_some());
    // The document has a run of its own now.
    let text = operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap().into_message();
    assert!(text.contains("in the hands of run"), "{text}");
    assert_eq!(app.instances_of(draft).len(), 1);
}

#[tokio::test]
async fn an_operators_run_takes_up_what_was_suppressed() {
    let mut app = with_documents_read_for_themselves().await;
    let draft = draft(&app);
    refuse_once(&app, draft);
    minutes(&mut app, 2).await;
    assert!(app.instances_of(draft).is_empty());
    let counts = operator::run_now(&app.ctx, &TenantId::operator(), &flow()).await.unwrap();
    assert_eq!((counts.found, counts.queued, counts.suppressed), (1, 1, 0));
    minutes(&mut app, 1).await;
    assert!(app.open_instance(draft).is_some());
}

#[tokio::test]
async fn a_poll_that_finds_what_the_poll_before_found_stores_it_not_again() {
    use tenon_platform::table::{Key, Range};
    let mut app = with_an_unknown_approver().await;
    draft(&app);
    minutes(&mut app, 3).await;
    let partition = Key::partition_of(&TenantId::operator(), "POLL", &["purchase-request"]);
    let last = async || {
        let page = app.local.table.query::<serde_json::Value>(&partition, Range::default()).await.unwrap();
        page.items.into_iter().map(|s| (s.version, s.data["counts"].clone())).collect::<Vec<_>>()
    };
    let before = last().await;
    assert_eq!(before[0].1["suppressed"], 1, "{before:?}");
    app.clock.advance(Duration::from_secs(60));
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
    assert_eq!(last().await, before);
}
