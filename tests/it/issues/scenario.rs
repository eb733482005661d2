//! The scenario of the contract, and what may be asked of a flow by hand.

use super::test_app::{
    ORDER, app, app_with, config, event_of, fed, feed, issues_of, post, push, run_of, runs_of, sealed, steps_of,
    work_order,
};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_flows::{compare, operator};
use tenon_model::run::RunStatus;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{NewFeeding, StockPlace};

// R-M57: both ways in which B1 tells that an approval procedure has taken the document.
#[tokio::test]
async fn an_issue_that_an_approval_procedure_takes_is_a_draft_and_not_posted_again() {
    for fails in [true, false] {
        let mut app = app().await;
        app.sandbox.configure(|options| {
            options.b1.approval_on_post.insert("InventoryGenExits".to_owned());
            options.b1.approval_on_post_fails = fails;
        });
        let id = feed(&app, "12.50");
        app.minute().await;
        let run = run_of(&app, id).await;
        assert!(run.status == RunStatus::Succeeded && run.message.contains("draft"), "{fails}: {run:?}");
        // Told again, found again, tried again: it stays the one draft.
        assert!(app.sandbox.blacklake().replay(app.clock.now_ms()));
        push(&app, &event_of("again", &[(id, work_order(&app, "478"))])).await;
        for _ in 0..15 {
            app.minute().await;
        }
        assert_eq!((issues_of(&app, id).len(), app.sandbox.b1().count("Drafts")), (0, 1), "{fails}");
        assert_eq!(app.sandbox.calls("POST InventoryGenExits"), 1, "{fails}");
    }
}

// R-M5, R-M49, R-M52: a factory whose answers have texts for numbers.
#[tokio::test]
async fn a_feeding_whose_numbers_are_texts_is_issued_as_any_other() {
    let mut app = app_with(5, config).await;
    app.sandbox.configure(|options| options.blacklake.numbers_as_text = true);
    let id = feed(&app, "12.345678");
    app.minute().await;
    let line = issues_of(&app, id)[0]["DocumentLines"][0].clone();
    assert_eq!((&line["Quantity"], &line["BaseLine"]), (&json!(12.345678), &json!(0)));
    // A feeding whose event was lost is found by the list, which says its numbers so too.
    app.sandbox.blacklake().set_callback_url(None);
    let lost = feed(&app, "2");
    app.minutes_until(15, "the lost one is issued", |app| issues_of(app, lost).len() == 1).await;
}

// R-M46, R-M49, R-M51, R-M54, R-M57: E1.6
#[tokio::test]
async fn a_feeding_becomes_one_issue_on_the_orders_line_as_the_mes_shows_it_when_asked() {
    let mut app = app().await;
    let id = feed(&app, "12.50");
    app.deliver_callbacks().await;
    // So far neither system was asked.
    assert_eq!(app.sandbox.blacklake().called(), Vec::<String>::new());
    assert!(app.sandbox.b1().rows("InventoryGenExits").is_empty());
    app.minute().await;
    let issues = issues_of(&app, id);
    assert_eq!(issues.len(), 1);
    let line = &issues[0]["DocumentLines"][0];
    assert_eq!((&line["BaseEntry"], &line["BaseType"], &line["BaseLine"]), (&json!(ORDER), &json!(202), &json!(0)));
    assert_eq!((&line["Quantity"], &line["WarehouseCode"]), (&json!(12.5), &json!("W05002")));
    let batch = json!([{ "BatchNumber": "RM2001-B7", "Quantity": 12.5, "BaseLineNumber": 0 }]);
    assert_eq!((&line["BatchNumbers"], &issues[0]["DocDate"]), (&batch, &json!("2026-11-22")));
    let sent = app.sandbox.blacklake().sent("feed_record/_detail");
    assert_eq!(sent, [json!({ "feedRecordDetailId": id })]);
    let run = run_of(&app, id).await;
    assert_eq!(run.status, RunStatus::Succeeded, "{run:?}");
    let event = app.sandbox.blacklake().events()[0].clone();
    assert_eq!(event.answer, json!({ "code": 200, "msg": "success", "message": "success" }));
    assert_eq!(app.sandbox.b1().postings_of(ORDER)[0].quantity, "12.5");
}

// R-M48
#[tokio::test]
async fn the_same_event_and_the_same_record_in_another_event_post_nothing_twice() {
    let mut app = app().await;
    let id = feed(&app, "12.50");
    app.minute().await;
    assert!(app.sandbox.blacklake().replay(app.clock.now_ms()));
    app.minute().await;
    let again = event_of("another-request", &[(id, work_order(&app, "478"))]);
    for _ in 0..3 {
        assert_eq!(push(&app, &again).await["msg"], "success");
        app.minute().await;
    }
    assert_eq!(issues_of(&app, id).len(), 1);
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 1);
    assert_eq!(runs_of(&app, "issues").await.len(), 1);
}

