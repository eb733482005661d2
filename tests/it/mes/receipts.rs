//! Reports as receipts.

use super::test_app::{app, app_with, config, finished, item, receipts, run_of, sent, sent_order};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_flows::operator;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewReport, Vendor};
use tenon_tests::TestApp;

async fn minutes(app: &mut TestApp, count: usize) {
    for _ in 0..count {
        app.minute().await;
    }
}

fn report(app: &TestApp, new: NewReport) -> i64 {
    app.sandbox.blacklake().report(app.clock.now_ms(), new).unwrap()
}

fn with_quality(c: &mut Value, key: &str, choice: &str) {
    config(c);
    c["flows"][2]["quality"] = json!({ key: choice });
}

// R-M30, R-M31
#[tokio::test]
async fn reports_are_read_page_by_page_and_every_detail_is_a_receipt() {
    let mut app = app_with(
        |c| {
            config(c);
            c["flows"][2]["source"] = json!({ "page_size": 20 });
        },
        0,
        None,
    )
    .await;
    sent_order(&mut app, 478).await;
    for _ in 0..45 {
        report(&app, NewReport { record: Some(1_717_000_000_000_100), ..finished("478", 1) });
    }
    minutes(&mut app, 4).await;
    assert_eq!(receipts(&app).len(), 45);
    let lists = sent(&app, "/progress_report/_list");
    let last = lists.last().unwrap();
    let (from, to) = (last["reportTimeFrom"].as_i64().unwrap(), last["reportTimeTo"].as_i64().unwrap());
    assert_eq!((to - from, &last["size"]), (60_000 + 600_000, &json!(20)));
    minutes(&mut app, 3).await;
    assert_eq!(receipts(&app).len(), 45, "the overlap posts nothing");
}

// R-M5, R-M10, R-M18, R-M22, R-M30, R-M37: a factory whose answers have texts for numbers.
#[tokio::test]
async fn numbers_that_are_texts_are_the_same_numbers() {
    let mut app = app_with(
        |c| {
            config(c);
            c["flows"][2]["source"] = json!({ "page_size": 20 });
        },
        3,
        Some(|options| options.blacklake.numbers_as_text = true),
    )
    .await;
    sent_order(&mut app, 478).await;
    for _ in 0..45 {
        report(&app, finished("478", 1.25));
    }
    let cut = report(&app, NewReport { process: Some("P-CUT".to_owned()), ..finished("478", 9) });
    minutes(&mut app, 5).await;
    assert_eq!(receipts(&app).len(), 45);
    assert_eq!(receipts(&app)[0]["DocumentLines"][0]["Quantity"], 1.25);
    assert!(run_of(&app, "receipts", cut).await.message.contains("not the last operation"));
    // Closed in the MES: the order is marked and nothing is edited.
    app.sandbox.blacklake().close_order("478");
    super::test_app::change_order(&app, 478, json!({ "PlannedQuantity": 120 }));
    minutes(&mut app, 2).await;
    assert_eq!((super::test_app::mark(&app, 478).as_str(), sent(&app, "/work_order/update").len()), ("Y", 0));
}

// R-M30
#[tokio::test]
async fn a_report_that_is_dated_back_is_found_by_the_daily_sweep() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    minutes(&mut app, 3).await;
    let a_day_ago = app.clock.now_ms() - 36 * 3_600_000;
    report(&app, NewReport { at_ms: Some(a_day_ago), ..finished("478", 2) });
    minutes(&mut app, 5).await;
    assert_eq!(receipts(&app).len(), 0);
    app.clock.advance(Duration::from_secs(86_400));
    minutes(&mut app, 2).await;
    assert_eq!(receipts(&app).len(), 1);
    assert_eq!(receipts(&app)[0]["DocDate"].as_str().unwrap().get(..10), Some("2026-11-20"));
}

// R-M33
#[tokio::test]
async fn without_the_plan_of_operations_nothing_is_posted_and_it_is_tried_again() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let plan = "/med/open/v1/work_order/process_plan/_detail";
    let body = r#"{"code":500,"message":"系统异常"}"#.to_owned();
    app.sandbox.inject(Fault::new(FaultKind::Status(200, body)).vendor(Vendor::Blacklake).on("POST", plan).times(2));
    let id = report(&app, finished("478", 2));
    minutes(&mut app, 3).await;
    assert_eq!(receipts(&app).len(), 0);
    assert!(run_of(&app, "receipts", id).await.message.contains("系统异常"));
    minutes(&mut app, 10).await;
    assert_eq!(receipts(&app).len(), 1);
    assert_eq!(run_of(&app, "receipts", id).await.status, RunStatus::Succeeded);
}

