//! Production orders as work orders.

use super::test_app::{
    app, app_with, change_order, config, items, mark, order, run_of, sent, sent_order, two_companies,
};
use serde_json::{Value, json};
use tenon_flows::manufacturing::of_code;
use tenon_model::run::RunStatus;
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

const IMPORT: &str = "/med/open/v1/work_order/_doImport";

// R-M16
#[tokio::test]
async fn all_pages_of_released_and_cancelled_orders_are_read_and_planned_ones_are_left() {
    let mut app = app().await;
    items(&app);
    for entry in 1..=25 {
        order(&app, entry);
    }
    change_order(&app, 7, json!({ "ProductionOrderStatus": "boposPlanned" }));
    app.minute().await;
    app.minute().await;
    assert_eq!(app.sandbox.blacklake().order_count(), 24);
    assert_eq!((mark(&app, 7).as_str(), mark(&app, 25).as_str()), ("N", "Y"));
}

// R-M18
#[tokio::test]
async fn an_answer_that_is_not_clear_creates_nothing() {
    let mut app = app().await;
    items(&app);
    let path = "/custom-object/open/v1/object_service/_code_to_id";
    let body = r#"{"code":500,"subCode":"X","message":"系统繁忙"}"#.to_owned();
    app.sandbox.inject(Fault::new(FaultKind::Status(200, body)).vendor(Vendor::Blacklake).on("POST", path));
    order(&app, 478);
    app.step().await;
    let run = run_of(&app, "orders", 478).await;
    assert!(run.message.contains("系统繁忙"), "{run:?}");
    assert_eq!((app.sandbox.blacklake().order_count(), mark(&app, 478).as_str()), (0, "N"));
    app.minutes_until(5, "the next try", |app| app.sandbox.blacklake().order_count() == 1).await;
}

// R-M21, R-M22
#[tokio::test]
async fn what_is_cancelled_and_unknown_or_closed_already_is_marked_alone() {
    let mut app = app().await;
    items(&app);
    order(&app, 1);
    change_order(&app, 1, json!({ "ProductionOrderStatus": "boposCancelled" }));
    app.minute().await;
    assert_eq!((mark(&app, 1).as_str(), app.sandbox.blacklake().order_count()), ("Y", 0));
    order(&app, 2);
    app.minute().await;
    app.sandbox.blacklake().close_order("2");
    change_order(&app, 2, json!({ "PlannedQuantity": 7 }));
    app.minute().await;
    assert_eq!(
        (mark(&app, 2).as_str(), sent(&app, "/work_order/update").len(), sent(&app, "/batch_close").len()),
        ("Y", 0, 0)
    );
}

// R-M24
#[tokio::test]
async fn an_edit_that_is_refused_is_not_marked_and_told() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    app.sandbox.blacklake().lock_order("478", Some("工单执行中"));
    change_order(&app, 478, json!({ "PlannedQuantity": 120 }));
    app.minute().await;
    let run = run_of(&app, "orders", 478).await;
    assert!(run.status == RunStatus::Failed && run.message.contains("工单执行中"), "{run:?}");
    assert_eq!(mark(&app, 478), "N");
    let tries = sent(&app, "/work_order/update").len();
    for _ in 0..10 {
        app.minute().await;
    }
    let more = sent(&app, "/work_order/update").len() - tries;
    assert!((1..=4).contains(&more), "R-M28: tried again less and less, {more} times in ten minutes");
    app.sandbox.blacklake().lock_order("478", None);
    change_order(&app, 478, json!({ "PlannedQuantity": 130 }));
    app.minute().await;
    assert_eq!(
        (mark(&app, 478).as_str(), &app.sandbox.blacklake().order("478").unwrap()["planned"]),
        ("Y", &json!("130"))
    );
}

// R-M25
#[tokio::test]
async fn a_missing_transaction_procedure_is_told() {
    let mut app = app_with(config, 0, Some(|options| options.b1.sync_procedure = false)).await;
    sent_order(&mut app, 478).await;
    let run = run_of(&app, "orders", 478).await;
    assert!(run.message.contains("transaction procedure") && run.message.contains("U_SyncFlag"), "{run:?}");
    assert_eq!(run.status, RunStatus::Succeeded);
}

// R-M27
#[tokio::test]
async fn a_refused_mark_is_told_and_repeats_no_call_to_the_mes() {
    let mut app = app_with(config, 0, Some(|options| options.b1.ended_orders_refuse_fields = true)).await;
    sent_order(&mut app, 478).await;
    change_order(&app, 478, json!({ "ProductionOrderStatus": "boposCancelled" }));
    app.minute().await;
    let run = run_of(&app, "orders", 478).await;
    assert!(run.message.contains("refuses the mark") && run.status == RunStatus::Succeeded, "{run:?}");
    assert_eq!(app.sandbox.blacklake().order("478").unwrap()["status"], 5);
    app.sandbox.blacklake().forget_calls();
    for _ in 0..5 {
        app.minute().await;
    }
    let calls: Vec<String> =
        app.sandbox.blacklake().called().into_iter().filter(|call| !call.contains("progress_report")).collect();
    assert_eq!(calls, Vec::<String>::new());
}

