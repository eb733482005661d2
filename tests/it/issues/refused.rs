//! What is not posted, and what the run says of it.

use super::test_app::{
    ORDER, app, app_with, config, event_of, fed, feed, issues_of, push, run_of, runs_of, work_order,
};
use serde_json::{Value, json};
use tenon_flows::operator;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_sandbox::NewFeeding;

// R-M51
#[tokio::test]
async fn what_is_issued_by_backflush_is_not_issued_a_second_time() {
    let mut app = app().await;
    let id = fed(&app, NewFeeding::of("478", "RM-2002", "5"));
    app.minute().await;
    let run = run_of(&app, id).await;
    assert_eq!(run.status, RunStatus::Ended);
    assert!(run.message.contains("backflush"), "{}", run.message);
    assert!(app.sandbox.b1().postings().is_empty());
}

// R-M51
#[tokio::test]
async fn of_several_lines_the_one_with_most_left_is_taken_and_then_the_other() {
    let mut app = app().await;
    let line = |base: f64| {
        json!({ "ItemNo": "RM-2003", "BaseQuantity": base, "ProductionOrderIssueType": "im_Manual",
        "Warehouse": "W05002" })
    };
    let order = json!({ "AbsoluteEntry": 500, "ItemNo": "FG-1001", "PlannedQuantity": 10, "Warehouse": "W05001",
        "ProductionOrderStatus": "boposReleased", "ProductionOrderLines": [line(1.0), line(1.5), line(1.0)] });
    app.sandbox.b1().create_document(0, "ProductionOrders", order).unwrap();
    app.sandbox.blacklake().make_order(app.clock.now_ms(), "500", "FG-1001");
    for amount in ["6", "1", "1"] {
        fed(&app, NewFeeding { unit: "千克".into(), ..NewFeeding::of("500", "RM-2003", amount) });
        app.minute().await;
    }
    let lines: Vec<Option<i64>> = app.sandbox.b1().postings_of(500).into_iter().map(|p| p.base_line).collect();
    assert_eq!(lines, [Some(1), Some(0), Some(2)]);
}

// R-M53
#[tokio::test]
async fn a_substitute_is_never_booked_on_the_line_of_what_it_stands_in_for() {
    let mut app = app().await;
    let id = fed(
        &app,
        NewFeeding { stands_in_for: Some("RM-2001".into()), batch: "X".into(), ..NewFeeding::of("478", "RM-9", "2") },
    );
    let stranger = fed(&app, NewFeeding::of("478", "RM-77", "2"));
    app.minute().await;
    let run = run_of(&app, id).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.issue-substitute")));
    assert!(run.message.contains("RM-9") && run.message.contains("RM-2001"), "{}", run.message);
    assert_eq!(run_of(&app, stranger).await.code.as_deref(), Some("flow.issue-material"));
    assert!(app.sandbox.b1().postings().is_empty());
    // Somebody adds a line to the order and tries it again.
    let mut lines =
        app.sandbox.b1().row("ProductionOrders", "AbsoluteEntry", &json!(ORDER)).unwrap()["ProductionOrderLines"]
            .clone();
    lines.as_array_mut().unwrap().push(json!({ "LineNumber": 4, "ItemNo": "RM-9", "BaseQuantity": 1,
        "ProductionOrderIssueType": "im_Manual", "Warehouse": "W05002" }));
    let b1 = app.sandbox.b1();
    b1.change_document(0, "ProductionOrders", ORDER, json!({ "ProductionOrderLines": lines })).unwrap();
    b1.put_stock(tenon_sandbox::StockPlace::of("RM-9", "W05002"), "5").unwrap();
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!(app.sandbox.b1().postings_of(ORDER)[0].base_line, Some(4));
    assert_eq!(issues_of(&app, id).len(), 1);
}

// R-M47
#[tokio::test]
async fn a_feeding_that_failed_in_the_mes_is_acknowledged_and_told() {
    let mut app = app().await;
    let id =
        fed(&app, NewFeeding { result: false, batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "5") });
    app.minute().await;
    let runs = runs_of(&app, "issues").await;
    assert_eq!((runs.len(), runs[0].status), (1, RunStatus::Ended));
    assert!(runs[0].message.contains("投料失败"), "{}", runs[0].message);
    assert!(app.sandbox.b1().postings().is_empty());
    // What succeeds later is issued all the same.
    push(&app, &event_of("later", &[(id, work_order(&app, "478"))])).await;
    app.minute().await;
    assert_eq!(issues_of(&app, id).len(), 1);
}