// R-M35
#[tokio::test]
async fn what_is_to_be_inspected_waits_until_it_was() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let id = report(&app, NewReport { quality: 3, ..finished("478", 2) });
    minutes(&mut app, 3).await;
    let run = run_of(&app, "receipts", id).await;
    assert!(receipts(&app).is_empty() && run.message.contains("待检"), "{run:?}");
    app.sandbox.blacklake().change_report(id, &json!({ "qcStatus": { "code": 1 } }));
    minutes(&mut app, 15).await;
    assert_eq!(receipts(&app).len(), 1);
}

// R-M35
#[tokio::test]
async fn what_is_unqualified_is_passed_over_or_received_as_rejected() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let id = report(&app, NewReport { quality: 4, ..finished("478", 2) });
    minutes(&mut app, 3).await;
    assert!(receipts(&app).is_empty() && run_of(&app, "receipts", id).await.message.contains("不合格"));
    let mut app = app_with(|c| with_quality(c, "unqualified", "reject"), 0, None).await;
    sent_order(&mut app, 478).await;
    report(&app, NewReport { quality: 4, ..finished("478", 2) });
    minutes(&mut app, 3).await;
    assert_eq!(receipts(&app)[0]["DocumentLines"][0]["TransactionType"], "botrntReject");
    let posted = app.sandbox.b1().postings_of(478);
    assert!(posted.iter().any(|line| line.rejected && line.quantity == "2"), "{posted:?}");
}

// R-M37
#[tokio::test]
async fn amounts_are_exact_and_another_unit_is_converted_or_refused() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let boxes = json!({ "materialInfo": {
        "unitList": [{ "id": 31, "name": "台" }, { "id": 32, "name": "箱" }],
        "unitConversionInfo": [{ "fromUnitCount": 4, "fromUnitId": 31, "toUnitCount": 1, "toUnitId": 32 }] } });
    report(&app, finished("478", json!(12.345678)));
    report(&app, NewReport { unit: "箱".into(), unit_id: 32, more: boxes, ..finished("478", 2) });
    let other = report(&app, NewReport { unit: "千克".into(), unit_id: 9, ..finished("478", 2) });
    let finer = report(&app, finished("478", json!(0.1 + 0.2)));
    let nothing = report(&app, finished("478", 0));
    minutes(&mut app, 3).await;
    let mut amounts: Vec<String> =
        receipts(&app).iter().map(|made| made["DocumentLines"][0]["Quantity"].to_string().replace(".0", "")).collect();
    amounts.sort();
    assert_eq!(amounts, ["12.345678", "8"]);
    for (id, words) in [(other, "千克"), (finer, "6 decimals")] {
        let run = run_of(&app, "receipts", id).await;
        assert!(run.status == RunStatus::Failed && run.message.contains(words), "{run:?}");
    }
    assert!(run_of(&app, "receipts", nothing).await.message.contains("not above zero"));
}

// R-M34, R-M38
#[tokio::test]
async fn only_the_product_is_received_and_a_batch_where_there_are_any() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let other = report(&app, NewReport { material: Some("RM-2001".into()), ..finished("478", 2) });
    let without = report(&app, NewReport { batch: String::new(), ..finished("478", 2) });
    minutes(&mut app, 3).await;
    assert!(receipts(&app).is_empty());
    assert!(run_of(&app, "receipts", other).await.message.contains("not the product"));
    assert!(run_of(&app, "receipts", without).await.message.contains("names none"));
}

// R-M39
#[tokio::test]
async fn a_lost_answer_is_looked_up_before_anything_is_posted_again() {
    for (kind, posts) in [(FaultKind::DropAfterCommit, 1), (FaultKind::DropBeforeCommit, 2), (FaultKind::Html(502), 2)]
    {
        let mut app = app().await;
        sent_order(&mut app, 478).await;
        app.sandbox.inject(Fault::new(kind.clone()).vendor(Vendor::B1).on("POST", "InventoryGenEntries"));
        let id = report(&app, finished("478", 2));
        minutes(&mut app, 12).await;
        assert_eq!(receipts(&app).len(), 1, "{kind:?}");
        assert_eq!(app.sandbox.calls("POST InventoryGenEntries"), posts, "{kind:?}");
        assert_eq!(run_of(&app, "receipts", id).await.status, RunStatus::Succeeded, "{kind:?}");
    }
}

