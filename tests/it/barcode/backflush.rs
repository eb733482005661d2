//! Receipts with a backflush: components and batches as the site's SQL names them, issue and receipt both or none.

use super::test_app::{COMPONENTS, app, app_with, config, post, rows, with_backflush};
use serde_json::{Value, json};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

fn made(app: &TestApp) -> (usize, usize) {
    (rows(app, "InventoryGenExits").len(), rows(app, "InventoryGenEntries").len())
}

fn one_by_one(c: &mut Value) {
    config(c);
    c["barcode"][0]["changeset"] = json!(false);
}

// R-B28, R-B30, R-B31, R-B32, R-B33, R-B34
#[tokio::test]
async fn a_receipt_issues_its_components_in_one_changeset() {
    let app = app().await;
    let answer = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!(answer["success"], true, "{answer}");
    let select = format!("{} and T0.\"DocEntry\" in (478)", COMPONENTS.trim());
    assert_eq!(app.sandbox.di_api().statements(), [select, "call TMDK('RM-2001','W05002','15')".to_owned()]);
    assert_eq!((app.sandbox.calls("POST $batch"), made(&app)), (1, (1, 1)));
    let (issue, receipt) = (rows(&app, "InventoryGenExits").remove(0), rows(&app, "InventoryGenEntries").remove(0));
    assert_eq!(issue["DocDate"], "20230920");
    let line = &issue["DocumentLines"][0];
    let expected = json!({ "BaseEntry": 478, "BaseType": 202, "BaseLine": 0, "Quantity": 15.0, "WarehouseCode": "W05002",
        "BatchNumbers": [{ "BatchNumber": "RM2001-B6", "Quantity": 10, "BaseLineNumber": 0 },
                         { "BatchNumber": "RM2001-B7", "Quantity": 5, "BaseLineNumber": 0 }],
        "DocumentLinesBinAllocations": [
            { "BinAbsEntry": 31, "Quantity": 10, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0 },
            { "BinAbsEntry": 32, "Quantity": 5, "SerialAndBatchNumbersBaseLine": 1, "BaseLineNumber": 0 }] });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name}");
    }
    assert_eq!(issue["U_TenonKey"], receipt["U_TenonKey"]);
    let number = |row: &Value| json!({ "DocEntry": row["DocEntry"], "DocNum": row["DocNum"] });
    let mut data = number(&receipt);
    data["issue"] = number(&issue);
    assert_eq!(answer["data"], data);
    assert_eq!(post(&app, "b1-main/save", &with_backflush()).await["repeated"], true);
    assert_eq!(made(&app), (1, 1));
}

// R-B29, R-B31, R-B32
#[tokio::test]
async fn what_does_not_cover_the_need_posts_nothing() {
    let app = app().await;
    let body = with_backflush();
    app.sandbox
        .di_api()
        .set_procedure("TMDK", |_| vec![json!({ "BatchNumber": "RM2001-B6", "Quantity": 10, "BinAbsEntry": 31 })]);
    let short = post(&app, "b1-main/save", &body).await;
    assert_eq!((&short["success"], &short["code"], made(&app)), (&json!(false), &json!("barcode.short"), (0, 0)));
    let words = short["message"].as_str().unwrap();
    assert!(["RM-2001", "15", "10"].iter().all(|word| words.contains(word)), "{words}");
    let sent = app.sandbox.di_api().statements().len();
    for (name, text, code) in [
        ("InvertedBathSql", "call TMXX('{0}','{1}','{2}')", "sql.call"),
        ("InvertedBathSql", "call TMDK('{0}','{1}','{2}'); drop table OITM", "sql.call"),
        ("InvertedSql", "delete from OWOR", "sql.not-a-select"),
        ("InvertedSql", "select * from OUSR", "sql.table"),
        ("InvertedSql", "select 1 from OITM", "sql.orders"),
    ] {
        let mut bad = body.clone();
        bad["MainTable"][name] = json!(text);
        assert_eq!(post(&app, "b1-main/save", &bad).await["code"], code, "{text}");
    }
    assert_eq!(app.sandbox.di_api().statements().len(), sent);
    app.sandbox.di_api().set_table("OWOR", &[json!({ "DocEntry": 478 })]).unwrap();
    let mut other = body.clone();
    other["MainTable"]["InvertedSql"] = json!(
        "select 999 as \"DocEntry\", 0 as \"LineNum\", 'A' as \"ItemCode\", 1 as \"BaseQty\", 'W' as \"wareHouse\" from OWOR T0"
    );
    assert_eq!(post(&app, "b1-main/save", &other).await["code"], "barcode.components");
    assert_eq!(made(&app), (0, 0));
}

