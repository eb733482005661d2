//! Orders, quality, logistics and payment through the signed routes, as two tenants see them.

use lambda_http::{Body, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::openapi::sign_v1;
use tenon_crypto::secrets::MasterKey;

use tenon_engine::{Gate, Local};
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, EventKind, Module, TenantId};
use tenon_openapi::{logistics, orders, payment, pull, quality};
use tenon_platform::Context;
use tenon_platform::clock::Clock;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::entropy::Entropy;
use tenon_platform::http::NoHttp;
use tenon_platform::router::Router;
use tenon_tenants::apps;
use tenon_testkit::HttpEvent;
use tenon_trade::inbound_events;

/// 2026-02-11 14:30 in Shanghai.
const NOW: i64 = 1_770_791_400_000;
const SECRET: &str = "s3cr3t-0123456789abcdef";

pub struct Fixture {
    ctx: Context,
    local: Local,
    clock: Clock,
}

/// An answer to the byte.
pub struct Exact {
    pub status: u16,
    pub body: String,
    /// `Idempotency-Replayed`.
    pub replayed: bool,
}

impl Fixture {
    /// Two tenants with an app of each module; keys are `os_TENANT_MODULE`.
    pub async fn new() -> Self {
        let clock = Clock::manual(NOW);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
        for tenant in ["t-1", "t-2"] {
            for module in Module::ALL {
                let (tenant, id) = (TenantId::new(tenant), AppId::new(format!("app-{module}")));
                let secret = apps::seal(&ctx, &tenant, &id, apps::APP_SECRET, SECRET).await.unwrap();
                let app = TenantApp {
                    secrets: vec![AppSecret { secret, until_ms: None }],
                    ..TenantApp::new(id, tenant.clone(), module, format!("os_{tenant}_{module}"), NOW)
                };
                ctx.table.transact(apps::create_writes(&app, NOW).unwrap()).await.unwrap();
            }
        }
        Self { ctx, local, clock }
    }

    /// Another process on the same data, whose table fails where the gate says so.
    pub fn process(&self, gate: Gate) -> Self {
        let local = self.local.with_gate(gate);
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(2), MasterKey::from_bytes([7; 32])).unwrap();
        Self { ctx, local, clock: self.clock.clone() }
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// One signed call; status and answer.
    async fn call(&self, key: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let response = self.answer(self.signed(key, method, path, body), method, path).await;
        let body: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        assert_eq!(body["code"], response.status().as_u16());
        (response.status().as_u16(), body)
    }

    /// A signed `POST` under an idempotency key.
    pub fn keyed(&self, key: &str, path: &str, idempotency: &str, body: &str) -> impl Future<Output = Exact> {
        let event = self.signed(key, "POST", path, body).header("idempotency-key", idempotency);
        async move {
            let response = self.answer(event, "POST", path).await;
            Exact {
                status: response.status().as_u16(),
                replayed: response.headers().contains_key("idempotency-replayed"),
                body: String::from_utf8(response.body().as_ref().to_vec()).unwrap(),
            }
        }
    }

    fn signed(&self, key: &str, method: &str, path: &str, body: &str) -> HttpEvent {
        let timestamp = self.clock.now_ms().to_string();
        let signature = sign_v1(SECRET, key, &timestamp, body.as_bytes());
        let name = if path.contains("/payment/") { "reconciliationNo" } else { "orderNo" };
        let last = path.rsplit('/').next().unwrap();
        HttpEvent::new(method, path)
            .headers([("x-app-key", key), ("x-timestamp", &timestamp), ("x-signature", &signature)])
            .parameter(name, last)
            .body(body)
    }