// R-M45
#[tokio::test]
async fn what_was_taken_back_stays_in_sight_until_a_person_has_seen_to_it() {
    let mut app = app().await;
    let id = feed(&app, "12.50");
    app.minute().await;
    let retract = json!({ "recordList": [{ "id": id, "taskId": 1, "batchNo": "RM2001-B7", "opeAmount": 2.5,
        "opeUnitId": 41, "reason": "多投" }] });
    let mes = app.sandbox.blacklake();
    mes.publish(app.clock.now_ms(), "mfg.result_notify.feeding_retract", retract);
    mes.publish(app.clock.now_ms(), "mfg.result_notify.progress_report_adjust", json!({ "recordList": [{ "id": 5 }] }));
    app.minute().await;
    app.sandbox.blacklake().replay(app.clock.now_ms());
    app.minute().await;
    let runs = runs_of(&app, "issues").await;
    let publishes: Vec<_> = runs.iter().filter(|run| run.status == RunStatus::Failed).collect();
    assert_eq!(publishes.len(), 2, "{runs:?}");
    let back = publishes.iter().find(|run| run.code.as_deref() == Some("flow.issue-taken-back")).unwrap();
    for part in ["2.5", "RM2001-B7", &id.to_string(), "InventoryGenExits", "not posted"] {
        assert!(back.message.contains(part), "{part}: {}", back.message);
    }
    assert!(publishes.iter().any(|run| run.code.as_deref() == Some("flow.report-adjusted")));
    assert_eq!(app.sandbox.b1().postings().len(), 1);
    let text = operator::retry(&app.ctx, &TenantId::operator(), &back.id).await.unwrap().into_message();
    assert!(text.contains("put aside"), "{text}");
    let left = runs_of(&app, "issues").await;
    assert_eq!(left.iter().filter(|run| run.status == RunStatus::Failed).count(), 1);
}

// R-M45, R-M52
#[tokio::test]
async fn what_was_all_taken_back_before_is_not_issued() {
    let mut app = app().await;
    let back = json!({ "feedRecordInfo": { "retractAmount": { "amount": 5, "amountDisplay": "5", "unitId": 41, "unitName": "个" } } });
    let all = fed(
        &app,
        NewFeeding { batch: "RM2001-B7".into(), more: back.clone(), ..NewFeeding::of("478", "RM-2001", "5") },
    );
    let part = fed(&app, NewFeeding { batch: "RM2001-B7".into(), more: back, ..NewFeeding::of("478", "RM-2001", "8") });
    let nothing = fed(&app, NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "0") });
    app.minute().await;
    assert_eq!(run_of(&app, all).await.status, RunStatus::Ended);
    assert_eq!(run_of(&app, nothing).await.status, RunStatus::Ended);
    assert_eq!(issues_of(&app, part).len(), 1);
    assert_eq!(app.sandbox.b1().postings().len(), 1);
}

// R-M54
#[tokio::test]
async fn an_item_by_batches_without_a_batch_is_a_persons() {
    let mut app = app().await;
    let id = fed(&app, NewFeeding::of("478", "RM-2001", "5"));
    app.minute().await;
    let run = run_of(&app, id).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.issue-batch")));
}

// R-M50
#[tokio::test]
async fn a_work_order_that_is_nobodys_order_is_passed_over() {
    let mut app = app().await;
    app.sandbox.blacklake().make_order(app.clock.now_ms(), "PO-9", "FG-1001");
    let id = fed(&app, NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of("PO-9", "RM-2001", "5") });
    app.minute().await;
    let run = run_of(&app, id).await;
    assert_eq!(run.status, RunStatus::Ended);
    assert!(run.message.contains("passed over") && run.message.contains("PO-9"), "{}", run.message);
    assert!(app.sandbox.b1().postings().is_empty());
}

fn off(c: &mut Value) {
    config(c);
    c["flows"][0]["enabled"] = json!(false);
}

// R-M58
#[tokio::test]
async fn a_flow_that_is_off_posts_nothing_and_catches_up_when_it_is_on() {
    let mut app = app().await;
    app.minute().await;
    let mut c = tenon_tests::standard_config();
    off(&mut c);
    app.apply(c).await;
    let id = feed(&app, "12.50");
    for _ in 0..15 {
        app.minute().await;
    }
    assert!(app.sandbox.b1().postings().is_empty());
    let mut c = tenon_tests::standard_config();
    config(&mut c);
    app.apply(c).await;
    app.minutes_until(15, "the feeding is issued", |app| issues_of(app, id).len() == 1).await;
    drop(app_with(1, off).await);
}
