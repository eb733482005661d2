//! Saves: what each method posts, once, and what is answered.

use super::test_app::{CODE, app, app_with, call, config, post, receipt, rows, runs, stock};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_sandbox::{Fault, FaultKind, Vendor};

// R-B14, R-B16, R-B17
#[tokio::test]
async fn each_of_the_eleven_methods_posts_to_its_set_and_moves_its_stock() {
    let app = app().await;
    let (mut here, mut there) = (1_000, 0);
    // What each does to FG-1002 in warehouse 01, and the last but two in 02 too.
    let moved = [0, 3, -1, 0, 0, 1, -1, 1, -1, -1, 1];
    for ((method, set, line, more), change) in [
        ("UserDataTable", "UDTNAME", json!({ "U_Box": "B1" }), json!({ "table": "UDTNAME" })),
        (
            "PurchaseDelivery",
            "PurchaseDeliveryNotes",
            json!({ "BaseEntry": "1", "BaseType": "22", "BaseLine": "0", "Quantity": "3" }),
            json!({}),
        ),
        (
            "PurchaseReturn",
            "PurchaseReturns",
            json!({ "BaseEntry": "1", "BaseType": "20", "BaseLine": "0", "Quantity": "1" }),
            json!({}),
        ),
        (
            "InventoryGenExit",
            "InventoryGenExits",
            json!({ "BaseEntry": "479", "BaseType": "202", "BaseLine": "0", "Quantity": "1", "WarehouseCode": "01" }),
            json!({}),
        ),
        (
            "InventoryGenReturn",
            "InventoryGenEntries",
            json!({ "BaseEntry": "479", "BaseType": "202", "BaseLine": "0", "Quantity": "1", "WarehouseCode": "01" }),
            json!({}),
        ),
        (
            "InventoryGenEntry",
            "InventoryGenEntries",
            json!({ "BaseEntry": "479", "BaseType": "202", "Quantity": "1", "WarehouseCode": "01" }),
            json!({}),
        ),
        (
            "DeliveryNotes",
            "DeliveryNotes",
            json!({ "BaseEntry": "1", "BaseType": "17", "BaseLine": "0", "Quantity": "1" }),
            json!({}),
        ),
        (
            "Returns",
            "Returns",
            json!({ "BaseEntry": "1", "BaseType": "15", "BaseLine": "0", "Quantity": "1" }),
            json!({}),
        ),
        (
            "StockTransfer",
            "StockTransfers",
            json!({ "ItemCode": "FG-1002", "Quantity": "1", "FromWarehouseCode": "01", "WarehouseCode": "02" }),
            json!({}),
        ),
        (
            "StockGenExit",
            "InventoryGenExits",
            json!({ "ItemCode": "FG-1002", "Quantity": "1", "WarehouseCode": "01" }),
            json!({}),
        ),
        (
            "StockGenEntry",
            "InventoryGenEntries",
            json!({ "ItemCode": "FG-1002", "Quantity": "1", "WarehouseCode": "01" }),
            json!({}),
        ),
    ]
    .into_iter()
    .zip(moved)
    {
        let before = rows(&app, set).len();
        let mut body =
            json!({ "method": method, "operationtype": "A", "data": [line], "MainTable": { "U_CZR": method } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = post(&app, "b1-main/save", &body).await;
        assert_eq!((&answer["success"], &answer["code"]), (&json!(true), &json!("200")), "{method}: {answer}");
        let all = rows(&app, set);
        assert_eq!(all.len(), before + 1, "{method}");
        let made = all.iter().find(|row| row["U_CZR"] == method).unwrap();
        assert_eq!(answer["data"]["DocEntry"], made["DocEntry"], "{method}");
        assert!(made["U_TenonKey"].as_str().unwrap().starts_with("TN"));
        let lines = if method == "StockTransfer" { "StockTransferLines" } else { "DocumentLines" };
        assert_eq!(made[lines].as_array().unwrap().len(), 1, "{method}: {made}");
        here += change;
        there += i64::from(method == "StockTransfer");
        assert_eq!(stock(&app, "FG-1002", "01"), here.to_string(), "{method}");
        assert_eq!(stock(&app, "FG-1002", "02"), there.to_string(), "{method}");
    }
    let other = post(&app, "b1-main/save", &json!({ "method": "UserDataTable", "table": "OUSR", "data": [{}] })).await;
    assert_eq!(other["code"], "barcode.object");
}

// R-B16, R-B19, R-B21, R-B23: what is not there is refused by B1 and nothing of the document is booked.
#[tokio::test]
async fn more_than_there_is_leaves_no_stock_and_no_document() {
    let app = app().await;
    let row = |batch: &str, quantity: &str, from: &str, to: &str| json!({ "Quantity": quantity, "BatchNumber": batch, "BinAbsEntry": from, "ToBinAbsEntry": to });
    let transfer = |quantity: &str, rows: Value| {
        json!({ "method": "StockTransfer", "MainTable": { "DocDate": "20261122" }, "data": [
            { "ItemCode": "RM-2001", "Quantity": quantity, "ManBtchNum": "Y", "FromWarehouseCode": "W05002", "WarehouseCode": "W05001",
              "linetable": rows }] })
    };
    let both = json!([row("RM2001-B6", "400.25", "31", "14"), row("RM2001-B7", "99.75", "32", "14")]);
    let answer = post(&app, "b1-main/save", &transfer("500", both)).await;
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!((stock(&app, "RM-2001", "W05001"), stock(&app, "RM-2001", "W05002")), ("500".into(), "1500".into()));
    for (quantity, rows, part) in [
        ("601", json!([row("RM2001-B6", "601", "31", "14")]), "negative inventory"),
        ("1", json!([row("RM2001-B7", "1", "31", "14")]), "negative inventory"),
        ("1", json!([row("RM2001-B6", "1", "31", "")]), "not allocated completely"),
    ] {
        let answer = post(&app, "b1-main/save", &transfer(quantity, rows)).await;
        assert_eq!((&answer["success"], &answer["code"]), (&json!(false), &json!("-10")), "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(part), "{answer}");
    }
    let too_much = json!({ "method": "DeliveryNotes", "data": [
        { "ItemCode": "FG-1002", "Quantity": "999", "WarehouseCode": "01" },
        { "ItemCode": "FG-1002", "Quantity": "1.000001", "WarehouseCode": "01" }] });
    assert_eq!(post(&app, "b1-main/save", &too_much).await["code"], "-10");
    assert_eq!(stock(&app, "FG-1002", "01"), "1000");
    assert_eq!((rows(&app, "StockTransfers").len(), rows(&app, "DeliveryNotes").len()), (1, 1));
}

// R-B17, R-B18, R-B19, R-B21, R-B23
#[tokio::test]
async fn a_receipt_reaches_b1_as_the_contract_shows_it() {
    let app = app().await;
    let answer = post(&app, "b1-main/save", &receipt()).await;
    let made = rows(&app, "InventoryGenEntries").remove(0);
    assert_eq!(answer["data"], json!({ "DocEntry": made["DocEntry"], "DocNum": made["DocNum"], "issue": null }));
    for (name, value) in
        [("U_CZR", "CS01"), ("U_CZSJ", "2023-09-20 21:04:44"), ("DocDate", "20230920"), ("DocDueDate", "20230920")]
    {
        assert_eq!(made[name], value);
    }
    for left_out in ["U_BFYY1", "Inverted", "InvertedSql", "InvertedBathSql"] {
        assert!(made.get(left_out).is_none(), "{left_out}");
    }
    let line = &made["DocumentLines"][0];
    assert_eq!((&line["BaseEntry"], &line["BaseType"], &line["Quantity"]), (&json!(478), &json!(202), &json!(30.0)));
    assert_eq!(
        line["BatchNumbers"],
        json!([{ "BatchNumber": "11007510-01-50|20230920", "Quantity": 30, "AddmisionDate": "20230920", "BaseLineNumber": 0 }])
    );
    for left_out in ["ManBtchNum", "linetable", "U_FJDSJ"] {
        assert!(line.get(left_out).is_none() || line[left_out].is_null(), "{left_out}: {line}");
    }
    let run = runs(&app).await.remove(0);
    assert_eq!((run.status, run.document.unwrap().to_string()), (RunStatus::Succeeded, made["DocEntry"].to_string()));
}

// R-B24
#[tokio::test]
async fn a_repeat_is_answered_as_before_and_posts_nothing() {
    let app = app().await;
    let first = post(&app, "b1-main/save", &receipt()).await;
    let calls = app.sandbox.total_calls();
    let mut again = first.clone();
    again["repeated"] = json!(true);
    assert_eq!(post(&app, "b1-main/save", &receipt()).await, again);
    assert_eq!(app.sandbox.total_calls(), calls);
    let mut later = receipt();
    later["MainTable"]["U_CZSJ"] = json!("2023-09-20 21:04:45");
    assert!(post(&app, "b1-main/save", &later).await.get("repeated").is_none());
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 2);
    app.clock.advance(Duration::from_secs(86_401));
    assert!(post(&app, "b1-main/save", &receipt()).await.get("repeated").is_none());
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 3);
}

// R-B24
#[tokio::test]
async fn a_callers_own_key_counts_and_belongs_to_one_body() {
    let app = app().await;
    let mut other = receipt();
    other["MainTable"]["U_CZR"] = json!("CS02");
    let send = async |body: &Value, key: &str| {
        let headers = [("x-apig-appcode", CODE), ("idempotency-key", key)];
        call(&app, "POST", "/barcode/b1-main/save", &headers, Some(&body.to_string())).await.body
    };
    assert_eq!(send(&receipt(), "k-1").await["success"], true);
    assert_eq!(send(&receipt(), "k-1").await["repeated"], true);
    assert_eq!(send(&other, "k-1").await["code"], "barcode.key-reused");
    assert!(send(&receipt(), "k-2").await.get("repeated").is_none());
    let (mut named, mut changed) = (receipt(), other.clone());
    (named["requestId"], changed["requestId"]) = (json!("q-1"), json!("q-1"));
    assert_eq!(post(&app, "b1-main/save", &named).await["success"], true);
    assert_eq!(post(&app, "b1-main/save", &named).await["repeated"], true);
    assert_eq!(post(&app, "b1-main/save", &changed).await["code"], "barcode.key-reused");
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 3);
}

