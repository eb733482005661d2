//! A tenant with ten endpoints: events, deliveries, signed calls.

use super::{Spent, worked_off};
use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use tenon::serve::handlers;
use tenon::serve::registry::{self, Handler};
use tenon_catalog::FUNCTIONS;
use tenon_crypto::openapi;
use tenon_engine::Tally;
use tenon_model::config::Config;
use tenon_model::tenant_app::{AppSecret, Callback, RetryPreset, TenantApp};
use tenon_model::{Module, TenantId};
use tenon_platform::Context;
use tenon_platform::outgoing::{Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::queue::{OPENAPI_LOG, WEBHOOK_DELIVER, WEBHOOK_FAN_OUT};
use tenon_platform::router::Router;
use tenon_tenants::apps;
use tenon_testkit::{HttpEvent, Installation};

const ENDPOINTS: usize = 10;
const TIMES: usize = 20;
const CODE: &str = "the-production-systems-code";
const SECRET: &str = "a-secret-of-the-app-0123456789";

/// Endpoints that answer 200 at once.
struct Well;

#[async_trait]
impl Outgoing for Well {
    async fn check(&self, _: &str) -> Result<(), OutgoingFailure> {
        Ok(())
    }

    async fn call(&self, _: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        Ok(OutgoingAnswer { status: 200, headers: HeaderMap::new(), body: Bytes::from_static(b"ok"), cut: false })
    }
}

struct Fixture {
    installation: Installation,
    ctx: Context,
    tally: Tally,
}

impl Fixture {
    async fn new() -> Self {
        let installation = Installation::at(1_795_305_600_000).await;
        let (ctx, tally) = Tally::of(&installation.ctx.clone().with_outgoing(Arc::new(Well)));
        let fixture = Self { installation, ctx, tally };
        let config = json!({ "apps": [{ "id": "production", "app_code": CODE, "tenant": "t-1" }] });
        let config: Config = serde_json::from_value(config).unwrap();
        fixture.ctx.config.replace_all(&TenantId::operator(), config, &fixture.ctx.entropy).await.unwrap();
        for number in 0..ENDPOINTS {
            fixture.app(number).await;
        }
        fixture
    }

    async fn app(&self, number: usize) {
        let (ctx, tenant) = (&self.ctx, TenantId::new("t-1"));
        let id = apps::new_id(ctx).unwrap();
        let sealed = async |name: &str| AppSecret {
            secret: apps::seal(ctx, &tenant, &id, name, SECRET).await.unwrap(),
            until_ms: None,
        };
        let (own, pushes) = (sealed(apps::APP_SECRET).await, sealed(apps::CALLBACK_SECRET).await);
        let callback = Callback {
            url: format!("https://endpoint-{number}.example.com/hook"),
            secrets: vec![pushes],
            events: None,
            preset: RetryPreset::Standard,
            rate_per_second: None,
            generation: 0,
        };
        let new = TenantApp::new(id.clone(), tenant.clone(), Module::OrderSync, format!("os_{number}"), ctx.now_ms());
        let app = TenantApp { callback: Some(callback), secrets: vec![own], ..new };
        ctx.table.transact(apps::create_writes(&app, ctx.now_ms()).unwrap()).await.unwrap();
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Value {
        self.installation.pass(std::time::Duration::from_millis(50));
        let mut router = Router::default();
        for (function, route) in FUNCTIONS.iter().flat_map(|f| f.routes().iter().map(move |r| (f, r))) {
            router.insert(route.method, route.path, (function, route)).unwrap();
        }
        let (function, route) = *router.find(method, path).unwrap().value;
        let event = HttpEvent::new(method, path).route(route.path).headers(headers.iter().map(|(n, v)| (n, v)));
        let request = if body.is_empty() { event } else { event.body(body) }.request();
        let Some(Handler::Http(service)) = handlers::handler(function.name) else { panic!("{path}") };
        let response = service.answer(&registry::within(&self.ctx, function), request).await;
        let answer: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        assert_eq!(answer["code"], 200, "{path}: {answer}");
        answer["data"].clone()
    }

    async fn signed(&self, method: &str, path: &str, body: &str) -> Value {
        let timestamp = (self.ctx.now_ms() + 50).to_string();
        let signature = openapi::sign_v1(SECRET, "os_0", &timestamp, body.as_bytes());
        let headers = [("x-app-key", "os_0".to_owned()), ("x-timestamp", timestamp), ("x-signature", signature)];
        self.call(method, path, &headers, body).await
    }

    async fn order(&self, number: usize) -> String {
        let order = json!({ "externalOrderNo": format!("ERP-20261122-{number:03}"), "styleNo": "FZ2024001",
                            "styleName": "春季衬衫A款", "quantity": 500, "remark": "客户ERP自动推送" });
        let made = self.signed("POST", "/openapi/v1/orders/create", &order.to_string()).await;
        made["orderNo"].as_str().unwrap().to_owned()
    }

    async fn event(&self, order: &str, number: usize) {
        let event = json!({ "tenantId": "t-1", "eventId": format!("status-{number}"), "orderNo": order,
                            "status": "production" });
        let headers = [("x-apig-appcode", CODE.to_owned())];
        self.call("POST", "/admin/v1/events/order-status", &headers, &event.to_string()).await;
    }
}

/// Each the second of its kind in a process, so that the configuration and keys are there.
pub async fn measured() -> Vec<(&'static str, Spent)> {
    let fixture = Fixture::new().await;
    let order = fixture.order(0).await;
    fixture.event(&order, 0).await;
    fixture.signed("GET", &format!("/openapi/v1/orders/{order}"), "").await;
    for queue in [WEBHOOK_FAN_OUT, WEBHOOK_DELIVER, OPENAPI_LOG] {
        worked_off(&fixture.ctx, &queue).await;
    }
    let tally = &fixture.tally;
    let handed_in = Spent::by(tally, TIMES, async {
        for number in 1..=TIMES {
            fixture.event(&order, number).await;
        }
        Spent { from_http: TIMES, ..Spent::default() }
    });
    let handed_in = handed_in.await;
    let fanned_out = Spent::by(tally, TIMES, async {
        Spent { from_queue: worked_off(&fixture.ctx, &WEBHOOK_FAN_OUT).await, ..Spent::default() }
    });
    let fanned_out = fanned_out.await;
    let delivered = Spent::by(tally, TIMES * ENDPOINTS, async {
        let batches = worked_off(&fixture.ctx, &WEBHOOK_DELIVER).await;
        // The pushes of a batch are under way at the same time.
        Spent { from_queue: batches, calls: batches, ..Spent::default() }
    });
    let delivered = delivered.await;
    let reading = format!("/openapi/v1/orders/{order}");
    let read = Spent::by(tally, TIMES, async {
        for _ in 0..TIMES {
            fixture.signed("GET", &reading, "").await;
        }
        Spent { from_http: TIMES, from_queue: worked_off(&fixture.ctx, &OPENAPI_LOG).await, ..Spent::default() }
    });
    let read = read.await;
    let wrote = Spent::by(tally, TIMES, async {
        for number in 1..=TIMES {
            fixture.order(number).await;
        }
        Spent { from_http: TIMES, from_queue: worked_off(&fixture.ctx, &OPENAPI_LOG).await, ..Spent::default() }
    });
    let wrote = wrote.await;
    vec![
        ("an event handed in", handed_in),
        ("a fan-out to ten endpoints", fanned_out),
        ("a delivery", delivered),
        ("a signed call that reads", read),
        ("a signed call that writes", wrote),
    ]
}