// R-M39: an answer that was given up, of a posting that is carried out later
#[tokio::test]
async fn a_posting_that_arrives_late_is_not_made_a_second_time() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let late = FaultKind::Late(Duration::from_secs(80));
    app.sandbox.inject(Fault::new(late).vendor(Vendor::B1).on("POST", "InventoryGenEntries"));
    report(&app, finished("478", 2));
    minutes(&mut app, 12).await;
    assert_eq!(receipts(&app).len(), 1);
}

// R-M40
#[tokio::test]
async fn a_receipt_that_an_approval_procedure_takes_is_a_draft_and_not_posted_again() {
    // Told as an error by some sites, answered with the draft by others.
    for fails in [true, false] {
        let mut app = app().await;
        sent_order(&mut app, 478).await;
        app.sandbox.configure(|options| {
            options.b1.approval_on_post.insert("InventoryGenEntries".to_owned());
            options.b1.approval_on_post_fails = fails;
        });
        let id = report(&app, finished("478", 2));
        minutes(&mut app, 5).await;
        let run = run_of(&app, "receipts", id).await;
        assert!(run.status == RunStatus::Succeeded && run.message.contains("draft"), "{fails}: {run:?}");
        assert_eq!((receipts(&app).len(), app.sandbox.b1().count("Drafts")), (0, 1), "{fails}");
    }
}

// R-M41
#[tokio::test]
async fn what_b1_refuses_waits_for_a_person_and_a_retry_posts_it() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let body = r#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"Quantity falls into negative inventory [Message 3559-7]"}}}"#;
    let refusal = FaultKind::Status(400, body.to_owned());
    app.sandbox.inject(Fault::new(refusal).vendor(Vendor::B1).on("POST", "InventoryGenEntries"));
    let id = report(&app, finished("478", 2));
    minutes(&mut app, 3).await;
    let run = run_of(&app, "receipts", id).await;
    assert!(run.status == RunStatus::Failed && run.message.contains("3559-7"), "{run:?}");
    app.clock.advance(Duration::from_secs(86_400));
    minutes(&mut app, 3).await;
    assert_eq!(
        (receipts(&app).len(), app.sandbox.calls("POST InventoryGenEntries")),
        (0, 1),
        "nobody posts it by himself"
    );
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    minutes(&mut app, 1).await;
    assert_eq!(receipts(&app).len(), 1);
    assert_eq!(run_of(&app, "receipts", id).await.status, RunStatus::Succeeded);
}

// R-M42
#[tokio::test]
async fn a_report_that_changed_or_vanished_after_its_receipt_is_told_and_not_posted_again() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    let (changed, gone) = (report(&app, finished("478", 2)), report(&app, finished("478", 3)));
    minutes(&mut app, 3).await;
    assert_eq!(receipts(&app).len(), 2);
    app.sandbox.blacklake().change_report(changed, &json!({ "reportBaseAmount": { "amount": 20 } }));
    app.sandbox.blacklake().remove_report(gone);
    minutes(&mut app, 2).await;
    app.clock.advance(Duration::from_secs(86_400));
    minutes(&mut app, 2).await;
    for (id, words) in [(changed, "otherwise now (20"), (gone, "does not show it any more")] {
        let run = run_of(&app, "receipts", id).await;
        assert!(run.message.contains(words) && run.code.as_deref() == Some("flow.report-changed"), "{run:?}");
    }
    assert_eq!(receipts(&app).len(), 2);
}

// R-M58
#[tokio::test]
async fn a_preview_shows_the_receipt_and_posts_nothing() {
    let mut app = app().await;
    sent_order(&mut app, 478).await;
    item(&app, "X", "x", "个", false);
    let id = report(&app, finished("478", 2));
    let (tenant, flow) = (TenantId::operator(), FlowId::new("receipts"));
    let shown = operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap();
    assert_eq!(shown["would_post"]["body"]["Comments"], format!("MES {id}"));
    assert_eq!(receipts(&app).len(), 0);
    let found = tenon_flows::compare::flow(&app.ctx, &tenant, &flow).await.unwrap();
    assert_eq!(found.problems, Vec::<String>::new());
}
