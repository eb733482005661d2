//! Drafts: the approval request that people were shown, and no other.

use super::{app, decided, for_100, plain, resend, run_of, status, submitted, write};
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::TenantId;
use tenon_model::run::{Run, RunStatus};
use tenon_sandbox::NewDraft;
use tenon_tests::TestApp;

/// Somebody refuses the request in B1, changes the draft, and hands it in again.
fn changed_and_handed_in_again(app: &TestApp, draft: i64, request: i64, status: &str) -> i64 {
    let now = app.clock.now_ms();
    app.sandbox.b1().end_request(request, status).unwrap();
    app.sandbox.b1().change_document(now, "Drafts", draft, json!({ "DocTotal": 1_000_000.0 })).unwrap();
    app.sandbox.b1().hand_in_again(now, "Drafts", draft).unwrap()
}

async fn steps_of(app: &TestApp, run: &Run) -> Vec<tenon_model::run::Step> {
    tenon_platform::runs::steps(&app.ctx, &TenantId::operator(), &run.id).await.unwrap()
}

#[tokio::test]
async fn a_payment_draft_with_the_same_number_is_another_document() {
    let mut app = app(plain).await;
    let now = app.clock.now_ms();
    let payment = NewDraft::new("46").field("CardCode", "V1").field("TransferSum", 5_000.0);
    let (paid, before) = app.sandbox.b1().create_draft(now, payment.clone()).unwrap();
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().end_request(before.unwrap(), "arsCancelled").unwrap();
    let waiting = app.sandbox.b1().hand_in_again(app.clock.now_ms(), "PaymentDrafts", paid).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    decided(&mut app, &instance, true).await;
    assert_eq!((status(&app, request), status(&app, waiting)), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_is_not_submitted_because_a_payment_of_its_number_waits() {
    let mut app = app(|c| c["flows"][0]["source"]["approval"] = json!("required")).await;
    let now = app.clock.now_ms();
    let (paid, _) = app.sandbox.b1().create_draft(now, NewDraft::new("46")).unwrap();
    let (draft, _) = app.sandbox.b1().create_draft(now, for_100().stages(&[])).unwrap();
    assert_eq!(paid, draft, "the numbers were to be the same");
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.instances_of(draft).is_empty());
}

#[tokio::test]
async fn a_payment_draft_goes_to_the_oa_as_any_other() {
    fn payments(c: &mut Value) {
        c["flows"][0]["source"] = json!({ "object": "PaymentDrafts", "filter": "U_ISSYN eq 'N'" });
        c["flows"][0]["form"]["fields"] = json!([{ "from": "TransferSum", "to": "金额", "format": "money" }]);
        c["flows"][0]["form"].as_object_mut().unwrap().remove("lines");
    }
    let mut app = app(payments).await;
    let now = app.clock.now_ms();
    let (_, other) = app.sandbox.b1().create_draft(now, for_100()).unwrap();
    let payment = NewDraft::new("46").field("TransferSum", 5_000.0).field("U_UserID", "zhangsan");
    let (paid, instance, request) = submitted(&mut app, payment).await;
    assert_eq!(paid, 1);
    decided(&mut app, &instance, true).await;
    assert_eq!((status(&app, request), status(&app, other.unwrap())), ("arsApproved".into(), "arsPending".into()));
}

#[tokio::test]
async fn a_draft_that_was_changed_and_handed_in_again_is_not_approved_by_the_old_form() {
    for (ended, agree) in [("arsNotApproved", true), ("arsCancelled", true), ("arsCancelled", false)] {
        let mut app = app(plain).await;
        let (draft, instance, old) = submitted(&mut app, for_100()).await;
        let new = changed_and_handed_in_again(&app, draft, old, ended);
        decided(&mut app, &instance, agree).await;
        assert_eq!(status(&app, new), "arsPending", "{ended}: the new content was decided on");
        assert_eq!(app.decisions(draft), Vec::<String>::new());
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.changed")));
        for words in ["DocTotal: 100 → 1000000", "approval request: ", "--accept-change", run.id.as_str()] {
            assert!(run.message.contains(words), "{words} not in {}", run.message);
        }
        assert_eq!(app.dead_letters().await, Vec::<String>::new());

        // Looked at again, it is the same.
        operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
        app.minute().await;
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!((run.status, status(&app, new)), (RunStatus::Failed, "arsPending".into()));

        operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
        app.minute().await;
        let wanted = if agree { "arsApproved" } else { "arsNotApproved" };
        assert_eq!(status(&app, new), wanted);
        let run = run_of(&app, "purchase-request", draft).await;
        assert_eq!(run.status, RunStatus::Succeeded);
        assert!(run.message.contains("wang.lei accepted the change"), "{}", run.message);
        let steps = steps_of(&app, &run).await;
        let accepted = steps.iter().find(|s| s.name == "change accepted by operator").unwrap();
        assert_eq!(accepted.output["by"], "wang.lei");
        assert_eq!(app.draft(draft)["U_Approver"], "manager01");
    }
}

#[tokio::test]
async fn an_operator_accepts_the_change_he_saw_and_no_later_one() {
    let mut app = app(plain).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsCancelled");
    decided(&mut app, &instance, true).await;
    let run = run_of(&app, "purchase-request", draft).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 2_000_000.0 })).unwrap();
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, new), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("DocTotal: 100 → 2000000"), "{}", run.message);
    operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, new), "arsApproved");
    let refused = operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "wang.lei").await.unwrap_err();
    assert_eq!(refused.code, "run.succeeded");
}