// R-M48: delivered at once, before any of them was worked on.
#[tokio::test]
async fn callbacks_at_the_same_time_post_once() {
    let mut app = app().await;
    let id =
        fed(&app, NewFeeding { publishes: false, batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "3") });
    let order = work_order(&app, "478");
    let bodies: Vec<String> = (0..8).map(|n| sealed(&event_of(&format!("r-{}", n / 2), &[(id, order)]))).collect();
    let mut answers = Vec::new();
    for four in bodies.chunks(4) {
        let (a, b, c, d) =
            tokio::join!(post(&app, &four[0]), post(&app, &four[1]), post(&app, &four[2]), post(&app, &four[3]));
        answers.extend([a, b, c, d]);
    }
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    app.minute().await;
    app.minute().await;
    assert_eq!(issues_of(&app, id).len(), 1);
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 1);
}

// R-M49: the amounts of the event are another's, or made up.
#[tokio::test]
async fn nothing_of_an_event_is_believed_but_which_record_it_is_about() {
    let mut app = app().await;
    let id = fed(
        &app,
        NewFeeding { publishes: false, batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "7.25") },
    );
    push(&app, &event_of("r", &[(id, work_order(&app, "478"))])).await;
    push(&app, &event_of("made-up", &[(1_799_999_999_999_999, work_order(&app, "478"))])).await;
    app.minute().await;
    assert_eq!(app.sandbox.b1().postings_of(ORDER)[0].quantity, "7.25");
    assert_eq!(app.sandbox.b1().postings().len(), 1);
    let run = run_of(&app, 1_799_999_999_999_999).await;
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("flow.issue-feeding")));
}

