//! Tenant apps over HTTP.

use crate::common::{Fixture, routes};
use serde_json::{Value, json};
use tenon_catalog::{Auth, Role};
use tenon_engine::{Gate, GateDecision};
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::{AppId, Module, TenantId};
use tenon_tenants::call_log;

const T: &str = "/api/system/tenant-app";

/// A fixture whose `t-1` tries the order module, and its app's id.
async fn tried() -> (Fixture, String) {
    let d = Fixture::new().await;
    d.data(&d.admin, "POST /api/system/app-store/start-trial", json!({ "appId": "ORDER_SYNC" })).await;
    let list = d.data(&d.admin, &format!("POST {T}/list"), Value::Null).await;
    let id = list["records"][0]["id"].as_str().unwrap().to_owned();
    (d, id)
}

#[tokio::test]
async fn an_app_is_made_changed_switched_and_deleted() {
    let (d, _) = tried().await;
    let body = json!({ "appType": "ORDER_SYNC", "appName": "二号ERP", "callbackUrl": "https://erp.example/hook" });
    // A trial has one app, or its hundred calls a day would be no limit.
    let refused = d.call(&d.admin, &format!("POST {T}/create"), body.clone()).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["message"].as_str().unwrap().contains("appType"));
    let bought = json!({ "appId": "ORDER_SYNC", "subscriptionType": "MONTHLY", "contactName": "张三",
                         "contactPhone": "13800000000" });
    let order = d.data(&d.admin, "POST /api/system/app-store/create-order", bought).await;
    let paid = json!({ "orderId": order["orderNo"] });
    d.data(&d.operator, "POST /api/system/app-store/admin/activate-order", paid).await;
    let made = d.data(&d.admin, &format!("POST {T}/create"), body).await;
    let id = made["app"]["id"].as_str().unwrap();
    let whsec = made["apiCredentials"]["callbackSecret"].as_str().unwrap();
    assert!(whsec.starts_with("whsec_"));
    assert!(made["apiCredentials"]["appSecret"].is_string());

    let shown = d.data(&d.admin, &format!("GET {T}/{id}"), Value::Null).await;
    assert_eq!((shown["appSecret"].clone(), shown["callbackSecret"].clone()), (json!("****"), json!("****")));
    assert_eq!((shown["status"].clone(), shown["dailyUsed"].clone()), (json!("active"), json!(0)));
    let edited =
        d.data(&d.admin, &format!("PUT {T}/{id}"), json!({ "ratePerSecond": 3, "retryPreset": "SHORT" })).await;
    assert_eq!((edited["ratePerSecond"].clone(), edited["callbackSecret"].clone()), (json!(3), json!("****")));

    let reset = d.data(&d.admin, &format!("POST {T}/{id}/reset-callback-secret"), json!({ "overlapHours": 2 })).await;
    assert!(reset["callbackSecret"].as_str().unwrap().starts_with("whsec_") && reset["callbackSecret"] != whsec);
    assert_eq!(reset["callbackSecretOverlapUntil"], "2026-01-31T12:00:00");
    let reset = d.data(&d.admin, &format!("POST {T}/{id}/reset-secret"), Value::Null).await;
    assert_eq!(reset["appKey"], made["apiCredentials"]["appKey"]);
    assert_ne!(reset["appSecret"], made["apiCredentials"]["appSecret"]);

    let off = d.data(&d.admin, &format!("POST {T}/{id}/toggle-status"), Value::Null).await;
    assert_eq!(off["status"], "disabled");
    let disabled = d.data(&d.admin, &format!("POST {T}/list"), json!({ "status": "disabled" })).await;
    assert_eq!(disabled["total"], 1);
    d.data(&d.admin, &format!("DELETE {T}/{id}"), Value::Null).await;
    assert_eq!(d.call(&d.admin, &format!("GET {T}/{id}"), Value::Null).await.status, 404);
}

