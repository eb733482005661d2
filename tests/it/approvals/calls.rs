//! How often B1 is called for a document, with and without its `$batch`, and that nothing is lost where several
//! calls share one answer.

use super::main_job::purchase_request;
use serde_json::json;
use tenon_sandbox::{Fault, FaultKind, RequestRecord, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const DRAFTS: usize = 20;

/// HTTP requests to B1 for drafts, logins apart and polls that find nothing: those for orders, of which there are
/// none, and those for drafts after the first `submitted` requests, when none is left.
fn round_trips(app: &TestApp, submitted: usize) -> usize {
    let finds_nothing = |at: usize, r: &RequestRecord| {
        r.method == "GET" && (r.path.ends_with("/Orders") || (at >= submitted && r.path.ends_with("/Drafts")))
    };
    let log = app.sandbox.snapshot().log;
    let of_b1 = log.iter().enumerate().filter(|(_, r)| r.path.contains("/b1s/") && !r.path.ends_with("/Login"));
    of_b1.filter(|(at, r)| !finds_nothing(*at, r)).count()
}

/// Takes drafts through the approval; returns round trips per draft.
async fn approve_all(app: &mut TestApp, number: usize) -> f64 {
    let drafts: Vec<i64> =
        (0..number).map(|_| app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap().0).collect();
    let all = drafts.clone();
    app.minutes_until(5, "submission", move |s| all.iter().all(|d| s.draft(*d)["U_ISSYN"] == "Y")).await;
    let submitted = app.sandbox.snapshot().log.len();
    for draft in &drafts {
        let instance = app.open_instance(*draft).unwrap();
        app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    }
    let all = drafts.clone();
    app.minutes_until(20, "decisions", move |s| all.iter().all(|d| !s.decisions(*d).is_empty())).await;
    app.minute().await;
    for draft in &drafts {
        assert_eq!(app.decisions(*draft), ["ardApproved"], "draft {draft}");
        assert_eq!(app.instances_of(*draft).len(), 1);
    }
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    round_trips(app, submitted) as f64 / number as f64
}

fn assert_all_have_approver(app: &TestApp) {
    for draft in app.sandbox.b1().rows("Drafts") {
        assert_eq!((&draft["U_Approver"], &draft["U_Remarks"]), (&json!("manager01"), &json!("同意")));
    }
}

#[tokio::test]
async fn a_draft_with_approver_fields_costs_no_more_than_four_and_a_fifth() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let calls = approve_all(&mut app, DRAFTS).await;
    assert_all_have_approver(&app);
    assert!(calls <= 4.2, "{calls} calls a draft");
}

#[tokio::test]
async fn a_draft_without_costs_no_more_than_three_and_a_fifth() {
    let mut app = TestApp::new(TestAppOptions {
        config: Some(|c| c["flows"][0]["marks"] = json!({})),
        ..TestAppOptions::default()
    })
    .await;
    let calls = approve_all(&mut app, DRAFTS).await;
    assert!(calls <= 3.2, "{calls} calls a draft");
}

#[tokio::test]
async fn a_site_whose_batch_is_off_is_called_one_by_one() {
    let refusals = [
        FaultKind::Html(404),
        FaultKind::Html(503),
        FaultKind::Status(404, r#"{"error":{"code":-2028,"message":{"value":"no such resource"}}}"#.to_owned()),
        FaultKind::Status(400, r#"{"error":{"code":-1000,"message":{"value":"malformed"}}}"#.to_owned()),
    ];
    for refusal in refusals {
        let mut app = TestApp::new(TestAppOptions::default()).await;
        app.sandbox.inject(Fault::new(refusal).vendor(Vendor::B1).on("POST", "$batch").always());
        approve_all(&mut app, 3).await;
        assert_all_have_approver(&app);
    }
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_decides_once() {
    for kind in [FaultKind::DropAfterCommit, FaultKind::DropBeforeCommit, FaultKind::Html(502)] {
        for nth in 1..=2 {
            let mut app = TestApp::new(TestAppOptions::default()).await;
            app.sandbox.inject(Fault::new(kind.clone()).vendor(Vendor::B1).on("POST", "$batch").nth(nth).times(3));
            approve_all(&mut app, 3).await;
            assert_all_have_approver(&app);
        }
    }
}

/// Somebody changes the draft in B1's own client.
fn change_in_b1(app: &TestApp, draft: i64, fields: serde_json::Value) {
    let send = |method: &str, path: &str, cookie: &str, body: serde_json::Value| {
        let request = http::Request::builder().method(method).uri(format!("http://b1/b1s/v1/{path}"));
        let request = request.header("cookie", cookie).body(body.to_string().into()).unwrap();
        match app.sandbox.handle(app.clock.now_ms(), request) {
            tenon_sandbox::Outcome::Answer { response, .. } => response,
            other => panic!("{other:?}"),
        }
    };
    let login = json!({ "CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox-b1" });
    let answer = send("POST", "Login", "", login);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(send("PATCH", &format!("Drafts({draft})"), &cookie, fields).status(), 204);
}

#[tokio::test]
async fn a_document_that_changes_after_its_page_was_read_is_read_again_when_it_is_marked() {
    let mut app = TestApp::new(TestAppOptions::default()).await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    tenon_approvals::poll::handler(&app.ctx).await.unwrap();
    change_in_b1(&app, draft, json!({ "RequesterName": "another" }));
    app.minutes_until(3, "submission", |s| s.draft(draft)["U_ISSYN"] == "Y").await;
    let reads = app.sandbox.snapshot().calls_of(&format!("GET Drafts({draft})"));
    assert_eq!(reads, 1, "not read again after it had changed");
    assert_eq!(app.instances_of(draft).len(), 1);
}
