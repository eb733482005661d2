//! How many requests to the table each route costs, for a tenant that has all a tenant can have: printed, and
//! bounded. `cargo test -p tenon-app-store --test it requests:: -- --nocapture` shows the table.

use crate::common::{self, Fixture};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tenon_catalog::{Auth, Role};
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::tenant_app::{Callback, RetryPreset, TenantApp};
use tenon_model::{AppId, Module, TenantId};
use tenon_tenants::{apps, call_log, manage};

const S: &str = "/api/system/app-store";
const T: &str = "/api/system/tenant-app";
const DAY_MS: i64 = 86_400_000;

/// Each route with an example, and the requests it may cost: the caller's token is one of them, and the entry in the audit log
/// of what changes something.
fn routes() -> Vec<(&'static str, String, Value, usize)> {
    let app = |rest: &str| format!("{T}/app-ORDER_SYNC-1{rest}");
    let contact = json!({ "contactName": "王小明", "contactPhone": "13800000000" });
    let order = |app: &str| {
        let mut order = contact.clone();
        order["appId"] = json!(app);
        order["subscriptionType"] = json!("MONTHLY");
        order
    };
    vec![
        ("POST", format!("{S}/list"), json!({}), 15),
        ("GET", format!("{S}/ORDER_SYNC"), Value::Null, 6),
        ("PUT", format!("{S}/ORDER_SYNC"), json!({ "trialDays": 7 }), 4),
        ("POST", format!("{S}/create-order"), order("ORDER_SYNC"), 5),
        ("POST", format!("{S}/start-trial"), json!({ "appId": "ORDER_SYNC" }), 5),
        ("POST", format!("{S}/my-subscriptions"), json!({}), 2),
        ("POST", format!("{S}/my-orders"), json!({}), 3),
        ("POST", format!("{S}/my-orders"), json!({ "appId": "ORDER_SYNC", "status": "PAID" }), 3),
        ("POST", format!("{S}/my-orders"), json!({ "appId": "ORDER_SYNC" }), 6),
        ("GET", format!("{S}/trial-status/ORDER_SYNC"), Value::Null, 4),
        ("POST", format!("{S}/admin/activate-order"), json!({ "orderId": "ORD-none" }), 3),
        ("POST", format!("{S}/admin/cancel-order"), json!({ "orderId": "ORD-none" }), 3),
        ("POST", format!("{S}/admin/order-list"), json!({}), 3),
        ("POST", format!("{S}/admin/order-list"), json!({ "status": "PENDING", "page": 500 }), 6),
        ("POST", format!("{T}/create"), json!({ "appType": "ORDER_SYNC" }), 5),
        ("POST", format!("{T}/list"), json!({ "size": 200 }), 3),
        ("POST", format!("{T}/all-logs"), json!({ "size": 200 }), 5),
        ("GET", format!("{T}/app-types"), Value::Null, 3),
        ("GET", format!("{T}/stats"), Value::Null, 14),
        ("GET", format!("{T}/integration-overview"), Value::Null, 19),
        ("GET", app(""), Value::Null, 3),
        ("PUT", app(""), json!({ "appName": "ERP" }), 7),
        ("POST", app("/toggle-status"), json!({ "status": "active" }), 5),
        ("POST", app("/reset-secret"), json!({}), 4),
        ("POST", app("/reset-callback-secret"), json!({}), 6),
        ("POST", app("/reset-quota?tenantId=t-1"), Value::Null, 5),
        ("POST", app("/logs"), json!({ "size": 200 }), 7),
        ("DELETE", app(""), Value::Null, 4),
    ]
}

/// Twenty apps of each module, each with calls and errors on every day of a week.
async fn full(fixture: &Fixture) {
    let (tenant, now) = (TenantId::new("t-1"), fixture.ctx.now_ms());
    for module in Module::ALL {
        for n in 1..=manage::LIMIT {
            let id = AppId::new(format!("app-{}-{n}", module.code()));
            let callback = Callback {
                url: "https://erp.example/hook".to_owned(),
                secrets: Vec::new(),
                events: None,
                preset: RetryPreset::Standard,
                rate_per_second: None,
                generation: 1,
            };
            let app = TenantApp {
                callback: Some(callback),
                daily_quota: 10_000,
                ..TenantApp::new(id.clone(), tenant.clone(), module, format!("os_{}_{n}", module.code()), now)
            };
            fixture.ctx.table.transact(apps::create_writes(&app, now).unwrap()).await.unwrap();
            let calls = (0..7).flat_map(|day| {
                [Direction::Inbound, Direction::Outbound]
                    .map(|direction| call(&id, module, direction, now - day * DAY_MS))
            });
            call_log::enter(&fixture.ctx, &tenant, calls.collect()).await.unwrap();
        }
    }
}

fn call(app: &AppId, module: Module, direction: Direction, at_ms: i64) -> CallRecord {
    CallRecord {
        id: format!("call-{app}-{direction:?}"),
        app_id: app.clone(),
        module,
        direction,
        method: "POST".to_owned(),
        path: "/openapi/v1/orders/create".to_owned(),
        http_status: 400,
        result: CallResult::Failed,
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
async fn every_route_costs_a_stated_number_of_table_requests() {
    let fixture = Fixture::new().await;
    full(&fixture).await;
    let seen = Arc::new(Mutex::new(0_usize));
    let count = Arc::clone(&seen);
    let fixture = fixture.behind(Gate::new(move |_, moment| {
        if moment == Moment::Before {
            *count.lock().unwrap() += 1;
        }
        GateDecision::Go
    }));
    let mut left: BTreeMap<(&str, &str), ()> = common::routes().map(|r| ((r.method, r.path), ())).collect();
    let mut over = Vec::new();
    for (method, path, body, most) in routes() {
        let of = common::route(method, path.split('?').next().unwrap()).unwrap().0;
        left.remove(&(of.method, of.path));
        let token = match of.auth {
            Auth::Bearer { role: Role::Operator, .. } => &fixture.operator,
            _ => &fixture.admin,
        };
        // As a person's pages call: fewer than five times in ten seconds, which asks no counter.
        fixture.pass(std::time::Duration::from_secs(10));
        *seen.lock().unwrap() = 0;
        let answer = fixture.call(token, &format!("{method} {path}"), body).await;
        let cost = *seen.lock().unwrap();
        println!("{cost:>3} of {most:>3}  {method:<6} {} -> {}", of.path, answer.status);
        assert!(answer.status < 500, "{path}: {}", answer.body);
        if cost > most {
            over.push(format!("{method} {path} costs {cost}, not {most}"));
        }
    }
    assert!(over.is_empty(), "{over:#?}");
    assert!(left.is_empty(), "say what these cost: {:?}", left.keys());
}