// R-M17, R-M59
#[tokio::test]
async fn orders_of_two_companies_have_codes_of_their_own_and_one_never_touches_the_others() {
    let options = TestAppOptions { config: Some(two_companies), second_company: true, ..TestAppOptions::default() };
    let mut app = TestApp::new(options).await;
    let other = app.second.clone().unwrap();
    items(&app);
    order(&app, 478);
    let fields = super::test_app::order_row(&app, 478);
    let now = app.clock.now_ms();
    for (code, unit) in [("FG-1001", "台"), ("RM-2001", "个"), ("RM-2002", "个")] {
        other.b1().create_document(now, "Items", json!({ "ItemCode": code, "InventoryUOM": unit })).unwrap();
    }
    other.b1().create_document(now, "ProductionOrders", fields).unwrap();
    app.minute().await;
    app.minute().await;
    let (mes, tenant) = (ConnectionId::new("mes-main"), TenantId::operator());
    for (code, erp) in [("478", "b1-main"), ("B-478", "b1-b")] {
        let whose = of_code(&app.ctx, &tenant, &mes, code).await.unwrap().unwrap();
        assert_eq!((whose.erp.as_str(), whose.entry), (erp, 478));
        assert!(app.sandbox.blacklake().order(code).is_some());
    }
    // A report of one company's order becomes that company's receipt alone.
    let report = super::test_app::finished("B-478", 3);
    let id = app.sandbox.blacklake().report(app.clock.now_ms(), report).unwrap();
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!((super::test_app::receipts(&app).len(), other.b1().rows("InventoryGenEntries").len()), (0, 1));
    let run = run_of(&app, "receipts", id).await;
    assert!(run.message.contains("is of b1-b"), "{run:?}");
}

// R-M17
#[tokio::test]
async fn without_prefixes_the_second_company_is_refused_the_firsts_code() {
    let config: fn(&mut Value) = |c| {
        two_companies(c);
        c["connections"][2].as_object_mut().unwrap().remove("code_prefixes");
    };
    let options = TestAppOptions { config: Some(config), second_company: true, ..TestAppOptions::default() };
    let mut app = TestApp::new(options).await;
    sent_order(&mut app, 478).await;
    let other = app.second.clone().unwrap();
    let (now, fields) = (app.clock.now_ms(), super::test_app::order_row(&app, 478));
    for code in ["FG-1001", "RM-2001", "RM-2002"] {
        other.b1().create_document(now, "Items", json!({ "ItemCode": code })).unwrap();
    }
    let mut fields = fields;
    fields["U_SyncStatus"] = json!("N");
    other.b1().create_document(now, "ProductionOrders", fields).unwrap();
    app.minute().await;
    let run = run_of(&app, "orders-b", 478).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.code-taken")));
    assert_eq!(app.sandbox.blacklake().order("478").unwrap()["writes"], 1);
}

// R-M26
#[tokio::test]
async fn a_change_between_reading_and_marking_goes_to_the_mes_too() {
    // Each call of the first minute is a moment at which somebody may change the order.
    for nth in 1..=8 {
        let mut app = app().await;
        items(&app);
        app.step().await;
        order(&app, 478);
        // A process that dies there, and a change before the next begins.
        let fault = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::B1).on("PATCH", "ProductionOrders").nth(1);
        if nth % 2 == 0 {
            app.sandbox.inject(fault);
        }
        let fault = Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Blacklake).on("POST", IMPORT);
        if nth % 3 == 0 {
            app.sandbox.inject(fault);
        }
        app.clock.advance(std::time::Duration::from_secs(60));
        app.step().await;
        change_order(&app, 478, json!({ "PlannedQuantity": 100 + nth }));
        for _ in 0..10 {
            app.minute().await;
        }
        let planned = app.sandbox.blacklake().order("478").unwrap()["planned"].clone();
        assert_eq!((planned, mark(&app, 478)), (json!((100 + nth).to_string()), "Y".to_owned()), "{nth}");
        assert_eq!(app.sandbox.blacklake().order_count(), 1);
    }
}

// R-M58
#[tokio::test]
async fn a_preview_says_what_would_be_sent_and_marked() {
    let app = app().await;
    items(&app);
    order(&app, 478);
    let (tenant, flow) = (TenantId::operator(), FlowId::new("orders"));
    let shown = tenon_flows::operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap();
    assert_eq!(shown["would_send"]["body"]["code"], "478");
    assert_eq!(shown["would_mark"], json!({ "U_SyncStatus": "Y", "U_SyncFlag": "Y" }));
    assert_eq!((mark(&app, 478).as_str(), app.sandbox.blacklake().order_count()), ("N", 0));
    let found = tenon_flows::compare::flow(&app.ctx, &tenant, &flow).await.unwrap();
    assert_eq!(found.problems, Vec::<String>::new());
}