// R-B33
#[tokio::test]
async fn without_components_the_receipt_is_made_alone() {
    let app = app().await;
    app.sandbox
        .di_api()
        .set_table("OITM", &[json!({ "ItemCode": "RM-2001", "ItemName": "x", "ManBtchNum": "N" })])
        .unwrap();
    let answer = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&answer["success"], &answer["data"]["issue"], made(&app)), (&json!(true), &Value::Null, (0, 1)));
}

// R-B23, R-B34
#[tokio::test]
async fn a_changeset_that_b1_refuses_leaves_nothing_behind() {
    let app = app().await;
    // The issue is posted and rolled back with the receipt.
    app.sandbox.b1().remove_field("InventoryGenEntries", "U_CZR");
    let no = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&no["success"], &no["code"], made(&app)), (&json!(false), &json!("-1000"), (0, 0)), "{no}");
    assert_eq!(no["data"], Value::Null);
}

// R-B25, R-B34
#[tokio::test]
async fn a_changeset_that_was_not_answered_is_found_by_its_key() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "$batch"));
    let found = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&found["success"], made(&app)), (&json!(true), (1, 1)), "{found}");
    assert!(found["data"]["issue"]["DocEntry"].is_number());
}

// R-B34
#[tokio::test]
async fn one_by_one_a_failed_receipt_names_the_issue_and_the_repeat_makes_the_receipt_only() {
    let app = app_with(one_by_one, |_| {}).await;
    let refusal = r#"{"error":{"code":-10,"message":{"value":"仓库已锁定"}}}"#;
    app.sandbox.inject(Fault::new(FaultKind::Status(400, refusal.to_owned())).on("POST", "InventoryGenEntries"));
    let half = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&half["success"], &half["code"], made(&app)), (&json!(false), &json!("-10"), (1, 0)), "{half}");
    assert_eq!(half["data"]["issue"]["DocEntry"], rows(&app, "InventoryGenExits")[0]["DocEntry"]);
    let statements = app.sandbox.di_api().statements().len();
    let whole = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&whole["success"], made(&app)), (&json!(true), (1, 1)), "{whole}");
    assert_eq!(whole["data"]["issue"], half["data"]["issue"]);
    assert_eq!(app.sandbox.di_api().statements().len(), statements);
}

// R-B34
#[tokio::test]
async fn a_failed_issue_means_no_receipt() {
    let app = app_with(one_by_one, |_| {}).await;
    let refusal = r#"{"error":{"code":-5002,"message":{"value":"Batch not available"}}}"#;
    app.sandbox.inject(Fault::new(FaultKind::Status(400, refusal.to_owned())).on("POST", "InventoryGenExits"));
    let no = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&no["code"], &no["data"], made(&app)), (&json!("-5002"), &Value::Null, (0, 0)));
}

// R-B34
#[tokio::test]
async fn a_service_layer_without_batches_is_served_one_by_one() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::Html(404)).on("POST", "$batch").vendor(Vendor::B1));
    let answer = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&answer["success"], made(&app)), (&json!(true), (1, 1)), "{answer}");
}

// R-B5
#[tokio::test]
async fn a_select_is_repeated_in_a_new_session_and_a_call_is_not() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::ExpireSessions).on("POST", "exec-sql").nth(2));
    let over = post(&app, "b1-main/save", &with_backflush()).await;
    assert_eq!((&over["code"], made(&app)), (&json!("di-api.session"), (0, 0)), "{over}");
    assert_eq!(post(&app, "b1-main/save", &with_backflush()).await["success"], true);
    assert_eq!(made(&app), (1, 1));
}
