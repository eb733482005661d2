//! Decisions whose document is not known by a link: an event that is too early, forms that were sent before, events
//! that never came, and forms that are taken back after their end.

use super::test_app::{app, goods_issue, of_key, over_issue_document};
use serde_json::{Value, json};
use tenon_model::run::{Run, RunStatus};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

async fn run_of(app: &TestApp, flow: &str, key: i64) -> Run {
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &FlowId::new(flow), 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(key))).unwrap()
}

async fn minutes(app: &mut TestApp, count: usize) {
    for _ in 0..count {
        app.minute().await;
    }
}

async fn sent(app: &mut TestApp, draft: i64) -> String {
    app.minutes_until(4, "submission", |s| {
        of_key(s, draft).last().is_some_and(|n| s.draft(draft)["U_SPNO"] == n.as_str())
    })
    .await;
    of_key(app, draft).pop().unwrap()
}

fn over_issue(app: &TestApp, fields: Value) -> i64 {
    app.sandbox.b1().create_document(app.clock.now_ms(), "OVERISSUE", fields).unwrap()["DocEntry"].as_i64().unwrap()
}

// R-C13
#[tokio::test]
async fn an_event_that_outruns_the_answer_to_our_form_is_not_lost() {
    let mut app = app().await;
    let fault = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent");
    app.sandbox.inject(fault);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let mut steps = 0;
    while of_key(&app, draft).is_empty() {
        app.step().await;
        app.clock.advance(std::time::Duration::from_secs(5));
        steps += 1;
        assert!(steps < 60, "not submitted");
    }
    assert!(app.draft(draft)["U_SPNO"].is_null(), "the answer is lost");
    let number = of_key(&app, draft).remove(0);
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.deliver_callbacks().await;
    assert!(app.sandbox.wecom().callbacks().iter().all(|c| c.state == "delivered"), "told while nobody knows it");
    app.minutes_until(10, "write-back", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    assert_eq!((app.decisions(draft), of_key(&app, draft)), (vec!["ardApproved".to_owned()], vec![number]));
}

// R-C17
#[tokio::test]
async fn a_form_sent_before_is_found_by_the_number_that_the_document_carries() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let wecom = app.sandbox.clone();
    let of_draft = wecom.wecom().hand_in(now, "TMPL-SCRAP", "zhangtao", &[("Text-1", "no key of ours")]);
    let of_custom = wecom.wecom().hand_in(now, "TMPL-OVER", "lisi", &[("Text-1", "900007")]);
    let draft = goods_issue("报废", &[&[1]]).field("U_ISSYN", "Y").field("U_SPNO", of_draft.as_str());
    let (draft, _) = app.sandbox.b1().create_draft(now, draft).unwrap();
    let custom = over_issue(&app, json!({ "DocNum": 900_007, "U_ISSYN": "Y", "U_SPNO": of_custom }));
    app.sandbox.wecom().approve(app.clock.now_ms(), &of_draft, "", "同意").unwrap();
    app.sandbox.wecom().refuse(app.clock.now_ms(), &of_custom, "", "不").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(draft).is_empty()).await;
    minutes(&mut app, 2).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    let row = app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(custom)).unwrap();
    assert_eq!(row["U_SUCCESS"], "N");
    let run = run_of(&app, "issue-scrap", draft).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(run.message.contains("found by U_SPNO"), "{}", run.message);
}

