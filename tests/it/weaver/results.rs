//! Results, each answered with what came of it: the second half of story E3.

use super::test_app::{CODE, URL, app, draft, marked, purchase_request, push, requests_of, run_of, submitted};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::concurrency::enter;
use tenon_sandbox::{Fault, FaultKind, Vendor, WeaverPush};
use tenon_tests::TestApp;

fn result(request: &str, status: &str) -> Value {
    json!({ "requestid": request.parse::<i64>().unwrap(), "status": status, "approver": "李总", "remark": "同意采购" })
}

fn remarks(app: &TestApp, draft: i64) -> Vec<String> {
    app.sandbox.b1().accepted_decisions(draft).into_iter().map(|d| d.remarks).collect()
}

// E3/5, R-W31, R-W34, R-W37, R-W38, R-W39
#[tokio::test]
async fn a_result_is_in_b1_before_it_is_answered_and_its_opposite_is_refused() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    let mut body = result(&request, "1");
    body["at"] = json!("2026-11-22 07:59:30");
    let answer = push(&app, &body).await;
    assert_eq!(answer["success"], "Y", "{answer}");
    assert_eq!(
        (app.decisions(draft), remarks(&app, draft)),
        (vec!["ardApproved".to_owned()], vec!["同意采购".to_owned()])
    );
    let shown = app.draft(draft);
    let field = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
    assert_eq!((field("U_Approver"), field("U_Remarks")), ("李总".to_owned(), "同意采购".to_owned()));
    assert!(field("U_ApprovalDate").starts_with("2026-11-22"), "{shown}");
    let again = push(&app, &body).await;
    assert_eq!((&again["success"], app.decisions(draft).len()), (&json!("Y"), 1));
    let opposite = push(&app, &result(&request, "2")).await;
    assert_eq!(opposite["success"], "N");
    assert!(opposite["message"].as_str().unwrap().contains("already approved"), "{opposite}");
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((app.decisions(draft).len(), app.dead_letters().await.len()), (1, 0));
    assert_eq!(run_of(&app, "pr", draft).await.status, RunStatus::Succeeded);
}

// E3/6, R-W33, R-W34, R-W36
#[tokio::test]
async fn only_configured_words_decide_and_long_words_are_cut() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    let step = push(&app, &result(&request, "5")).await;
    assert_eq!((&step["success"], app.decisions(draft).len()), (&json!("Y"), 0));
    let mut refused = result(&request, "2");
    refused["remark"] = json!("长".repeat(260));
    assert_eq!(push(&app, &refused).await["success"], "Y");
    assert_eq!(app.decisions(draft), ["ardNotApproved"]);
    assert_eq!(remarks(&app, draft)[0].chars().count(), 200);
    let unknown = push(&app, &result("999", "1")).await;
    assert_eq!((&unknown["success"], &unknown["code"]), (&json!("N"), &json!("flow.instance-unknown")));
}

// R-W37
#[tokio::test]
async fn a_result_that_found_no_place_goes_on_as_soon_as_one_is_free() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    let (erp, oa) = (ConnectionId::new("b1-main"), ConnectionId::new("weaver-main"));
    let tenant = TenantId::operator();
    let mut places = Vec::new();
    for _ in 0..8 {
        places.push(enter(&app.ctx, &tenant, [&erp, &oa], "write-back", 8).await.unwrap());
    }
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!((&answer["success"], &answer["code"]), (&json!("N"), &json!("platform.connection-busy")), "{answer}");
    places.clear();
    // Well before the work that was queued for later.
    app.step().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    app.minute().await;
    app.minute().await;
    assert_eq!((app.decisions(draft).len(), app.dead_letters().await.len()), (1, 0));
    assert_eq!(push(&app, &result(&request, "1")).await["success"], "Y");
}

/// Gives the lines of a draft's approval request to another user.
fn hand_over(app: &TestApp, request: i64, user: i64) {
    let mut lines =
        app.sandbox.b1().row("ApprovalRequests", "Code", &json!(request)).unwrap()["ApprovalRequestLines"].clone();
    for line in lines.as_array_mut().unwrap() {
        line["UserID"] = json!(user);
    }
    let fields = json!({ "ApprovalRequestLines": lines });
    app.sandbox.b1().change_document(app.clock.now_ms(), "ApprovalRequests", request, fields).unwrap();
}

// E3/7: B1 refuses, is mended, and the OA pushes again
#[tokio::test]
async fn what_b1_refuses_is_answered_in_its_words_and_the_repeat_gets_the_result() {
    let mut app = app().await;
    let (draft, waiting) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request("66")).unwrap();
    let request = marked(&mut app, "23", draft).await;
    hand_over(&app, waiting.unwrap(), 5);
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!(answer["success"], "N", "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("not an approver of the current stage"), "{answer}");
    assert!(app.decisions(draft).is_empty());
    hand_over(&app, waiting.unwrap(), 1);
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!((&answer["success"], app.decisions(draft)), (&json!("Y"), vec!["ardApproved".to_owned()]), "{answer}");
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((app.decisions(draft).len(), app.dead_letters().await.len()), (1, 0));
}

// R-W37: not done in time is answered, and goes on through the queue
#[tokio::test]
async fn what_is_not_done_in_time_goes_on_and_the_repeat_gets_the_result() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    let until_ms = app.clock.now_ms() + 120_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    let before = app.clock.now_ms();
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!(answer["success"], "N", "{answer}");
    assert!(app.clock.now_ms() - before <= 26_000);
    app.minutes_until(8, "write-back", |s| !s.decisions(draft).is_empty()).await;
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!((&answer["success"], app.decisions(draft).len()), (&json!("Y"), 1));
}

