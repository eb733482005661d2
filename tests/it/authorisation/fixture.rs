//! Two tenants with an app of each module, and something of everything the first one owns.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tenon::serve::{handlers, registry::Handler};
use tenon_catalog::scope;
use tenon_catalog::{FUNCTIONS, Function, Route, service};
use tenon_crypto::openapi;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_model::access::Role;
use tenon_model::config::Config;
use tenon_model::{Module, TenantId};
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_platform::router::Router;
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::access;
use tenon_testkit::HttpEvent;

/// In every name the first tenant gave; must never be seen by the second.
pub const MARKER: &str = "SECRETOFTHEFIRST";

/// Every plain service.
const SERVICES: [&str; 4] = [service::FLOW, service::DATA_SYNC, service::DINGTALK, service::OA_INTEGRATION];

/// An app of a tenant.
pub struct App {
    pub id: String,
    pub key: String,
    pub secret: String,
}

/// A tenant with what it owns.
pub struct Tenant {
    pub tenant: String,
    pub token: String,
    pub apps: BTreeMap<String, App>,
    pub order: String,
    pub reconciliation: String,
    pub delivery: String,
    pub job: String,
}

/// An answer of a function.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn refused(&self, status: u16, at: &str) {
        assert_eq!(self.status, status, "{at}: {}", self.body);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert!(body["data"].is_null(), "{at}: {body}");
        assert!(!self.body.contains(MARKER), "{at}: {body}");
    }

    fn data(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        serde_json::from_str::<Value>(&self.body).unwrap()["data"].clone()
    }
}

/// Everything the matrix needs.
pub struct Fixture {
    pub clock: Clock,
    pub operator: String,
    pub expired: String,
    pub revoked: String,
    /// Tokens that have every scope but this one.
    pub operator_without: BTreeMap<String, String>,
    pub one_without: BTreeMap<String, String>,
    pub one: Tenant,
    pub two: Tenant,
    pub app_code: &'static str,
    pub bound_to_two: &'static str,
    pub from_elsewhere: &'static str,
    /// Of a system that may call every plain service, and of one for the second tenant.
    pub served: &'static str,
    pub served_second: &'static str,
    token_id: String,
    ctx: Context,
}

impl Fixture {
    pub async fn new() -> Self {
        let clock = Clock::manual(1_795_305_600_000);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
        let ctx = ctx.with_outgoing(Arc::new(GuardedClient::new(Allowances::loopback())));
        let mut fixture = Self {
            clock: clock.clone(),
            operator: String::new(),
            expired: String::new(),
            revoked: String::new(),
            operator_without: BTreeMap::new(),
            one_without: BTreeMap::new(),
            one: nobody(),
            two: nobody(),
            app_code: "the-production-systems-code",
            bound_to_two: "the-code-of-a-system-of-the-second",
            from_elsewhere: "the-code-of-a-system-elsewhere",
            served: "the-code-of-a-system-that-is-served",
            served_second: "the-code-of-one-served-for-the-second",
            token_id: String::new(),
            ctx,
        };
        fixture.configure().await;
        fixture.issue_tokens().await;
        fixture.one = fixture.tenant("t-1", MARKER).await;
        fixture.two = fixture.tenant("t-2", "the second").await;
        fixture
    }

