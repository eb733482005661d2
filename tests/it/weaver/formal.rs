//! Formal and custom documents of two companies, and documents from SQL: story E4.

use super::test_app::{companies, config, push, requests_of};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_sandbox::{Fault, FaultKind, Sandbox, Vendor};
use tenon_tests::TestApp;

fn order(sandbox: &Sandbox, now_ms: i64, card: &str) -> i64 {
    let fields = json!({ "CardName": card, "U_ISSYN": "N", "U_OAUser": "66", "U_REQUESTID": null, "U_SUCCESS": null,
        "DocDate": "2024-12-04T00:00:00Z", "DocumentLines": [{ "LineNum": 0, "ItemCode": "11028", "Quantity": 5.0 }] });
    sandbox.b1().create_document(now_ms, "PurchaseOrders", fields).unwrap()["DocEntry"].as_i64().unwrap()
}

fn row(sandbox: &Sandbox, set: &str, key: &str, value: Value) -> Value {
    sandbox.b1().row(set, key, &value).unwrap()
}

fn by_supplier(app: &TestApp, card: &str) -> Option<String> {
    let is_of = |request: &&Value| request["main"].as_array().unwrap().iter().any(|pair| pair[1] == card);
    app.sandbox.weaver().requests().iter().find(is_of).map(|request| request["id"].to_string())
}

async fn decide(app: &TestApp, request: &str, status: &str) -> Value {
    push(app, &json!({ "requestid": request, "status": status })).await
}

// R-W29, R-W35, R-W44
#[tokio::test]
async fn results_go_to_the_document_of_their_company() {
    let (mut app, other) = companies(0).await;
    let now = app.clock.now_ms();
    let (a, b) = (order(&app.sandbox, now, "甲公司供应商"), order(&other, now, "乙公司供应商"));
    assert_eq!(a, b, "the same number in both");
    app.sandbox
        .b1()
        .create_document(now, "TOOLING", json!({ "Code": "T'9", "CardName": "模具", "U_ISSYN": "N", "U_OAUser": "7" }))
        .unwrap();
    let shown = |s: &Sandbox, key: i64| row(s, "PurchaseOrders", "DocEntry", json!(key));
    app.minutes_until(5, "submission", |s| {
        shown(&s.sandbox, a)["U_ISSYN"] == "Y"
            && shown(&other, b)["U_ISSYN"] == "Y"
            && row(&s.sandbox, "TOOLING", "Code", json!("T'9"))["U_ISSYN"] == "Y"
    })
    .await;
    let (ours, theirs) = (by_supplier(&app, "甲公司供应商").unwrap(), by_supplier(&app, "乙公司供应商").unwrap());
    assert_eq!(requests_of(&app, "25", &a.to_string()).len(), 2);
    assert_eq!(shown(&app.sandbox, a)["U_REQUESTID"], ours.as_str());
    assert_eq!(shown(&other, b)["U_REQUESTID"], theirs.as_str());
    let tooling = by_supplier(&app, "模具").unwrap();
    assert_eq!(decide(&app, &tooling, "1").await["success"], "Y");
    assert_eq!(row(&app.sandbox, "TOOLING", "Code", json!("T'9"))["U_SUCCESS"], "Y");

    // One company is out.
    let until_ms = app.clock.now_ms() + 120_000;
    other.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    assert_eq!(decide(&app, &ours, "1").await["success"], "Y");
    let answer = decide(&app, &theirs, "2").await;
    assert_eq!(answer["success"], "N", "{answer}");
    assert_eq!(shown(&app.sandbox, a)["U_SUCCESS"], "Y");
    app.clock.advance(Duration::from_secs(121));
    app.minutes_until(8, "result of the other", |_| shown(&other, b)["U_SUCCESS"] == "N").await;
    assert_eq!(decide(&app, &theirs, "2").await["success"], "Y");
    assert_eq!(shown(&app.sandbox, a)["U_SUCCESS"], "Y");
}

// R-W44, R-W28: a lost answer where both companies have a document of that number
#[tokio::test]
async fn a_lost_request_of_one_company_is_not_taken_for_the_others() {
    let (mut app, other) = companies(0).await;
    let now = app.clock.now_ms();
    let (a, b) = (order(&app.sandbox, now, "甲公司供应商"), order(&other, now, "乙公司供应商"));
    let create = "/api/workflow/paService/doCreateRequest";
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::Weaver).on("POST", create).times(2));
    let id = |s: &Sandbox, key: i64| row(s, "PurchaseOrders", "DocEntry", json!(key))["U_REQUESTID"].clone();
    app.minutes_until(8, "marks", |s| !id(&s.sandbox, a).is_null() && !id(&other, b).is_null()).await;
    assert_eq!(app.sandbox.weaver().request_count(), 2);
    assert_eq!(id(&app.sandbox, a), by_supplier(&app, "甲公司供应商").unwrap().as_str());
    assert_eq!(id(&other, b), by_supplier(&app, "乙公司供应商").unwrap().as_str());
}

// R-W30, R-W24
#[tokio::test]
async fn a_document_from_sql_has_its_dates_in_the_oas_form_and_its_marks_on_the_entity() {
    fn from_sql(c: &mut Value) {
        config(c);
        let flow = &mut c["flows"][2];
        flow["source"]["sql"] = json!({
            "main": "select DocEntry, DocDate, CardName, U_OAUser from OPOR where U_ISSYN = 'N' order by DocEntry",
            "lines": "select ItemCode, Quantity from POR1 where DocEntry = :key order by LineNum" });
        flow["form"]["template"] = json!("26");
        flow["form"]["fields"] =
            json!([{ "from": "CardName", "to": "gys" }, { "from": "DocDate", "to": "rq", "format": "date" }]);
        flow["form"]["lines"] = json!({ "to": "dt1", "fields": [{ "from": "ItemCode", "to": "wlbm" }] });
    }
    let (mut app, _) = companies(0).await;
    let mut value = tenon_tests::standard_config();
    from_sql(&mut value);
    app.apply(value).await;
    let form = tenon_sandbox::WeaverWorkflow::new("采购订单", &["gys", "rq", "erpkey"]).table("dt1", &["wlbm"]);
    app.sandbox.weaver().set_workflow("26", form);
    let key = order(&app.sandbox, app.clock.now_ms(), "甲公司供应商");
    let shown = |s: &TestApp| row(&s.sandbox, "PurchaseOrders", "DocEntry", json!(key));
    app.minutes_until(5, "submission", |s| shown(s)["U_ISSYN"] == "Y").await;
    let request = requests_of(&app, "26", &key.to_string()).remove(0);
    assert!(request["main"].as_array().unwrap().contains(&json!(["rq", "2024-12-04"])), "{request}");
    assert_eq!(request["tables"]["dt1"], json!([[["wlbm", "11028"]]]));
    assert_eq!(request["creator"], "66");
    assert_eq!(decide(&app, &request["id"].to_string(), "1").await["success"], "Y");
    assert_eq!(shown(&app)["U_SUCCESS"], "Y");
}