#[tokio::test]
async fn there_is_nothing_to_accept_where_nothing_is_on_hold() {
    let mut app = app(plain).await;
    let (draft, instance, _) = submitted(&mut app, for_100()).await;
    let run = run_of(&app, "purchase-request", draft).await;
    let error = operator::accept_change(&app.ctx, &TenantId::operator(), &run.id, "x").await.unwrap_err();
    assert_eq!(error.code, "run.not-on-hold");
    decided(&mut app, &instance, true).await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn a_change_that_was_taken_back_lets_the_decision_through() {
    let mut app = app(plain).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    let change = |app: &TestApp, total: f64| {
        let fields = json!({ "DocTotal": total, "Comments": "not shown", "Printed": "psYes" });
        app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, fields).unwrap();
    };
    change(&app, 101.0);
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    change(&app, 100.0);
    let run = run_of(&app, "purchase-request", draft).await;
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!(status(&app, request), "arsApproved");
}

#[tokio::test]
async fn a_changed_document_is_sent_again_when_the_flow_says_so() {
    let mut app = app(resend).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, new), "arsPending");
    app.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let again = app.open_instance(draft).unwrap();
    let shown = app.instances_of(draft).pop().unwrap();
    let total = shown["formComponentValues"].as_array().unwrap().iter().find(|v| v["name"] == "金额").unwrap();
    assert_eq!(total["value"], "1000000.00");
    decided(&mut app, &again, true).await;
    assert_eq!(status(&app, new), "arsApproved");
    assert_eq!(app.instances_of(draft).len(), 2);
}

#[tokio::test]
async fn a_changed_document_is_written_when_the_flow_says_so_and_the_run_tells_it() {
    let mut app = app(write).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, new), "arsApproved");
    let run = run_of(&app, "purchase-request", draft).await;
    assert_eq!(run.status, RunStatus::Succeeded);
    assert!(run.message.contains("DocTotal: 100 → 1000000"), "{}", run.message);
}

#[tokio::test]
async fn watch_says_which_changes_count() {
    let mut app = app(|c| c["flows"][0]["watch"] = json!(["DocumentLines.Quantity"])).await;
    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "DocTotal": 9.0 })).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsApproved");

    let (draft, instance, request) = submitted(&mut app, for_100()).await;
    let lines = json!({ "DocumentLines": [{ "ItemCode": "11028", "Quantity": 5_500.0 }, { "ItemCode": "14003", "Quantity": 11.5 }] });
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, lines).unwrap();
    decided(&mut app, &instance, true).await;
    assert_eq!(status(&app, request), "arsPending");
    let run = run_of(&app, "purchase-request", draft).await;
    assert!(run.message.contains("DocumentLines[0].Quantity: 55 → 5500"), "{}", run.message);
}

#[tokio::test]
async fn a_held_draft_whose_mark_is_cleared_goes_to_the_oa_as_it_is_now() {
    let mut app = app(plain).await;
    let (draft, instance, old) = submitted(&mut app, for_100()).await;
    let new = changed_and_handed_in_again(&app, draft, old, "arsNotApproved");
    decided(&mut app, &instance, true).await;
    app.sandbox.b1().change_document(app.clock.now_ms(), "Drafts", draft, json!({ "U_ISSYN": "N" })).unwrap();
    app.minutes_until(3, "second submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let again = app.open_instance(draft).unwrap();
    decided(&mut app, &again, true).await;
    assert_eq!(status(&app, new), "arsApproved");
}
