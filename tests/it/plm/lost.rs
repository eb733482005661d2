//! Answers that are lost: what was sent is looked for by the key before anything is sent again.

use super::test_app::{actions, app, components, fault, item, new_app, push, row, runs, scenario, writes};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_sandbox::FaultKind;

// R-P6, R-P16
#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found() {
    let app = app().await;
    fault(&app, "POST", "Items", FaultKind::DropAfterCommit);
    let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a"})).await;
    assert_eq!(actions(&answer), ["A created"], "{answer}");
    assert_eq!(writes(&app), ["POST Items"]);
    let steps: Vec<String> = steps(&app).await;
    assert_eq!(steps, ["create", "look up"]);
}

async fn steps(app: &tenon_tests::TestApp) -> Vec<String> {
    let run = runs(app, "plm-items").await.remove(0);
    let steps = tenon_platform::runs::steps(&app.ctx, &tenon_model::TenantId::operator(), &run.id).await.unwrap();
    steps.into_iter().map(|step| step.name).collect()
}

// R-P16
#[tokio::test]
async fn a_create_that_never_arrived_is_sent_again_once_it_is_known() {
    let app = app().await;
    fault(&app, "POST", "Items", FaultKind::DropBeforeCommit);
    let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a"})).await;
    assert_eq!(actions(&answer), ["A created"], "{answer}");
    assert_eq!(steps(&app).await, ["create", "look up", "create"]);
    assert_eq!(app.sandbox.b1().count("Items"), 1);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_looked_for() {
    for (kind, expected) in
        [(FaultKind::DropAfterCommit, 1), (FaultKind::DropBeforeCommit, 2), (FaultKind::Html(502), 2)]
    {
        let app = app().await;
        item(&app.sandbox, &app, "A", "old");
        fault(&app, "PATCH", "Items", kind.clone());
        let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "new"})).await;
        assert_eq!(actions(&answer), ["A updated"], "{answer}");
        assert_eq!(row(&app, "Items", "ItemCode", "A")["ItemName"], "new");
        assert_eq!(writes(&app).len(), expected, "{kind:?}");
    }
}

// R-P11, R-P16
#[tokio::test]
async fn a_tree_whose_answer_is_lost_is_there_once() {
    let app = scenario().await;
    push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a"})).await;
    let body = json!({"TreeCode": "A", "ProductTreeLines": [{"ItemCode": "LM4029MC", "Quantity": 0.333333}]});
    fault(&app, "POST", "ProductTrees", FaultKind::DropAfterCommit);
    assert_eq!(actions(&push(&app, "boms", &body).await), ["A created"]);
    fault(&app, "PATCH", "ProductTrees", FaultKind::DropAfterCommit);
    assert_eq!(actions(&push(&app, "boms", &body).await), ["A updated"]);
    assert_eq!(components(&app, "A"), [("LM4029MC".to_owned(), json!(0.333333))]);
}

// R-P17: a change that B1 carries out late must not undo a later one.
#[tokio::test]
async fn a_change_that_may_come_late_is_waited_for_before_other_fields_are_written() {
    let mut app = app().await;
    item(&app.sandbox, &app, "A", "old");
    // Given up after the call's time, and carried out a minute later.
    fault(&app, "PATCH", "Items", FaultKind::Late(Duration::from_secs(60)));
    let first = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "first"})).await;
    assert_eq!(first["code"], 503, "{first}");
    let second = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "second"})).await;
    assert_eq!(second["code"], 503, "{second}");
    assert_eq!(second["data"][0]["error"]["code"], "plm.unsettled");
    let done = |app: &tenon_tests::TestApp| row(app, "Items", "ItemCode", "A")["ItemName"] == "second";
    app.minutes_until(10, "the second change", done).await;
    for _ in 0..5 {
        app.minute().await;
    }
    assert!(done(&app), "the late change undid the later one");
    let latest = runs(&app, "plm-items").await.into_iter().find(|run| run.status == RunStatus::Succeeded).unwrap();
    assert_eq!(latest.document.unwrap().to_string(), "A");
}

// The same fields are written at once.
#[tokio::test]
async fn the_same_push_again_need_not_wait() {
    let app = app().await;
    item(&app.sandbox, &app, "A", "old");
    fault(&app, "PATCH", "Items", FaultKind::Late(Duration::from_secs(60)));
    let body = json!({"ItemCode": "A", "ItemName": "first"});
    assert_eq!(push(&app, "items", &body).await["code"], 503);
    let again: Value = push(&app, "items", &body).await;
    assert_eq!(again["code"], 200, "{again}");
    assert_eq!(row(&app, "Items", "ItemCode", "A")["ItemName"], "first");
}

// R-P17: a change of what B1 shows already may come late too, after fields that were pushed since.
#[tokio::test]
async fn a_change_that_made_no_difference_and_was_not_answered_is_waited_for_as_well() {
    let mut app = new_app(0, Some(|c| c["connections"][0]["timeouts"] = json!({ "write": "5s" }))).await;
    item(&app.sandbox, &app, "A", "first");
    fault(&app, "PATCH", "Items", FaultKind::Late(Duration::from_secs(60)));
    let first = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "first"})).await;
    assert_eq!(first["code"], 200, "{first}");
    push(&app, "items", &json!({"ItemCode": "A", "ItemName": "second"})).await;
    let done = |app: &tenon_tests::TestApp| row(app, "Items", "ItemCode", "A")["ItemName"] == "second";
    app.minutes_until(10, "the second change", done).await;
    for _ in 0..5 {
        app.minute().await;
    }
    // Whatever was on its way has arrived by the next call.
    push(&app, "items", &json!({"ItemCode": "B", "ItemName": "other"})).await;
    assert!(done(&app), "the late change undid the later one");
}
