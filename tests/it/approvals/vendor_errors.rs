//! Errors are classed by what they mean: what is no known refusal is tried again or looked for.

use super::main_job::purchase_request;
use serde_json::json;
use std::time::Duration;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::kept::{self, Kind};
use tenon_platform::runs;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const INSTANCES: &str = "/v1.0/workflow/processInstances";

fn draft(app: &TestApp) -> i64 {
    app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0
}

fn dingtalk(code: &str) -> String {
    json!({ "code": code, "message": "出错了", "requestid": "x" }).to_string()
}

fn b1(code: i64, text: &str) -> String {
    json!({ "error": { "code": code, "message": { "lang": "en-us", "value": text } } }).to_string()
}

async fn newest_run(app: &TestApp) -> Run {
    let flow = FlowId::new("purchase-request");
    let mut runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 10).await.unwrap();
    // A poll that finds news has a run of its own.
    let of_document = runs.iter().position(|run| run.document.is_some());
    runs.remove(of_document.unwrap_or(0))
}

#[tokio::test]
async fn a_creation_that_failed_inside_is_looked_for_and_never_made_twice() {
    for code in ["sysErrror", "internalError", "neverSeenBefore"] {
        let mut app = TestApp::new(TestAppOptions::default()).await;
        let kind = FaultKind::StatusAfterCommit(400, dingtalk(code));
        app.sandbox.inject(Fault::new(kind).vendor(Vendor::DingTalk).on("POST", INSTANCES));
        let draft = draft(&app);
        app.minutes_until(4, "mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
        assert_eq!(app.instances_of(draft).len(), 1, "{code}");
        assert_eq!(app.dead_letters().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_broken_instance_among_those_looked_through_neither_hides_ours_nor_makes_a_second() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::DingTalk).on("POST", INSTANCES));
    let broken = FaultKind::Status(400, dingtalk("processFormDataIsNull"));
    app.sandbox.inject(Fault::new(broken).vendor(Vendor::DingTalk).on("GET", INSTANCES).times(3));
    let draft = draft(&app);
    app.minutes_until(8, "mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    assert_eq!(app.instances_of(draft).len(), 1);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_form_whose_automation_is_slowed_down_waits() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let kind = FaultKind::Status(400, dingtalk("autoflowLikeTriggerRateLimited"));
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::DingTalk).on("POST", INSTANCES).times(3));
    let draft = draft(&app);
    app.minutes_until(8, "mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    assert_eq!(app.instances_of(draft).len(), 1);
}

#[tokio::test]
async fn an_instance_that_cannot_be_read_is_not_decided_by_its_event() {
    for code in ["internalError", "neverSeenBefore"] {
        let mut app = TestApp::new(TestAppOptions::default()).await;
        let draft = draft(&app);
        app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
        app.minute().await;
        let fault = Fault::new(FaultKind::Status(400, dingtalk(code))).vendor(Vendor::DingTalk);
        app.sandbox.inject(fault.on("GET", INSTANCES).always());
        let instance = app.open_instance(draft).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意，按合同").unwrap();
        for _ in 0..10 {
            app.minute().await;
        }
        assert_eq!(app.decisions(draft), Vec::<String>::new(), "{code}: decided on the event's word");
        app.sandbox.clear_faults();
        app.minutes_until(20, "decision", |s| s.draft(draft)["U_Approver"] == "manager01").await;
        assert_eq!(app.draft(draft)["U_Remarks"], "同意，按合同");
    }
}

#[tokio::test]
async fn a_deleted_event_of_an_instance_that_is_there_decides_nothing() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = draft(&app);
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let kind = FaultKind::Status(400, dingtalk("processFormDataIsNull"));
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::DingTalk).on("GET", INSTANCES).always());
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().delete(app.clock.now_ms(), &instance).unwrap();
    for _ in 0..5 {
        app.minute().await;
    }
    assert_eq!(app.draft(draft)["U_ISSYN"], "Y", "the marks went on the event's word");
}

#[tokio::test]
async fn a_sick_service_layer_is_outlived_and_after_an_hour_its_words_are_told() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let sick = || FaultKind::Status(400, b1(-1116, "Could not commit transaction: Error -1 detected"));
    app.sandbox.inject(Fault::new(sick()).vendor(Vendor::B1).on("PATCH", "Drafts").always());
    let first = draft(&app);
    for _ in 0..20 {
        app.minute().await;
    }
    assert_eq!(newest_run(&app).await.status, RunStatus::Retrying);
    app.sandbox.clear_faults();
    app.minutes_until(16, "mark", |s| s.draft(first)["U_ISSYN"] == "Y").await;
    assert_eq!(app.instances_of(first).len(), 1);

    app.sandbox.inject(Fault::new(sick()).vendor(Vendor::B1).on("PATCH", "Drafts").always());
    draft(&app);
    for _ in 0..75 {
        app.step().await;
        app.clock.advance(Duration::from_secs(60));
    }
    let run = newest_run(&app).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("Could not commit transaction"), "{}", run.message);
    assert_eq!(app.dead_letters().await.len(), 1);
}

#[tokio::test]
async fn an_outage_of_the_landscape_directory_passes_without_anybody_and_without_hammering() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let kind = FaultKind::Status(401, b1(-304, "Fail to get DB Credentials from SLD"));
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::B1).on("POST", "Login").always());
    let draft = draft(&app);
    for _ in 0..60 {
        app.step().await;
        app.clock.advance(Duration::from_secs(60));
    }
    // At 0, 1, 6, 21 and 51 minutes.
    assert_eq!(app.sandbox.calls("POST Login"), 5);
    app.sandbox.clear_faults();
    app.minutes_until(31, "mark", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
}

#[tokio::test]
async fn a_busy_vendors_year_is_no_year() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let draft = draft(&app);
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    app.clock.advance(Duration::from_secs(60));
    app.sandbox.inject(
        Fault::new(FaultKind::RetryAfter("31536000".to_owned())).vendor(Vendor::B1).on("PATCH", "ApprovalRequests"),
    );
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(20, "decision", |s| s.decisions(draft) == ["ardApproved"]).await;
}

#[tokio::test]
async fn a_long_text_is_cut_where_it_is_shown_and_kept_whole_once() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let long = "长文".repeat(50_000);
    let kind = FaultKind::Status(400, b1(-10, &long));
    app.sandbox.inject(Fault::new(kind).vendor(Vendor::B1).on("PATCH", "Drafts").always());
    draft(&app);
    for _ in 0..3 {
        app.minute().await;
    }
    let run = newest_run(&app).await;
    assert_eq!(run.status, RunStatus::Failed);
    let tenant = TenantId::operator();
    let steps = serde_json::to_string(&runs::steps(&app.ctx, &tenant, &run.id).await.unwrap()).unwrap();
    assert!(run.message.len() < 3_000 && steps.len() < 20_000, "{} {}", run.message.len(), steps.len());
    let letters = app.dead_letters().await;
    // The message carries the document besides.
    let letter: serde_json::Value = serde_json::from_str(&letters[0]).unwrap();
    let reason = letter["reason"].to_string();
    assert!(letters.len() == 1 && reason.len() < 3_000, "{}", reason.len());
    let kept = kept::of_kind(&app.ctx, &tenant, Kind::Words).await.unwrap();
    assert_eq!(kept.len(), 1);
    let (_, bytes) = kept::open(&app.ctx, &tenant, &kept[0].id).await.unwrap().unwrap();
    let whole = String::from_utf8(bytes).unwrap();
    assert!(whole.len() > 60_000 && whole.trim_end_matches('…').ends_with(['长', '文']), "{}", whole.len());
}
