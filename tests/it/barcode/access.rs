//! Who may call, for which company, and what those who may not are told.

use super::test_app::{CODE, SECOND, app, app_with, call, config, post, receipt, rows};
use serde_json::{Value, json};
use tenon_connectors::di_api::DiApi;
use tenon_model::config::Connection;
use tenon_model::{ConnectionId, TenantId};
use tenon_tests::TestApp;

// R-B1
#[tokio::test]
async fn whoever_is_not_let_in_gets_one_answer_and_nothing_is_done() {
    let app = app().await;
    let body = receipt().to_string();
    let refused = async |path: &str, code: &str| {
        let answer = call(&app, "POST", path, &[("X-ApiG-AppCode", code)], Some(&body)).await;
        (answer.status, answer.body)
    };
    let none = call(&app, "POST", "/barcode/b1-main/save", &[], Some(&body)).await;
    assert_eq!((none.status, &none.body["success"]), (401, &json!(false)));
    for (path, code) in [
        ("/barcode/b1-main/save", ""),
        ("/barcode/b1-main/save", "not-the-code"),
        ("/barcode/b1-main/save", "the-code-of-an-app-elsewhere"),
        ("/barcode/b1-main/save", SECOND),
        ("/barcode/no-such/save", CODE),
        ("/barcode/di-main/save", CODE),
        ("/barcode/b1-main/query", SECOND),
        ("/barcode/b1-main/print", "not-the-code"),
        ("/barcode/b1-main/companies", SECOND),
    ] {
        assert_eq!(refused(path, code).await, (401, none.body.clone()), "{path} {code}");
    }
    assert_eq!(app.sandbox.total_calls(), 0);
}

// R-B2, R-B36, R-B37
#[tokio::test]
async fn an_app_sees_the_companies_that_it_may_use_and_eleven_methods() {
    let app = app().await;
    for method in ["GET", "POST"] {
        let answer = call(&app, method, "/barcode/b1-main/methods", &[("x-apig-appcode", CODE)], None).await.body;
        assert_eq!(answer["data"].as_array().unwrap().len(), 11);
        assert_eq!(answer["data"][0], json!({ "method": "UserDataTable", "name": "自定义表", "operations": ["A"] }));
        let companies = call(&app, method, "/barcode/b1-main/companies", &[("x-apig-appcode", CODE)], None).await.body;
        let named = json!([
            { "CompanyDB": "SBODEMOCN", "CompanyName": "SBODEMOCN", "connection": "b1-main" },
            { "CompanyDB": "SBODEMOCN", "CompanyName": "二号公司", "connection": "b1-two" }
        ]);
        assert_eq!(companies, json!({ "success": true, "code": "200", "message": "OK", "data": named }));
    }
    let second = call(&app, "GET", "/barcode/b1-two/companies", &[("X-APIG-APPCODE", SECOND)], None).await.body;
    assert_eq!(second["data"].as_array().unwrap().len(), 1);
    assert_eq!(second["data"][0]["connection"], "b1-two");
}

// R-B37
#[tokio::test]
async fn a_company_whose_b1_is_down_is_called_by_its_database() {
    use tenon_sandbox::{Fault, FaultKind, Vendor};
    let app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::Html(503)).vendor(Vendor::B1).always());
    let answer = call(&app, "GET", "/barcode/b1-main/companies", &[("x-apig-appcode", CODE)], None).await.body;
    assert_eq!(
        answer["data"][0],
        json!({ "CompanyDB": "SBODEMOCN", "CompanyName": "SBODEMOCN", "connection": "b1-main" })
    );
    let text = answer.to_string();
    assert!(!text.contains("sandbox-b1") && !text.contains("manager") && !text.contains("http"), "{text}");
}

