//! Two tenants on one engine.

use serde_json::{Value, json};
use std::sync::Arc;
use tenon_engine::{Gate, Local};
use tenon_model::openapi::{CreateOrder, OrderPage};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, EventKind, Module, TenantId};
use tenon_platform::Context;
use tenon_platform::body;
use tenon_platform::http::NoHttp;
use tenon_platform::queue::WEBHOOK_FAN_OUT;
use tenon_testkit::Installation;
use tenon_trade::TradeError;
use tenon_trade::inbound_events::{self, Applied};
use tenon_trade::orders::{self, Order};

/// 2026-02-11 14:30 in Shanghai.
pub const NOW: i64 = 1_770_791_400_000;

pub type Fixture = Installation;

pub async fn fixture() -> Fixture {
    Installation::at(NOW).await
}

/// A process on this engine that a gate may kill.
pub fn process(local: &Local, gate: Gate, seed: u64) -> Context {
    Installation::process_of(&local.with_gate(gate), Arc::new(NoHttp), seed)
}

pub fn app(tenant: &str) -> TenantApp {
    TenantApp::new(AppId::new("app-1"), TenantId::new(tenant), Module::OrderSync, "os_x", 0)
}

pub fn order_body() -> Value {
    json!({
        "externalOrderNo": "ERP-20260211-001", "styleNo": "FZ2024001", "styleName": "春季衬衫A款", "quantity": 500,
        "colors": ["红", "蓝", "白"], "sizes": ["S", "M", "L", "XL"], "requiredDate": "2026-03-15", "factoryId": 1,
        "remark": "客户ERP自动推送"
    })
}

pub fn parsed(body: &Value) -> CreateOrder {
    body::from_value(body).unwrap()
}

/// An order without a number of the customer's.
pub async fn order(ctx: &Context, tenant: &str) -> Order {
    let body = json!({ "styleNo": "S-1", "quantity": 100 });
    orders::create(ctx, &app(tenant), parsed(&body)).await.unwrap().order
}

pub async fn listed(ctx: &Context, tenant: &str, body: Value) -> OrderPage {
    orders::list(ctx, &app(tenant), &body::from_value(&body).unwrap()).await.unwrap()
}

pub async fn apply(ctx: &Context, tenant: &str, kind: EventKind, event: &Value) -> Result<Applied, TradeError> {
    inbound_events::apply(ctx, &TenantId::new(tenant), kind, event).await
}

/// The field a refusal names.
pub fn field(error: TradeError) -> String {
    match error {
        TradeError::Bad(bad) => bad.field,
        other => panic!("{other:?}"),
    }
}

pub fn not_found<T: std::fmt::Debug>(result: Result<T, TradeError>, at: &str) {
    assert!(matches!(result, Err(TradeError::NotFound(_))), "{at}: {result:?}");
}

/// Events whose fan-out was asked for, by id, as often as it was.
pub async fn queued(local: &Local) -> Vec<String> {
    let messages = local.queue.peek(&WEBHOOK_FAN_OUT, 1_000).await.unwrap();
    let event = |body: &str| {
        let envelope: Value = serde_json::from_str(body).unwrap();
        format!("{} {}", envelope["tenant"].as_str().unwrap(), envelope["body"]["event"].as_str().unwrap())
    };
    messages.iter().map(|m| event(&m.body)).collect()
}