// R-B23, R-B24
#[tokio::test]
async fn b1s_words_are_passed_on_and_what_was_refused_may_be_sent_again() {
    let app = app().await;
    let refusal =
        r#"{"error":{"code":-5002,"message":{"lang":"zh-cn","value":"数量超过计划数量 [OIGN.Quantity][line: 1]"}}}"#;
    app.sandbox.inject(Fault::new(FaultKind::Status(400, refusal.to_owned())).on("POST", "InventoryGenEntries"));
    let no = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!(
        (&no["code"], &no["message"], &no["data"]),
        (&json!("-5002"), &json!("数量超过计划数量 [OIGN.Quantity][line: 1]"), &Value::Null)
    );
    let sick = r#"{"error":{"code":-1116,"message":{"value":"Could not commit transaction"}}}"#;
    app.sandbox.inject(Fault::new(FaultKind::Status(400, sick.to_owned())).on("POST", "InventoryGenEntries"));
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["code"], "-1116");
    let done = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!((&done["success"], done.get("repeated")), (&json!(true), None));
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 1);
}

// R-B3, R-B25
#[tokio::test]
async fn a_post_that_was_not_answered_is_looked_up_before_anything_is_said() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "InventoryGenEntries"));
    let found = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!(found["success"], true, "{found}");
    let made = rows(&app, "InventoryGenEntries");
    assert_eq!((made.len(), &found["data"]["DocNum"]), (1, &made[0]["DocNum"]));
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["repeated"], true);
}

