//! The app store over HTTP.

use crate::common::{Fixture, token};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_catalog::scope;
use tenon_model::access::Role;
use tenon_tenants::access::revoke;

const S: &str = "/api/system/app-store";
const DAY: Duration = Duration::from_secs(86_400);

fn order(app: &str, kind: &str) -> Value {
    json!({ "appId": app, "subscriptionType": kind, "contactName": "王小明", "contactPhone": "13800000000" })
}

#[tokio::test]
async fn the_store_shows_four_modules_with_their_prices() {
    let d = Fixture::new().await;
    let list = d.data(&d.admin, &format!("POST {S}/list"), Value::Null).await;
    assert_eq!((list["total"].clone(), list["page"].clone(), list["size"].clone()), (json!(4), json!(1), json!(20)));
    let prices: Vec<_> = list["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["appCode"].clone(), r["monthlyPrice"].clone(), r["yearlyPrice"].clone()))
        .collect();
    assert_eq!(prices[0], (json!("ORDER_SYNC"), json!(999), json!(9990)));
    assert_eq!(prices[1], (json!("QUALITY_FEEDBACK"), json!(799), json!(7990)));
    assert_eq!(prices[2].1, 799);
    assert_eq!(prices[3].1, 999);
    let page = d.data(&d.admin, &format!("POST {S}/list"), json!({ "page": 2, "size": 3 })).await;
    assert_eq!(page["records"].as_array().unwrap().len(), 1);
    for app in ["ORDER_SYNC", "1"] {
        assert_eq!(d.data(&d.admin, &format!("GET {S}/{app}"), Value::Null).await["appName"], "下单对接");
    }
    assert_eq!(d.call(&d.admin, &format!("GET {S}/NOTHING"), Value::Null).await.status, 404);
    assert_eq!(d.call(&d.admin, &format!("POST {S}/list"), json!({ "size": 0 })).await.status, 400);
}

#[tokio::test]
async fn a_trial_shows_its_key_and_secret_once() {
    let d = Fixture::new().await;
    let begun = d.data(&d.admin, &format!("POST {S}/start-trial"), json!({ "appId": 1 })).await;
    let credentials = &begun["apiCredentials"];
    assert!(credentials["appKey"].as_str().unwrap().starts_with("os_"));
    assert_eq!(credentials["appSecret"].as_str().unwrap().len(), 43);
    assert!(credentials["message"].as_str().unwrap().contains("保存"));
    assert_eq!(begun["subscription"]["status"], "TRIAL");
    assert_eq!(begun["subscription"]["endTime"], "2026-02-07T10:00:00");

    let secret = credentials["appSecret"].as_str().unwrap();
    let lists = [
        d.data(&d.admin, "POST /api/system/tenant-app/list", Value::Null).await,
        d.data(&d.admin, &format!("POST {S}/my-subscriptions"), Value::Null).await,
        d.data(&d.admin, &format!("GET {S}/trial-status/ORDER_SYNC"), Value::Null).await,
    ];
    assert!(lists.iter().all(|l| !l.to_string().contains(secret)));
    assert_eq!(lists[0]["records"][0]["appSecret"], "****");
    assert_eq!(lists[2]["hasTried"], true);
    assert_eq!(lists[2]["canTrial"], false);

    let again = d.call(&d.admin, &format!("POST {S}/start-trial"), json!({ "appId": "ORDER_SYNC" })).await;
    assert_eq!(again.status, 400);
    assert!(again.body["message"].as_str().unwrap().contains("仅可试用一次"));
    d.pass(7 * DAY);
    let status = d.data(&d.admin, &format!("GET {S}/trial-status/1"), Value::Null).await;
    assert_eq!((status["isExpired"].clone(), status["status"].clone()), (json!(true), json!("EXPIRED")));
}

#[tokio::test]
async fn an_order_goes_from_pending_to_paid_and_shows_credentials_to_the_first_mark_only() {
    let d = Fixture::new().await;
    let placed = d.data(&d.admin, &format!("POST {S}/create-order"), order("2", "MONTHLY")).await;
    assert_eq!(
        (placed["status"].clone(), placed["orderType"].clone(), placed["totalAmount"].clone()),
        (json!("PENDING"), json!("NEW"), json!(799))
    );
    let number = placed["orderNo"].as_str().unwrap();
    assert!(number.starts_with("ORD"));

    let mark = json!({ "orderId": number, "remark": "转账" });
    let line = format!("POST {S}/admin/activate-order");
    assert_eq!(d.call(&d.admin, &line, mark.clone()).await.status, 403);
    let paid = d.data(&d.operator, &line, mark.clone()).await;
    assert!(paid["apiCredentials"]["appSecret"].is_string());
    assert_eq!(paid["order"]["status"], "PAID");
    assert!(paid["order"]["paymentNo"].as_str().unwrap().starts_with("PAY"));
    assert_eq!(paid["subscription"]["endTime"], "2026-02-28T10:00:00");
    let again = d.data(&d.operator, &line, mark).await;
    assert_eq!((again["apiCredentials"].clone(), &again["order"]), (Value::Null, &paid["order"]));
    assert_eq!(d.call(&d.operator, &line, json!({ "orderId": "ORD0" })).await.status, 404);

    let all = d
        .data(&d.operator, &format!("POST {S}/admin/order-list"), json!({ "status": "PAID", "tenantId": "t-1" }))
        .await;
    assert_eq!(all["total"], 1);
    let own = d.data(&d.admin, &format!("POST {S}/my-orders"), Value::Null).await;
    assert_eq!(own["records"][0]["orderNo"], number);
    let others = d.data(&d.other, &format!("POST {S}/my-orders"), json!({ "tenantId": "t-1" })).await;
    assert_eq!(others["total"], 0, "a body names no tenant to act for");
}

#[tokio::test]
async fn a_bad_order_names_its_field() {
    let d = Fixture::new().await;
    let line = format!("POST {S}/create-order");
    for (field, value) in [
        ("contactPhone", json!("x")),
        ("appId", json!("X")),
        ("subscriptionType", json!("TRIAL")),
        ("userCount", json!(0)),
        ("colour", json!(1)),
    ] {
        let mut body = order("1", "YEARLY");
        body[field] = value;
        let answer = d.call(&d.admin, &line, body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body["message"].as_str().unwrap().contains(field), "{field}: {}", answer.body);
        assert_eq!(answer.body["data"], Value::Null);
    }
}

#[tokio::test]
async fn the_operator_edits_the_catalogue() {
    let d = Fixture::new().await;
    let line = format!("PUT {S}/ORDER_SYNC");
    assert_eq!(d.call(&d.admin, &line, json!({ "monthlyPrice": 1 })).await.status, 403);
    let edited = d.data(&d.operator, &line, json!({ "monthlyPrice": 1099.5, "version": 0 })).await;
    assert_eq!((edited["yearlyPrice"].clone(), edited["version"].clone()), (json!(10995), json!(1)));
    let late = d.call(&d.operator, &line, json!({ "enabled": false, "version": 0 })).await;
    assert_eq!(late.status, 400);
    assert!(late.body["message"].as_str().unwrap().starts_with("version"));
    d.data(&d.operator, &line, json!({ "enabled": false })).await;
    let seen = d.data(&d.admin, &format!("POST {S}/list"), Value::Null).await;
    assert_eq!(seen["total"], 3);
}

#[tokio::test]
async fn whoever_may_not_is_told_nothing_else() {
    let d = Fixture::new().await;
    let wrong_scope = token(&d.ctx, Role::TenantAdmin, Some("t-1"), &[scope::TENANT_APP]).await;
    let revoked = token(&d.ctx, Role::TenantAdmin, Some("t-1"), &[]).await;
    let newest = tenon_tenants::access::list(&d.ctx).await.unwrap();
    for record in newest.iter().filter(|t| t.scopes.len() > 1 && t.tenant.as_ref().is_some_and(|t| t.as_str() == "t-1"))
    {
        revoke(&d.ctx, &record.id).await.unwrap();
    }
    let mut texts = std::collections::BTreeSet::new();
    for bad in [revoked.as_str(), d.admin.as_str(), "tnn_x", ""] {
        let answer = d.call(bad, &format!("POST {S}/list"), Value::Null).await;
        assert_eq!(answer.status, 401);
        texts.insert(answer.body.to_string());
    }
    assert_eq!(texts.len(), 1, "one answer for all: {texts:?}");
    assert_eq!(d.call(&wrong_scope, &format!("POST {S}/list"), Value::Null).await.status, 403);
    assert_eq!(d.call(&d.other, &format!("POST {S}/list?tenantId=t-1"), Value::Null).await.status, 404);
    // Which of two names is meant cannot be known.
    let twice = format!("POST {S}/list?tenantId=t-1&tenantId=t-1");
    assert_eq!(d.call(&d.other, &twice, Value::Null).await.status, 404);
    assert_eq!(d.call(&d.operator, &twice, Value::Null).await.status, 400);
    // The catalogue can be read for no tenant in particular.
    assert_eq!(d.call(&d.operator, &format!("POST {S}/list"), Value::Null).await.status, 200);
    assert_eq!(d.call(&d.operator, &format!("POST {S}/list?tenantId=t-1"), Value::Null).await.status, 200);
    assert_eq!(
        d.call(&d.operator, &format!("POST {S}/start-trial?tenantId=t-1"), json!({ "appId": 1 })).await.status,
        403
    );
    d.pass(91 * DAY);
    assert_eq!(d.call(&d.other, &format!("POST {S}/list"), Value::Null).await.status, 401);
}