// R-M55
#[tokio::test]
async fn each_record_of_an_event_stands_for_itself() {
    let mut app = app().await;
    let quiet = |amount: &str, batch: &str| NewFeeding {
        publishes: false,
        batch: batch.to_owned(),
        ..NewFeeding::of("478", "RM-2001", amount)
    };
    let (first, second, third) =
        (fed(&app, quiet("1", "RM2001-B7")), fed(&app, quiet("2", "NO-SUCH")), fed(&app, quiet("3", "RM2001-B7")));
    let order = work_order(&app, "478");
    push(&app, &event_of("r", &[(first, order), (second, order), (third, order)])).await;
    app.minute().await;
    assert_eq!((issues_of(&app, first).len(), issues_of(&app, second).len(), issues_of(&app, third).len()), (1, 0, 1));
    let run = run_of(&app, second).await;
    assert_eq!(run.status, RunStatus::Failed);
    assert!(run.message.contains("negative inventory"), "B1's own words: {}", run.message);
    // Whoever puts the batch into stock tries the one again.
    app.sandbox.b1().put_stock(StockPlace::of("RM-2001", "W05002").batch("NO-SUCH"), "2").unwrap();
    operator::retry(&app.ctx, &TenantId::operator(), &run.id).await.unwrap();
    app.minute().await;
    assert_eq!(issues_of(&app, second).len(), 1);
    assert_eq!(run_of(&app, second).await.status, RunStatus::Succeeded);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-M5, R-M52
#[tokio::test]
async fn amounts_are_exact_and_in_the_units_of_the_erp() {
    let mut app = app().await;
    let exact = feed(&app, "0.123456");
    let boxes = fed(
        &app,
        NewFeeding {
            unit: "箱".to_owned(),
            more: json!({ "feedRecordInfo": { "feedAmount": { "unitId": 42 } },
                "materialInfo": { "unit": { "id": 41, "name": "千克" }, "unitList": [{ "id": 42, "name": "箱" }],
                    // 1 箱 = 25/2 千克
                    "conversions": [{ "fromUnitCount": 2, "fromUnitId": 42, "fromUnitName": "箱", "toUnitCount": 25,
                        "toUnitId": 41, "toUnitName": "千克" }] } }),
            ..NewFeeding::of("478", "RM-2003", "0.3")
        },
    );
    let unknown = fed(&app, NewFeeding { unit: "桶".to_owned(), ..NewFeeding::of("478", "RM-2003", "1") });
    app.minute().await;
    let quantities: Vec<String> = app.sandbox.b1().postings_of(ORDER).into_iter().map(|p| p.quantity).collect();
    assert!(quantities.contains(&"0.123456".to_owned()) && quantities.contains(&"3.75".to_owned()), "{quantities:?}");
    assert_eq!((issues_of(&app, exact).len(), issues_of(&app, boxes).len(), issues_of(&app, unknown).len()), (1, 1, 0));
    let run = run_of(&app, unknown).await;
    assert_eq!(run.code.as_deref(), Some("flow.issue-quantity"));
    assert!(run.message.contains("桶") && run.message.contains("千克"), "{}", run.message);
}

// R-M58
#[tokio::test]
async fn a_preview_shows_the_body_and_writes_nothing() {
    let mut app = app().await;
    app.minute().await;
    app.sandbox.blacklake().set_callback_url(None);
    let id = feed(&app, "12.50");
    let (tenant, flow) = (TenantId::operator(), FlowId::new("issues"));
    let shown = operator::preview(&app.ctx, &tenant, &flow, Some(DocumentKey::Number(id))).await.unwrap();
    let body = &shown["would_create"]["InventoryGenExits"];
    assert_eq!(
        (&body["Comments"], &body["DocumentLines"][0]["Quantity"]),
        (&json!(format!("MES-F {id}")), &json!(12.5))
    );
    assert_eq!(operator::preview(&app.ctx, &tenant, &flow, None).await.unwrap()["document"]["key"], id);
    assert!(app.sandbox.b1().postings().is_empty() && runs_of(&app, "issues").await.is_empty());
    let found = compare::flow(&app.ctx, &tenant, &flow).await.unwrap();
    assert_eq!((found.problems, found.compared), (Vec::<String>::new(), vec!["object InventoryGenExits".to_owned()]));
    // It is switched off and on again.
    app.clock.advance(Duration::from_secs(180));
    let counts = operator::run_now(&app.ctx, &tenant, &flow).await.unwrap();
    assert_eq!((counts.found, counts.queued), (1, 1));
    app.minute().await;
    assert_eq!(issues_of(&app, id).len(), 1);
    let steps = steps_of(&app, &run_of(&app, id).await).await;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    for name in ["read feeding", "read work order", "read order and item", "create document"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

fn with_rules(c: &mut Value) {
    config(c);
    let flow = &mut c["flows"][0];
    flow["key_field"] = json!("U_TenonKey");
    flow["constants"] = json!({ "U_OutboundType": "2" });
    flow["warehouses"] = json!({ "LOC-7": "W05009" });
    flow["bins"] = json!({ "W05009": 31 });
    flow["date"] = json!("today");
}

// R-M54
#[tokio::test]
async fn a_site_has_a_field_a_warehouse_and_a_bin_of_its_own() {
    let mut app = app_with(0, with_rules).await;
    let b1 = app.sandbox.b1();
    b1.create_document(0, "Warehouses", json!({ "WarehouseCode": "W05009", "EnableBinLocations": "tYES" })).unwrap();
    b1.put_stock(StockPlace::of("RM-2001", "W05009").batch("RM2001-B7").bin(31), "10").unwrap();
    let more =
        json!({ "feedRecordInfo": { "opeLocation": { "id": 9, "code": "LOC-7" }, "feedTime": 1_795_000_000_000_i64 } });
    let id = fed(&app, NewFeeding { batch: "RM2001-B7".into(), more, ..NewFeeding::of("478", "RM-2001", "4") });
    app.minute().await;
    let issue = app.sandbox.b1().row("InventoryGenExits", "U_TenonKey", &json!(format!("MES-F {id}"))).unwrap();
    assert_eq!((&issue["U_OutboundType"], &issue["DocDate"]), (&json!("2"), &json!("2026-11-22")));
    let line = &issue["DocumentLines"][0];
    assert_eq!(line["WarehouseCode"], "W05009");
    assert_eq!(
        line["DocumentLinesBinAllocations"],
        json!([{ "BinAbsEntry": 31, "Quantity": 4, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0 }])
    );
    assert_eq!(app.sandbox.b1().stock(&StockPlace::of("RM-2001", "W05009").bin(31)), "6");
}

fn with_query(c: &mut Value) {
    config(c);
    let query = "select T0.DistNumber as BatchNumber, T0.Quantity from OBTQ T0 where T0.ItemCode = :item and T0.WhsCode = :warehouse";
    c["flows"][0]["batches"] = json!(query);
}

// R-M54
#[tokio::test]
async fn batches_come_by_the_sites_rule_where_the_feeding_names_none() {
    let mut app = app_with(0, with_query).await;
    app.sandbox.b1().put_stock(StockPlace::of("RM-2001", "W05002").batch("RM2001-B6"), "10").unwrap();
    app.sandbox.b1().register_sql(
        "from OBTQ",
        std::sync::Arc::new(|call| {
            assert_eq!(call.parameters["item"], "RM-2001");
            vec![
                json!({ "BatchNumber": "RM2001-B6", "Quantity": 10 }),
                json!({ "BatchNumber": "RM2001-B7", "Quantity": 500 }),
            ]
        }),
    );
    let id = fed(&app, NewFeeding::of("478", "RM-2001", "12.5"));
    app.minute().await;
    let batches = issues_of(&app, id)[0]["DocumentLines"][0]["BatchNumbers"].clone();
    assert_eq!(batches[0]["Quantity"], 10);
    assert_eq!((&batches[1]["BatchNumber"], &batches[1]["Quantity"]), (&json!("RM2001-B7"), &json!(2.5)));
}