// R-B3, R-B25
#[tokio::test]
async fn a_b1_that_hangs_is_told_in_time_and_the_repeat_gets_the_document() {
    let app = app().await;
    // Carried out only after a minute: whoever looks earlier sees nothing.
    app.sandbox.inject(Fault::new(FaultKind::Late(Duration::from_secs(60))).on("POST", "InventoryGenEntries"));
    let begun = app.clock.now_ms();
    let late = post(&app, "b1-main/save", &receipt()).await;
    assert!(app.clock.now_ms() - begun <= 25_000, "{} ms", app.clock.now_ms() - begun);
    assert_eq!((&late["success"], late["requestId"].as_str()), (&json!(false), Some("r-1")), "{late}");
    let still = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!((&still["success"], rows(&app, "InventoryGenEntries").len()), (&json!(false), 0), "{still}");
    app.clock.advance(Duration::from_secs(45));
    let found = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!((&found["success"], rows(&app, "InventoryGenEntries").len()), (&json!(true), 1), "{found}");
}

// R-B25
#[tokio::test]
async fn what_never_reached_b1_is_posted_again_when_it_can_no_longer_appear() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).on("POST", "InventoryGenEntries"));
    let open = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!((&open["success"], &open["code"]), (&json!(false), &json!("barcode.open")), "{open}");
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["success"], false);
    app.clock.advance(Duration::from_secs(130));
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["success"], true);
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 1);
}