    /// The process.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    async fn configure(&self) {
        let config: Config = serde_json::from_value(json!({ "apps": [
            { "id": "production", "app_code": self.app_code },
            { "id": "second", "app_code": self.bound_to_two, "tenant": "t-2" },
            { "id": "elsewhere", "app_code": self.from_elsewhere, "allow_ips": ["198.51.100.0/24"],
              "services": SERVICES },
            { "id": "served", "app_code": self.served, "services": SERVICES },
            { "id": "served-second", "app_code": self.served_second, "services": SERVICES, "tenant": "t-2" }
        ] }))
        .unwrap();
        let operator = TenantId::operator();
        self.ctx.config.replace_all(&operator, config, &self.ctx.entropy).await.unwrap();
    }

    async fn issue_tokens(&mut self) {
        self.operator = self.token(Role::Operator, None, &scope::ALL, 1).await.0;
        self.expired = self.token(Role::Operator, None, &scope::ALL, 0).await.0;
        let (revoked, id) = self.token(Role::Operator, None, &scope::ALL, 1).await;
        access::revoke(&self.ctx, &id).await.unwrap();
        self.revoked = revoked;
        for without in scope::ALL {
            let scopes: Vec<&str> = scope::ALL.into_iter().filter(|s| *s != without).collect();
            let (operator, id) = self.token(Role::Operator, None, &scopes, 1).await;
            self.operator_without.insert(without.to_owned(), operator);
            self.token_id = id;
            if !scope::OPERATORS.contains(&without) {
                let scopes: Vec<&str> = scopes.into_iter().filter(|s| !scope::OPERATORS.contains(s)).collect();
                let (one, _) = self.token(Role::TenantAdmin, Some("t-1"), &scopes, 1).await;
                self.one_without.insert(without.to_owned(), one);
            }
        }
        self.clock.advance(Duration::from_secs(1));
    }

    async fn token(&self, role: Role, tenant: Option<&str>, scopes: &[&str], days: i64) -> (String, String) {
        let new = access::NewToken {
            name: "matrix".to_owned(),
            role,
            tenant: tenant.map(TenantId::new),
            scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
            expires_ms: Some(self.clock.now_ms() + (days * 86_400_000).max(1)),
        };
        let (token, record) = access::issue(&self.ctx, new).await.unwrap();
        (token.expose().to_owned(), record.id)
    }

    /// The id of a session of the console that begins with this token.
    pub async fn session(&self, token: &str) -> String {
        let begun = access::session::begin(&self.ctx, token).await.unwrap();
        begun.id.expose().to_owned()
    }

    /// The same of a token that is revoked afterwards.
    pub async fn session_of_revoked(&self) -> String {
        let scopes: Vec<&str> = scope::ALL.into_iter().filter(|s| !scope::OPERATORS.contains(s)).collect();
        let (token, id) = self.token(Role::TenantAdmin, Some("t-1"), &scopes, 1).await;
        let session = self.session(&token).await;
        access::revoke(&self.ctx, &id).await.unwrap();
        session
    }

    async fn tenant(&self, name: &str, marker: &str) -> Tenant {
        let scopes: Vec<&str> = scope::ALL.into_iter().filter(|s| !scope::OPERATORS.contains(s)).collect();
        let token = self.token(Role::TenantAdmin, Some(name), &scopes, 1).await.0;
        let mut tenant = Tenant { tenant: name.to_owned(), token, ..nobody() };
        for module in Module::ALL {
            let body = json!({ "appId": module.code() });
            let trial = self.managed(&tenant, "POST", "/api/system/app-store/start-trial", body).await;
            let credentials = &trial["apiCredentials"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let mut app =
                App { id: String::new(), key: text(&credentials["appKey"]), secret: text(&credentials["appSecret"]) };
            let apps = self.managed(&tenant, "POST", "/api/system/tenant-app/list", json!({})).await;
            let records = apps["records"].as_array().unwrap();
            app.id = text(&records.iter().find(|a| a["appKey"] == app.key.as_str()).unwrap()["id"]);
            let path = format!("/api/system/tenant-app/{}", app.id);
            let edit = json!({ "appName": format!("{marker} {module}"), "callbackUrl": "http://127.0.0.1:9/webhook" });
            self.managed(&tenant, "PUT", &path, edit).await;
            tenant.apps.insert(module.code().to_owned(), app);
        }
        // Order numbers begin anew with each tenant: the first one's last is none of the second's.
        for number in 0..if name == "t-1" { 3 } else { 1 } {
            let order = json!({ "externalOrderNo": format!("E-{number}"), "styleNo": "S-1", "styleName": marker, "quantity": 5 });
            let made = self.signed(&tenant, "ORDER_SYNC", "/openapi/v1/orders/create", order).await;
            tenant.order = made["orderNo"].as_str().unwrap().to_owned();
            self.clock.advance(Duration::from_millis(1));
        }
        tenant.reconciliation = format!("REC-{name}");
        let event = json!({ "eventId": "reconciled", "tenantId": name, "reconciliationNo": tenant.reconciliation,
                            "orderNo": tenant.order, "totalAmount": 12.5, "status": "approved" });
        let path = "/admin/v1/events/reconciliation-created";
        let headers = [("x-apig-appcode", self.app_code.to_owned())];
        self.call_path("POST", path, path, &headers, Some(&event.to_string())).await.data();
        let webhook = format!("/api/system/tenant-app/{}/webhook", tenant.apps["ORDER_SYNC"].id);
        let sent = self.managed(&tenant, "POST", &format!("{webhook}/test"), json!({})).await;
        tenant.delivery = sent["deliveryId"].as_str().unwrap().to_owned();
        let range = json!({ "from": "2026-11-21T00:00:00", "to": "2026-11-22T00:00:00" });
        let job = self.managed(&tenant, "POST", &format!("{webhook}/resend-jobs"), range).await;
        tenant.job = job["jobId"].as_str().unwrap().to_owned();
        tenant
    }

    async fn managed(&self, tenant: &Tenant, method: &str, path: &str, body: Value) -> Value {
        let headers = [("authorization", format!("Bearer {}", tenant.token))];
        self.call_path(method, "", path, &headers, Some(&body.to_string())).await.data()
    }

    async fn signed(&self, tenant: &Tenant, module: &str, path: &str, body: Value) -> Value {
        let (app, body, timestamp) = (&tenant.apps[module], body.to_string(), self.clock.now_ms().to_string());
        let signature = openapi::sign_v1(&app.secret, &app.key, &timestamp, body.as_bytes());
        let headers = [("x-app-key", app.key.clone()), ("x-timestamp", timestamp), ("x-signature", signature)];
        self.call_path("POST", path, path, &headers, Some(&body)).await.data()
    }

    /// The route's path with what the tenant owns in its parameters.
    pub fn path_of(&self, route: &Route, tenant: &Tenant) -> String {
        let id =
            if route.path.starts_with("/admin/v1/tokens") { &self.token_id } else { &tenant.apps["ORDER_SYNC"].id };
        route
            .path
            .replace("{orderNo}", &tenant.order)
            .replace("{reconciliationNo}", &tenant.reconciliation)
            .replace("{appId}", "ORDER_SYNC")
            .replace("{id}", id)
            .replace("{deliveryId}", &tenant.delivery)
            .replace("{jobId}", &tenant.job)
            .replace("{number}", "ORD20261122000000000000")
            .replace("{callId}", "call-1")
            .replace("{flow}", "none")
            .replace("{version}", "cv-1")
            .replace("{run}", "r-1")
            .replace("{job}", "bk-1")
            .replace("{queue}", "notices-send")
            .replace("{connection}", "none")
            .replace("{code}", "401")
            .replace("{kind}", "users")
    }

    /// A body the route takes, about what the tenant owns.
    pub fn body_of(&self, route: &Route, tenant: &Tenant) -> Option<Value> {
        let event = |mut body: Value| {
            body["tenantId"] = json!(tenant.tenant);
            body["eventId"] = json!(format!("matrix {}", route.path.trim_end_matches("/bulk")));
            if route.path.ends_with("/bulk") { json!({ "events": [body] }) } else { body }
        };
        Some(match route.path {
            "/openapi/v1/orders/create" => json!({ "externalOrderNo": "E-9", "styleNo": "S-2", "quantity": 1 }),
            "/openapi/v1/payment/confirm" => {
                json!({ "reconciliationNo": tenant.reconciliation, "paymentMethod": "bank", "paymentRef": "P-1" })
            }
            "/openapi/v1/pull/pattern-order" => json!({ "action": "list_patterns", "params": {} }),
            "/admin/v1/tokens" if route.method == "POST" => json!({ "name": "x", "role": "operator" }),
            path if path.contains("/events/order-status") => {
                event(json!({ "orderNo": tenant.order, "status": "production" }))
            }
            path if path.contains("/events/quality-result") => event(json!({
                "orderNo": tenant.order, "processName": "sewing", "qualifiedQuantity": 4, "unqualifiedQuantity": 1
            })),
            path if path.contains("/events/logistics-update") => {
                event(json!({ "orderNo": tenant.order, "outstockNo": "OUT-1", "quantity": 4 }))
            }
            path if path.contains("/events/reconciliation-created") => event(json!({
                "orderNo": tenant.order, "reconciliationNo": "REC-matrix", "totalAmount": 1.5, "status": "approved"
            })),
            path if path.ends_with("/resend-jobs") && route.method == "POST" => {
                json!({ "from": "2026-11-21T00:00:00", "to": "2026-11-22T00:00:00" })
            }
            _ if route.method == "GET" => return None,
            _ => json!({}),
        })
    }

    /// What is wrong with the declaration of a function, held against its routes of the catalog.
    pub fn faults(&self, function: &Function) -> Vec<String> {
        match handlers::handler(function.name) {
            Some(Handler::Http(service)) => service.faults(function.routes()),
            Some(Handler::Plain(service)) => service.faults(function.routes()),
            Some(Handler::Queue(_) | Handler::Schedule(_)) if function.routes().is_empty() => Vec::new(),
            _ => vec!["has routes and no handler for them".to_owned()],
        }
    }

    /// Calls the function of a route with a real API Gateway event.
    pub async fn call(
        &self,
        function: &str,
        route: &Route,
        path: &str,
        headers: &[(&str, String)],
        body: Option<&str>,
    ) -> Answer {
        let body = body.filter(|_| route.method != "GET");
        let event = HttpEvent::new(route.method, path).route(route.path).headers(headers.iter().map(|(n, v)| (n, v)));
        let request = body.into_iter().fold(event, HttpEvent::body).request();
        let response = match handlers::handler(function).unwrap() {
            Handler::Http(service) => service.answer(&self.ctx, request).await,
            Handler::Plain(service) => service.answer(&(), request).await,
            Handler::Queue(_) | Handler::Schedule(_) => panic!("{function} has no routes"),
        };
        let body = String::from_utf8_lossy(response.body().as_ref()).into_owned();
        Answer { status: response.status().as_u16(), body }
    }

    async fn call_path(
        &self,
        method: &str,
        _: &str,
        path: &str,
        headers: &[(&str, String)],
        body: Option<&str>,
    ) -> Answer {
        let mut router = Router::default();
        for (function, route) in FUNCTIONS.iter().flat_map(|f| f.routes().iter().map(move |r| (f.name, r))) {
            router.insert(route.method, route.path, (function, route)).unwrap();
        }
        let (function, route) = *router.find(method, path).unwrap().value;
        self.call(function, route, path, headers, body).await
    }
}

fn nobody() -> Tenant {
    let none = String::new;
    Tenant {
        tenant: none(),
        token: none(),
        apps: BTreeMap::new(),
        order: none(),
        reconciliation: none(),
        delivery: none(),
        job: none(),
    }
}