// R-B3
#[tokio::test]
async fn what_cannot_be_read_is_answered_with_its_place() {
    let app = app().await;
    let send = async |body: &str| {
        let answer = call(&app, "POST", "/barcode/b1-main/save", &[("x-apig-appcode", CODE)], Some(body)).await;
        assert_eq!((answer.status, &answer.body["success"]), (200, &json!(false)), "{}", answer.body);
        answer.body["message"].as_str().unwrap().to_owned()
    };
    assert!(send("{").await.contains("JSON"));
    assert!(send("[]").await.contains("JSON"));
    assert!(
        send(r#"{"method":"InventoryGenEntry","data":[{"BaseEntry":"478 or 1=1","Quantity":"1"}]}"#)
            .await
            .starts_with("data[0].BaseEntry: ")
    );
    let long = send(&format!("{{\"a\":\"{}\"}}", "x".repeat(1_100_000))).await;
    assert!(long.contains("1024 KB"), "{long}");
    assert_eq!(app.sandbox.total_calls(), 0);
}

// R-B7
#[tokio::test]
async fn a_company_without_a_di_api_does_everything_but_query_and_backflush() {
    let app = app().await;
    let query = post(&app, "b1-two/query", &json!({ "sql": "select 1 from DUMMY" })).await;
    assert_eq!((&query["success"], &query["code"]), (&json!(false), &json!("barcode.no-di-api")));
    let backflush = post(&app, "b1-two/save", &super::test_app::with_backflush()).await;
    assert_eq!((&backflush["success"], &backflush["code"]), (&json!(false), &json!("barcode.no-di-api")));
    assert!(app.second.as_ref().unwrap().b1().rows("InventoryGenEntries").is_empty());
    assert!(app.sandbox.di_api().statements().is_empty());
}

// R-B39
#[tokio::test]
async fn two_companies_keep_apart() {
    let app = app().await;
    let delivery = json!({ "method": "PurchaseDelivery", "data": [{ "BaseEntry": "55", "BaseType": "22", "BaseLine": "0",
        "Quantity": "2.5", "WarehouseCode": "01" }], "MainTable": { "CardCode": "V1" } });
    let order = json!({ "DocEntry": 55, "CardCode": "V1", "DocumentLines": [
        { "LineNum": 0, "ItemCode": "FG-1002", "Quantity": 10, "WarehouseCode": "01" }] });
    app.sandbox.b1().create_document(app.clock.now_ms(), "PurchaseOrders", order).unwrap();
    let (one, two) = (post(&app, "b1-main/save", &delivery).await, post(&app, "b1-two/save", &delivery).await);
    assert_eq!((&one["success"], &two["success"]), (&json!(true), &json!(true)), "{one} {two}");
    assert!(one.get("repeated").is_none() && two.get("repeated").is_none());
    let second = app.second.as_ref().unwrap().b1().rows("PurchaseDeliveryNotes");
    // The first has one already, which its returns are based on.
    assert_eq!((rows(&app, "PurchaseDeliveryNotes").len(), second.len()), (2, 1));
    // Without a key field the key stands in the comments.
    assert!(second[0]["Comments"].as_str().unwrap().starts_with("TN"), "{}", second[0]);
    assert_eq!(second[0]["DocumentLines"][0]["Quantity"], 2.5);
}

#[tokio::test]
async fn a_sites_own_form_of_answers_is_kept() {
    fn own(c: &mut Value) {
        config(c);
        c["barcode"][0]["answer"] = json!({
            "success": { "Result": "Y", "Rows": "{{data}}" }, "failure": { "Result": "N", "Text": "[{{code}}] {{message}}" }
        });
    }
    let app = app_with(own, |_| {}).await;
    let done = post(
        &app,
        "b1-main/query",
        &json!({ "sql": "select \"DistNumber\" from OBTN where \"DistNumber\"='RM2001-B6'" }),
    )
    .await;
    assert_eq!(done, json!({ "Result": "Y", "Rows": { "value": [{ "DistNumber": "RM2001-B6" }] } }));
    let no = post(&app, "b1-main/query", &json!({ "sql": "drop table OITM" })).await;
    assert!(no["Text"].as_str().unwrap().starts_with("[sql.not-a-select] "), "{no}");
}

// R-B6
#[tokio::test]
async fn a_check_logs_in_and_knows_the_words_for_an_empty_statement() {
    let check = async |app: &TestApp| {
        let loaded = app.ctx.config.load(&TenantId::operator()).await.unwrap();
        let id = ConnectionId::new("di-main");
        let Connection::DiApi(connection) = loaded.connection(&id).unwrap().as_ref().clone() else { panic!("{id}") };
        DiApi::new(&app.ctx, &TenantId::operator(), *connection, loaded.revision(&id)).check().await
    };
    let app = app().await;
    let report = check(&app).await.unwrap();
    let steps: Vec<&str> = report.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["login", "empty statement"]);
    let other_words: fn(&mut Value) = |c| {
        config(c);
        c["connections"][2]["empty_sql"] = json!("Nothing to execute");
    };
    let error = check(&app_with(other_words, |_| {}).await).await.unwrap_err();
    assert!(error.message.contains("Sql不能为空") && error.message.contains("empty_sql"), "{}", error.message);
    app.sandbox.configure(|options| options.di_api.password = "another".to_owned());
    assert_eq!(check(&app).await.unwrap_err().code, "di-api.login-refused");
}