// R-B25
#[tokio::test]
async fn without_a_field_the_key_follows_the_applications_own_words() {
    fn in_comments(c: &mut Value) {
        config(c);
        c["barcode"][0].as_object_mut().unwrap().remove("key_field");
    }
    let app = app_with(in_comments, |_| {}).await;
    let mut body = receipt();
    body["MainTable"]["Comments"] = json!("夜班");
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "InventoryGenEntries"));
    assert_eq!(post(&app, "b1-main/save", &body).await["success"], true);
    let made = rows(&app, "InventoryGenEntries");
    assert_eq!(made.len(), 1);
    assert!(made[0]["Comments"].as_str().unwrap().starts_with("夜班 TN"), "{}", made[0]["Comments"]);
}

// R-B26
#[tokio::test]
async fn a_document_that_an_approval_procedure_takes_is_a_draft() {
    for fails in [true, false] {
        let app = app().await;
        app.sandbox.configure(|options| {
            options.b1.approval_on_post.insert("PurchaseReturns".to_owned());
            options.b1.approval_on_post_fails = fails;
        });
        let body = json!({ "method": "PurchaseReturn", "data": [{ "BaseEntry": "1", "BaseType": "20", "BaseLine": "0", "Quantity": "1" }],
            "MainTable": { "CardCode": "V1" } });
        let taken = post(&app, "b1-main/save", &body).await;
        assert_eq!(
            (&taken["success"], &taken["draft"], &taken["data"]["draft"]),
            (&json!(true), &json!(true), &json!(true)),
            "{taken}"
        );
        assert_eq!(taken["data"]["DocEntry"], rows(&app, "Drafts")[0]["DocEntry"]);
        assert_eq!(post(&app, "b1-main/save", &body).await["repeated"], true);
        assert_eq!((rows(&app, "Drafts").len(), rows(&app, "PurchaseReturns").len()), (1, 0));
    }
}

// R-B24
#[tokio::test]
async fn one_document_sent_many_times_at_once_is_posted_once() {
    let app = app().await;
    let body = receipt();
    let all = futures::future::join_all((0..8).map(|_| post(&app, "b1-main/save", &body))).await;
    assert!(all.iter().all(|answer| answer["success"] == true || answer["code"] == "barcode.in-progress"), "{all:?}");
    assert!(all.iter().any(|answer| answer["success"] == true));
    assert_eq!(rows(&app, "InventoryGenEntries").len(), 1);
}

#[tokio::test]
async fn a_b1_that_is_out_is_told_and_nothing_is_remembered_as_posted() {
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::B1).on("POST", "Login").times(1));
    let out = post(&app, "b1-main/save", &receipt()).await;
    assert_eq!((&out["success"], rows(&app, "InventoryGenEntries").len()), (&json!(false), 0), "{out}");
    app.clock.advance(Duration::from_secs(120));
    assert_eq!(post(&app, "b1-main/save", &receipt()).await["success"], true);
}