#[tokio::test]
async fn a_secret_is_told_even_when_todays_calls_cannot_be_read() {
    let (d, id) = tried().await;
    let d = d.behind(Gate::new(|operation, _| match operation {
        "BatchGetItem" => GateDecision::Kill,
        _ => GateDecision::Go,
    }));
    assert_eq!(d.call(&d.admin, &format!("GET {T}/{id}"), Value::Null).await.status, 500, "the count is read so");
    let hook = json!({ "callbackUrl": "https://erp.example/hook" });
    let edited = d.data(&d.admin, &format!("PUT {T}/{id}"), hook).await;
    assert!(edited["callbackSecret"].as_str().unwrap().starts_with("whsec_"));
    let reset = d.data(&d.admin, &format!("POST {T}/{id}/reset-callback-secret"), json!({})).await;
    assert!(reset["callbackSecret"].as_str().unwrap().starts_with("whsec_"));
    d.data(&d.admin, &format!("DELETE {T}/{id}"), Value::Null).await;
    let made = d.data(&d.admin, &format!("POST {T}/create"), json!({ "appType": "ORDER_SYNC" })).await;
    assert!(made["apiCredentials"]["appSecret"].is_string());
}

#[tokio::test]
async fn refusals_name_the_field() {
    let (d, id) = tried().await;
    let put = format!("PUT {T}/{id}");
    let quota = d.call(&d.admin, &put, json!({ "dailyQuota": 5 })).await;
    assert_eq!(quota.status, 403);
    assert!(quota.body["message"].as_str().unwrap().contains("dailyQuota"));
    let edited = d.data(&d.operator, &format!("{put}?tenantId=t-1"), json!({ "dailyQuota": 5 })).await;
    assert_eq!(edited["dailyQuota"], 5);
    for (field, value) in
        [("callbackUrl", json!("https://internal")), ("allowIps", json!(["x"])), ("appKey", json!("os_1"))]
    {
        let answer = d.call(&d.admin, &put, json!({ field: value })).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body["message"].as_str().unwrap().contains(field), "{}", answer.body);
    }
    let unsubscribed = d.call(&d.admin, &format!("POST {T}/create"), json!({ "appType": "PAYMENT_SYNC" })).await;
    assert_eq!(unsubscribed.status, 400);
}

/// Every route with an app's id answers another tenant as if there were no such app.
#[tokio::test]
async fn another_tenants_app_is_as_good_as_none() {
    let (d, id) = tried().await;
    let all = routes().filter(|o| o.path.starts_with(T) && o.path.contains("{id}"));
    let mut tried = 0;
    for operation in all {
        let own = format!("{} {}", operation.method, operation.path.replace("{id}", &id));
        let none = format!("{} {}", operation.method, operation.path.replace("{id}", "app-none"));
        let (own, none) = (d.call(&d.other, &own, Value::Null).await, d.call(&d.other, &none, Value::Null).await);
        assert_eq!(own.body, none.body, "{} {}", operation.method, operation.path);
        match (operation.auth, operation.path.ends_with("/logs")) {
            (Auth::Bearer { role: Role::Operator, .. }, _) => assert_eq!(own.status, 403),
            // A deleted app keeps its log, so the log of no app is an empty one.
            (_, true) => assert_eq!(own.body["data"]["records"], json!([])),
            _ => assert_eq!(own.status, 404),
        }
        tried += 1;
    }
    assert!(tried >= 8);
    assert_eq!(d.data(&d.admin, &format!("GET {T}/{id}"), Value::Null).await["status"], "active");
}

#[tokio::test]
async fn an_operator_resets_a_quota_of_the_tenant_it_names() {
    let (d, id) = tried().await;
    let line = format!("POST {T}/{id}/reset-quota");
    assert_eq!(d.call(&d.admin, &line, Value::Null).await.status, 403);
    assert_eq!(d.call(&d.operator, &line, Value::Null).await.status, 400);
    assert_eq!(d.call(&d.operator, &format!("{line}?tenantId=t-2"), Value::Null).await.status, 404);
    assert_eq!(d.data(&d.operator, &format!("{line}?tenantId=t-1"), Value::Null).await["dailyUsed"], 0);
}

fn call(id: &str, app: &str, at_ms: i64, result: CallResult, path: &str) -> CallRecord {
    CallRecord {
        id: id.to_owned(),
        app_id: AppId::new(app),
        module: Module::OrderSync,
        direction: Direction::Inbound,
        method: "POST".to_owned(),
        path: path.to_owned(),
        http_status: if result == CallResult::Success { 200 } else { 400 },
        result,
        reason: None,
        error: None,
        at_ms,
        duration_ms: 3,
        request_id: "req_1".to_owned(),
        client_ip: "203.0.113.9".to_owned(),
        request_body: "{}".to_owned(),
        response_body: String::new(),
        delivery_id: None,
        attempt: None,
        unsigned: None,
    }
}