// R-W20, R-W37: B1 hangs
#[tokio::test]
async fn a_b1_that_hangs_is_answered_for_within_twenty_five_seconds() {
    let mut app = app().await;
    let (draft, request) = submitted(&mut app).await;
    app.clock.advance(Duration::from_secs(1_200));
    let slow = Fault::new(FaultKind::Latency(Duration::from_secs(29))).vendor(Vendor::B1).times(3);
    app.sandbox.inject(slow);
    let before = app.clock.now_ms();
    let answer = push(&app, &result(&request, "1")).await;
    let took = app.clock.now_ms() - before;
    assert_eq!(answer["success"], "N", "{answer}");
    assert!((20_000..=26_000).contains(&took), "{took}");
    app.minutes_until(8, "write-back", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft).len(), 1);
}

// R-W38
#[tokio::test]
async fn a_draft_that_a_person_decided_in_b1_is_not_overwritten() {
    let mut app = app().await;
    let (draft, id) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request("66")).unwrap();
    let request = marked(&mut app, "23", draft).await;
    app.sandbox.b1().end_request(id.unwrap(), "arsNotApproved").unwrap();
    let answer = push(&app, &result(&request, "1")).await;
    assert_eq!(answer["success"], "N", "{answer}");
    assert!(app.decisions(draft).is_empty());
}

// E3/8, R-W33
#[tokio::test]
async fn a_result_of_a_draft_that_was_sent_before_tenon_is_written_all_the_same() {
    let app = app().await;
    let old = draft("67", "71").field("U_ISSYN", "Y").field("U_REQUESTID", "2900001");
    let (old, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), old).unwrap();
    let answer = push(&app, &result("2900001", "1")).await;
    assert_eq!((&answer["success"], app.decisions(old)), (&json!("Y"), vec!["ardApproved".to_owned()]), "{answer}");
    assert_eq!(run_of(&app, "transfer", old).await.status, RunStatus::Succeeded);
    assert_eq!(push(&app, &result("2900001", "1")).await["success"], "Y");
    assert_eq!(app.decisions(old).len(), 1);
    let twice = || draft("67", "71").field("U_ISSYN", "Y").field("U_REQUESTID", "2900002");
    for _ in 0..2 {
        app.sandbox.b1().create_draft(app.clock.now_ms(), twice()).unwrap();
    }
    let unclear = push(&app, &result("2900002", "1")).await;
    assert_eq!((&unclear["success"], &unclear["code"]), (&json!("N"), &json!("flow.instance-unclear")));
}

// E3/9, R-W40
#[tokio::test]
async fn a_corrected_draft_gets_a_new_request_and_a_late_result_of_the_old_changes_nothing() {
    let mut app = app().await;
    let (draft, first) = submitted(&mut app).await;
    assert_eq!(push(&app, &result(&first, "2")).await["success"], "Y");
    let now = app.clock.now_ms();
    app.sandbox.b1().change_document(now, "Drafts", draft, json!({ "U_ISSYN": "N" })).unwrap();
    app.sandbox.b1().hand_in_again(now, "Drafts", draft).unwrap();
    app.minutes_until(5, "second request", |s| requests_of(s, "23", &draft.to_string()).len() == 2).await;
    let second = marked(&mut app, "23", draft).await;
    assert_ne!(first, second);
    let late = push(&app, &result(&first, "1")).await;
    assert_eq!((&late["success"], app.decisions(draft)), (&json!("N"), vec!["ardNotApproved".to_owned()]));
    assert_eq!(push(&app, &result(&second, "1")).await["success"], "Y");
    assert_eq!(app.decisions(draft), ["ardNotApproved", "ardApproved"]);
}

// R-W40: no result is ever pushed
#[tokio::test]
async fn what_was_returned_or_deleted_is_found_and_sent_again_and_what_was_archived_is_told() {
    let mut app = app().await;
    app.sandbox.weaver().set_push(None);
    let (returned, one) = submitted(&mut app).await;
    let (deleted, other) = submitted(&mut app).await;
    let (archived, third) = submitted(&mut app).await;
    let now = app.clock.now_ms();
    app.sandbox.weaver().give_back(now, &one).unwrap();
    app.sandbox.weaver().delete(now, &other).unwrap();
    app.sandbox.weaver().archive(now, &third).unwrap();
    for draft in [returned, deleted] {
        app.minutes_until(12, "second request", |s| requests_of(s, "23", &draft.to_string()).len() == 2).await;
    }
    let run = run_of(&app, "pr", archived).await;
    assert!(run.message.contains("archived") && run.status == RunStatus::Running, "{run:?}");
    assert!(app.decisions(archived).is_empty());
    // The site finds out and pushes it by hand.
    assert_eq!(push(&app, &result(&third, "1")).await["success"], "Y");
    assert_eq!(app.decisions(archived), ["ardApproved"]);
}

// R-W32: form bodies
#[tokio::test]
async fn a_form_body_is_read_as_json_is() {
    let mut app = app().await;
    app.sandbox.weaver().set_push(Some(WeaverPush { form_body: true, ..WeaverPush::to(URL, CODE) }));
    let (draft, request) = submitted(&mut app).await;
    app.sandbox.weaver().approve(app.clock.now_ms(), &request, "李总", "同意 100%").unwrap();
    app.deliver_callbacks().await;
    assert_eq!(app.sandbox.weaver().pushes()[0].state, "delivered");
    assert_eq!(remarks(&app, draft), ["同意 100%"]);
    for wrong in ["", "<xml/>", r#"{"status":"1"}"#] {
        assert_eq!(super::test_app::push_as(&app, CODE, wrong).await.0, 400, "{wrong}");
    }
}