    async fn answer(&self, event: HttpEvent, method: &str, path: &str) -> Response<Body> {
        let services: [(&str, &dyn Dispatch); 5] = [
            ("openapi-orders", &orders::SERVICE),
            ("openapi-quality", &quality::SERVICE),
            ("openapi-logistics", &logistics::SERVICE),
            ("openapi-payment", &payment::SERVICE),
            ("openapi-pull", &pull::SERVICE),
        ];
        let mut router = Router::default();
        for (function, service) in services {
            for route in tenon_catalog::function(function).unwrap().routes() {
                router.insert(route.method, route.path, service).unwrap();
            }
        }
        let service = *router.find(method, path).unwrap().value;
        service.answer(&self.ctx, event.request()).await
    }

    pub async fn ok(&self, key: &str, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.call(key, method, path, body).await;
        assert_eq!((status, &answer["message"]), (200, &json!("success")), "{path}: {answer}");
        answer["data"].clone()
    }
}

/// The call of the document, to the byte.
const CREATE: &str = r#"{
    "externalOrderNo": "ERP-20260211-001",
    "styleNo": "FZ2024001",
    "styleName": "春季衬衫A款",
    "quantity": 500,
    "colors": ["红", "蓝", "白"],
    "sizes": ["S", "M", "L", "XL"],
    "requiredDate": "2026-03-15",
    "factoryId": 1,
    "remark": "客户ERP自动推送"
  }"#;

#[tokio::test]
async fn the_documents_calls_are_answered() {
    let fixture = Fixture::new().await;
    let key = "os_t-1_ORDER_SYNC";
    let created = fixture.ok(key, "POST", "/openapi/v1/orders/create", CREATE).await;
    assert_eq!((&created["orderNo"], &created["status"]), (&json!("PO202602110001"), &json!("created")));
    let found = fixture.ok(key, "GET", "/openapi/v1/orders/PO202602110001", "").await;
    assert_eq!((&found["externalOrderNo"], &found["status"]), (&json!("ERP-20260211-001"), &json!("pending")));
    let listed = fixture.ok(key, "POST", "/openapi/v1/orders/list", "").await;
    assert_eq!((&listed["total"], &listed["size"], &listed["records"][0]), (&json!(1), &json!(20), &found));

    let tenant = TenantId::new("t-1");
    let event = json!({ "eventId": "e", "reconciliationNo": "REC-1", "totalAmount": 10 });
    inbound_events::apply(&fixture.ctx, &tenant, EventKind::ReconciliationCreated, &event).await.unwrap();
    let report = fixture.ok("os_t-1_QUALITY_FEEDBACK", "GET", "/openapi/v1/quality/PO202602110001", "").await;
    assert_eq!((&report["totalRecords"], &report["processSummary"]), (&json!(0), &json!({})));
    let shipments = fixture.ok("os_t-1_LOGISTICS_SYNC", "GET", "/openapi/v1/logistics/PO202602110001", "").await;
    assert_eq!(shipments, json!({ "orderNo": "PO202602110001", "totalShipments": 0, "shipments": [] }));
    let key = "os_t-1_PAYMENT_SYNC";
    let open = fixture.ok(key, "GET", "/openapi/v1/payment/REC-1", "").await;
    assert_eq!((&open["status"], &open["totalAmount"]), (&json!("approved"), &json!(10)));
    let paid = r#"{"reconciliationId":"REC-1","paymentMethod":"bank","paymentRef":"P-1"}"#;
    let paid = fixture.ok(key, "POST", "/openapi/v1/payment/confirm", paid).await;
    assert_eq!((&paid["status"], &paid["paidAt"]), (&json!("paid"), &json!("2026-02-11T14:30:00")));
}

#[tokio::test]
async fn an_imported_order_is_a_created_one() {
    let fixture = Fixture::new().await;
    let key = "os_t-1_ORDER_SYNC";
    let created = fixture.ok(key, "POST", "/openapi/v1/orders/create", CREATE).await;
    let mut import: Value = serde_json::from_str(CREATE).unwrap();
    import["action"] = json!("import_order");
    let imported = fixture.ok(key, "POST", "/openapi/v1/pull/pattern-order", &import.to_string()).await;
    assert_eq!((&imported["orderNo"], &imported["repeated"]), (&created["orderNo"], &json!(true)));
    import["quantity"] = json!(0);
    let (status, answer) = fixture.call(key, "POST", "/openapi/v1/pull/pattern-order", &import.to_string()).await;
    assert_eq!((status, answer["message"].as_str().unwrap().split(':').next()), (400, Some("quantity")));
}