#[tokio::test]
async fn the_log_is_paged_and_filtered_and_survives_its_app() {
    let (d, id) = tried().await;
    let now = d.ctx.now_ms();
    let mut calls = Vec::new();
    for n in 0..5 {
        let result = if n == 4 { CallResult::Failed } else { CallResult::Success };
        calls.push(call(&format!("c-{n}"), &id, now - 1_000 * n, result, "/openapi/v1/orders/create"));
    }
    call_log::enter(&d.ctx, &TenantId::new("t-1"), calls).await.unwrap();
    let logs = format!("POST {T}/{id}/logs");
    let first = d.data(&d.admin, &logs, json!({ "size": 2 })).await;
    assert_eq!(
        (first["records"][0]["id"].clone(), first["records"][0]["createTime"].clone()),
        (json!("c-0"), json!("2026-01-31T10:00:00"))
    );
    let second = d.data(&d.admin, &logs, json!({ "size": 2, "cursor": first["next"] })).await;
    let counted = d.data(&d.admin, &logs, json!({ "size": 2, "page": 2 })).await;
    assert_eq!(second["records"][0]["id"], "c-2");
    assert_eq!(second["records"], counted["records"]);
    let failed = d
        .data(
            &d.admin,
            &format!("POST {T}/all-logs"),
            json!({ "status": "FAILED", "path": "/openapi/v1/orders", "endTime": "2026-01-31T10:00:00" }),
        )
        .await;
    assert_eq!(failed["records"].as_array().unwrap().len(), 1);
    assert_eq!(failed["records"][0]["appName"], "下单对接(试用)");
    assert_eq!(d.call(&d.admin, &logs, json!({ "cursor": "x" })).await.status, 400);
    assert_eq!(d.call(&d.admin, &logs, json!({ "startTime": "yesterday" })).await.status, 400);
    let other = d.data(&d.other, &format!("POST {T}/all-logs"), json!({ "appId": id })).await;
    assert_eq!(other["records"], json!([]));

    let stats = d.data(&d.admin, &format!("GET {T}/stats?days=1"), Value::Null).await;
    assert_eq!((stats["today"]["calls"].clone(), stats["today"]["successRate"].clone()), (json!(5), json!(0.8)));
    let overview = d.data(&d.admin, &format!("GET {T}/integration-overview"), Value::Null).await;
    assert_eq!(
        (overview["connectedCount"].clone(), overview["modules"][0]["callsToday"].clone()),
        (json!(1), json!(5))
    );
    assert_eq!(overview["modules"][0]["lastErrors"][0]["id"], "c-4");
    let types = d.data(&d.admin, &format!("GET {T}/app-types"), Value::Null).await;
    assert_eq!((types[0]["canCreate"].clone(), types[1]["canCreate"].clone()), (json!(true), json!(false)));

    d.data(&d.admin, &format!("DELETE {T}/{id}"), Value::Null).await;
    assert_eq!(d.data(&d.admin, &logs, json!({ "size": 50 })).await["records"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_list_of_addresses_that_sees_a_proxy_says_so() {
    let (d, id) = tried().await;
    let warned = async |list: Value| {
        let shown = d.data(&d.admin, &format!("PUT {T}/{id}"), json!({ "allowIps": list })).await;
        assert_eq!(d.data(&d.admin, &format!("GET {T}/{id}"), Value::Null).await["warnings"], shown["warnings"]);
        shown["warnings"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(warned(json!(["203.0.113.9"])).await, 0);
    tenon_platform::arrivals::note_loopback(&d.ctx).await.unwrap();
    assert_eq!(warned(json!(["203.0.113.9"])).await, 1);
    assert_eq!(warned(json!([])).await, 0, "without a list it makes no difference");
    tenon_platform::arrivals::forget_loopback(&d.ctx).await.unwrap();
    assert_eq!(warned(json!(["203.0.113.9"])).await, 0);
}
