//! Drafts under an approval procedure: stories E6.

use super::test_app::{app, goods_issue, of_key, site_with};
use serde_json::{Value, json};
use tenon_sandbox::{Fault, FaultKind, Records, Vendor};
use tenon_tests::TestApp;

fn bodies(app: &TestApp, draft: i64) -> Vec<Value> {
    let number = of_key(app, draft);
    app.sandbox
        .wecom()
        .instances()
        .into_iter()
        .filter(|info| number.contains(&info["sp_no"].as_str().unwrap().to_owned()))
        .collect()
}

async fn sent(app: &mut TestApp, draft: i64) -> String {
    app.minutes_until(4, "submission", |s| {
        of_key(s, draft).last().is_some_and(|n| s.draft(draft)["U_SPNO"] == n.as_str())
    })
    .await;
    of_key(app, draft).pop().unwrap()
}

// R-C15, R-C18, R-C26, R-C28, R-C30, R-C31, R-C38, R-C39
#[tokio::test]
async fn a_draft_is_approved_in_wecom_and_in_b1() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    let shown = app.draft(draft);
    assert_eq!((shown["U_ISSYN"].as_str(), shown["U_SPNO"].as_str()), (Some("Y"), Some(number.as_str())));
    let info = bodies(&app, draft).remove(0);
    assert_eq!(info.pointer("/applyer/userid"), Some(&json!("zhangtao")));
    let contents = info.pointer("/apply_data/contents").unwrap().as_array().unwrap().clone();
    let value = |id: &str| contents.iter().find(|c| c["id"] == id).unwrap()["value"].clone();
    assert_eq!(value("Money-3")["new_money"], "1234.50");
    assert_eq!(value("Selector-4").pointer("/selector/options/0/key"), Some(&json!("option-77")));
    let rows = value("Table-5")["children"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 2);
    // A quantity of 0 is sent as 0, and a column that nothing fills is there.
    assert_eq!(rows[0].pointer("/list/1/value/new_number"), Some(&json!("0")));
    assert_eq!(rows[0].pointer("/list/2/value/text"), Some(&json!("")));

    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "同意报废").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    let shown = app.draft(draft);
    assert_eq!((shown["U_Approver"].as_str(), shown["U_Remarks"].as_str()), (Some("felix"), Some("同意报废")));
    assert_eq!(shown["U_ApprovalDate"], "2026-11-22");
    // A comment on the approved form, and a withdrawal after it, change nothing in B1.
    app.sandbox.wecom().comment(app.clock.now_ms(), &number, "谢谢").unwrap();
    app.sandbox.wecom().withdraw(app.clock.now_ms(), &number).unwrap();
    for _ in 0..4 {
        app.minute().await;
    }
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert_eq!(app.draft(draft)["U_SPNO"], number.as_str());
    assert_eq!(of_key(&app, draft).len(), 1);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-C21, R-C22, R-C23
#[tokio::test]
async fn a_draft_waits_for_the_stage_of_the_flows_approver_and_flows_of_one_kind_of_draft_keep_apart() {
    let mut app = app().await;
    let now = app.clock.now_ms();
    let (later, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[4], &[1]])).unwrap();
    let (first, _) = app.sandbox.b1().create_draft(now, goods_issue("部门领用", &[&[1], &[4]])).unwrap();
    let number = sent(&mut app, first).await;
    assert_eq!(of_key(&app, later), Vec::<String>::new(), "its stage has not come");
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(first).is_empty()).await;
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!(app.decisions(first), ["ardApproved"], "the stage after it is another's");
    assert_eq!((of_key(&app, first).len(), of_key(&app, later).len()), (1, 0));
}

// R-C36
#[tokio::test]
async fn a_refused_draft_is_refused_in_b1_and_a_withdrawn_one_goes_out_again() {
    let mut app = site_with(Some(|o| o.wecom.records = Records::ProcessList)).await;
    let now = app.clock.now_ms();
    let (refused, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]])).unwrap();
    let (withdrawn, _) = app.sandbox.b1().create_draft(now, goods_issue("报废", &[&[1]])).unwrap();
    let (one, other) = (sent(&mut app, refused).await, sent(&mut app, withdrawn).await);
    app.sandbox.wecom().refuse(app.clock.now_ms(), &one, "", &"长".repeat(260)).unwrap();
    app.sandbox.wecom().withdraw(app.clock.now_ms(), &other).unwrap();
    app.minutes_until(6, "refusal", |s| !s.decisions(refused).is_empty()).await;
    assert_eq!(app.decisions(refused), ["ardNotApproved"]);
    app.minutes_until(8, "second form", |s| of_key(s, withdrawn).len() == 2).await;
    let again = sent(&mut app, withdrawn).await;
    assert_ne!(again, other);
    app.sandbox.wecom().approve(app.clock.now_ms(), &again, "", "").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(withdrawn).is_empty()).await;
    assert_eq!(app.decisions(withdrawn), ["ardApproved"]);
}

// R-C32: applyevent was carried out and its answer is lost
#[tokio::test]
async fn a_form_whose_answer_was_lost_is_found_and_there_is_one() {
    let mut app = app().await;
    let fault = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::WeCom).on("POST", "/cgi-bin/oa/applyevent");
    app.sandbox.inject(fault);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    assert_eq!(of_key(&app, draft), [number]);
    assert!(app.sandbox.snapshot().requests.get("POST /cgi-bin/oa/getapprovalinfo").is_some_and(|n| *n != 0));
}

// R-C19: no event ever arrives
#[tokio::test]
async fn an_end_that_nobody_was_told_of_is_found_by_looking() {
    let mut app = app().await;
    app.sandbox.wecom().set_callback_url(None);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
    app.minutes_until(6, "write-back", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

// R-C8, R-C12: events while B1 is out, each delivered again
#[tokio::test]
async fn an_event_is_taken_while_b1_is_out_and_its_repeats_decide_once() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), goods_issue("报废", &[&[1]])).unwrap();
    let number = sent(&mut app, draft).await;
    let until_ms = app.clock.now_ms() + 180_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    app.sandbox.wecom().approve(app.clock.now_ms(), &number, "", "").unwrap();
    for _ in 0..3 {
        app.sandbox.wecom().replay_last_callback(app.clock.now_ms());
        app.minute().await;
    }
    assert!(app.sandbox.wecom().callbacks().iter().all(|c| c.state == "delivered" && c.attempts == 1));
    app.minutes_until(20, "write-back", |s| !s.decisions(draft).is_empty()).await;
    app.minute().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}