#[tokio::test]
async fn another_tenant_sees_nothing_and_a_wrong_module_opens_nothing() {
    let fixture = Fixture::new().await;
    fixture.ok("os_t-1_ORDER_SYNC", "POST", "/openapi/v1/orders/create", CREATE).await;
    let tenant = TenantId::new("t-1");
    let event = json!({ "eventId": "e", "reconciliationNo": "REC-1", "totalAmount": 10 });
    inbound_events::apply(&fixture.ctx, &tenant, EventKind::ReconciliationCreated, &event).await.unwrap();
    let confirm = r#"{"reconciliationNo":"REC-1","paymentMethod":"bank","paymentRef":"P-1"}"#;
    for (module, method, path, body) in [
        ("ORDER_SYNC", "GET", "/openapi/v1/orders/PO202602110001", ""),
        ("QUALITY_FEEDBACK", "GET", "/openapi/v1/quality/PO202602110001", ""),
        ("LOGISTICS_SYNC", "GET", "/openapi/v1/logistics/PO202602110001", ""),
        ("PAYMENT_SYNC", "GET", "/openapi/v1/payment/REC-1", ""),
        ("PAYMENT_SYNC", "POST", "/openapi/v1/payment/confirm", confirm),
    ] {
        let (status, answer) = fixture.call(&format!("os_t-2_{module}"), method, path, body).await;
        assert_eq!((status, &answer["data"]), (404, &Value::Null), "{path}: {answer}");
        let other = if module == "ORDER_SYNC" { "PAYMENT_SYNC" } else { "ORDER_SYNC" };
        let (status, _) = fixture.call(&format!("os_t-1_{other}"), method, path, body).await;
        assert_eq!(status, 403, "{path} with {other}");
    }
    let listed = fixture.ok("os_t-2_ORDER_SYNC", "POST", "/openapi/v1/orders/list", "{}").await;
    assert_eq!((&listed["total"], &listed["records"]), (&json!(0), &json!([])));
    // A second tenant's order of the same number is its own.
    let second = fixture.ok("os_t-2_ORDER_SYNC", "POST", "/openapi/v1/orders/create", CREATE).await;
    assert_eq!(second["repeated"], false);
    let open = fixture.ok("os_t-1_PAYMENT_SYNC", "GET", "/openapi/v1/payment/REC-1", "").await;
    assert_eq!(open["status"], "approved");
}

#[tokio::test]
async fn a_wrong_field_is_named_in_the_answer() {
    let fixture = Fixture::new().await;
    for (key, path, body, wanted) in [
        ("os_t-1_ORDER_SYNC", "/openapi/v1/orders/create", r#"{"styleNo":"S"}"#, "quantity: "),
        ("os_t-1_ORDER_SYNC", "/openapi/v1/orders/create", r#"{"styleNo":"S","quantity":1,"x":1}"#, "x: 未知字段"),
        ("os_t-1_ORDER_SYNC", "/openapi/v1/orders/create", "", "styleNo: "),
        ("os_t-1_ORDER_SYNC", "/openapi/v1/orders/list", r#"{"size":101}"#, "size: "),
        ("os_t-1_ORDER_SYNC", "/openapi/v1/orders/list", r#"{"status":"open"}"#, "status: "),
        ("os_t-1_PAYMENT_SYNC", "/openapi/v1/payment/confirm", "{}", "paymentMethod: "),
    ] {
        let (status, answer) = fixture.call(key, "POST", path, body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["message"].as_str().unwrap().starts_with(wanted), "{answer}");
    }
}