// R-C17: the dev guide's flows write no number; the key is read back from the form, and is never the DocNum.
#[tokio::test]
async fn without_a_number_the_forms_key_names_a_document_that_says_it_was_sent() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let (sent, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]]).field("U_ISSYN", "Y")).unwrap();
    let (unsent, _) = app.sandbox.b1().create_draft(now, goods_issue("别的", &[&[1]])).unwrap();
    let custom = over_issue(&app, json!({ "DocNum": 900_007, "U_ISSYN": "Y" }));
    let sandbox = app.sandbox.clone();
    let hand_in = |template, key: String| sandbox.wecom().hand_in(now, template, "zhangtao", &[("Text-1", &key)]);
    let forms = [
        hand_in("TMPL-SCRAP", sent.to_string()),
        hand_in("TMPL-SCRAP", unsent.to_string()),
        hand_in("TMPL-OVER", "900007".to_owned()),
    ];
    for form in &forms {
        app.sandbox.wecom().approve(app.clock.now_ms(), form, "", "同意").unwrap();
    }
    app.minutes_until(6, "write-back", |s| !s.decisions(sent).is_empty()).await;
    minutes(&mut app, 3).await;
    assert_eq!((app.decisions(sent).len(), app.decisions(unsent).len()), (1, 0), "one was never sent");
    let row = app.sandbox.b1().row("OVERISSUE", "DocEntry", &json!(custom)).unwrap();
    assert!(row["U_SUCCESS"].is_null(), "a DocNum is no key");
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-C19
#[tokio::test]
async fn the_end_of_a_form_without_a_link_that_no_event_told_of_is_found_by_listing() {
    let mut app = app().await;
    app.sandbox.wecom().set_callback_url(None);
    app.minute().await;
    let now = app.clock.now_ms();
    let number = app.sandbox.wecom().hand_in(now, "TMPL-SCRAP", "zhangtao", &[("Text-1", "x")]);
    let draft = goods_issue("报废", &[&[1]]).field("U_ISSYN", "Y").field("U_SPNO", number.as_str());
    let (draft, _) = app.sandbox.b1().create_draft(now, draft).unwrap();
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.minutes_until(12, "write-back", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert!(app.sandbox.snapshot().requests["POST /cgi-bin/oa/getapprovalinfo"] > 0);
}

// R-C19: a failed write-back is retried by itself, and by an operator.
#[tokio::test]
async fn a_write_back_that_b1_refused_goes_on_when_it_was_mended() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    let refusal = r#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"no licence"}}}"#.to_owned();
    app.sandbox.inject(
        Fault::new(FaultKind::Status(400, refusal)).vendor(Vendor::B1).on("PATCH", "ApprovalRequests").times(1),
    );
    app.sandbox
        .inject(Fault::new(FaultKind::Status(501, String::new())).vendor(Vendor::B1).on("POST", "$batch").always());
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    minutes(&mut app, 3).await;
    let run = run_of(&app, "issue-scrap", draft).await;
    if run.status == RunStatus::Failed {
        tenon_flows::operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    }
    app.minutes_until(5, "write-back", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

// R-C10
#[tokio::test]
async fn a_form_taken_back_after_its_approval_is_told_and_nothing_is_undone() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(draft).is_empty()).await;
    minutes(&mut app, 2).await;
    let before = app.draft(draft);
    app.sandbox.wecom().withdraw(app.clock.now_ms(), &number).unwrap();
    minutes(&mut app, 3).await;
    let run = run_of(&app, "issue-scrap", draft).await;
    assert!(run.message.contains("withdrawn in the OA after it was approved"), "{}", run.message);
    assert_eq!((app.draft(draft), app.decisions(draft).len(), of_key(&app, draft).len()), (before, 1, 1));
}

// R-C10
#[tokio::test]
async fn one_that_is_taken_back_before_b1_was_told_is_told_too() {
    let mut app = app().await;
    let document = over_issue_document(&app, Some("lisi"));
    app.minutes_until(4, "submission", |s| of_key(s, document).len() == 1).await;
    app.minute().await;
    let number = of_key(&app, document).remove(0);
    let until_ms = app.clock.now_ms() + 240_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    minutes(&mut app, 1).await;
    app.sandbox.wecom().withdraw(app.clock.now_ms(), &number).unwrap();
    minutes(&mut app, 30).await;
    let run = run_of(&app, "over-issue", document).await;
    assert!(run.message.contains("withdrawn in the OA"), "{}", run.message);
}

// R-C14: 301025 is said of every wrong parameter, so it decides nothing
#[tokio::test]
async fn an_approval_that_wecom_does_not_show_is_not_taken_for_one_that_is_gone() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    let refusal = FaultKind::Status(200, r#"{"errcode":301025,"errmsg":"get approval param error"}"#.to_owned());
    let detail = "/cgi-bin/oa/getapprovaldetail";
    app.sandbox.inject(Fault::new(refusal).vendor(Vendor::WeCom).on("POST", detail).times(6));
    minutes(&mut app, 12).await;
    assert_eq!(app.draft(draft)["U_SPNO"], number.as_str(), "it is not taken for withdrawn");
    assert_eq!(of_key(&app, draft).len(), 1);
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意").unwrap();
    app.minutes_until(30, "write-back", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}
