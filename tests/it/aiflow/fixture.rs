//! A site with an ERP that calls aiflow's interface.

use lambda_http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use tenon::serve::{handlers, registry::Handler};
use tenon_catalog::FUNCTIONS;
use tenon_crypto::aiflow;
use tenon_crypto::secrets::MasterKey;
use tenon_directory::Directory;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::config::Config;
use tenon_platform::http::NoHttp;
use tenon_platform::router::Router;
use tenon_platform::{Clock, Context, Entropy};
use tenon_task_center::calls::{self, CallEntry};
use tenon_testkit::HttpEvent;

pub const ENTERPRISE: &str = "COMPANY001";
pub const APP: &str = "APP001";
pub const SECRET: &str = "your_app_secret";
/// Another tenant's.
pub const OTHER: (&str, &str, &str) = ("COMPANY002", "APP002", "the_secret_of_another");

/// The site.
pub struct Fixture {
    pub ctx: Context,
    pub local: Local,
    pub clock: Clock,
    pub tenant: TenantId,
}

/// A call to be made.
#[derive(Clone)]
pub struct Call {
    method: String,
    path: String,
    body: String,
    enterprise: String,
    app: String,
    secret: Option<String>,
    at_ms: Option<i64>,
    header: &'static str,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    headers: http::HeaderMap,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|why| panic!("{why}: {}", self.text))
    }

    /// The `data` of a success.
    pub fn data(&self) -> Value {
        let answer = self.json();
        assert_eq!((self.status, &answer["status"], &answer["msg"]), (200, &json!(0), &json!("success")), "{answer}");
        answer["data"].clone()
    }

    /// Fields and words of what was wrong: `-4002`.
    pub fn wrong(&self) -> Vec<(String, String)> {
        let answer = self.json();
        assert_eq!((self.status, &answer["status"]), (400, &json!(-4002)), "{answer}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let details = answer["data"]["errorDetails"].as_array().unwrap_or_else(|| panic!("{answer}"));
        details.iter().map(|detail| (text(&detail["field"]), text(&detail["message"]))).collect()
    }
}

impl Call {
    pub fn new(method: &str, path: &str, body: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            body: body.to_owned(),
            enterprise: ENTERPRISE.to_owned(),
            app: APP.to_owned(),
            secret: Some(SECRET.to_owned()),
            at_ms: None,
            header: "a-signature",
        }
    }

    pub fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", &format!("/aflow/api/{path}"), &body.to_string())
    }

    pub fn of(self, enterprise: &str, app: &str) -> Self {
        Self { enterprise: enterprise.to_owned(), app: app.to_owned(), ..self }
    }

    pub fn of_another(self) -> Self {
        self.of(OTHER.0, OTHER.1).signed_with(OTHER.2)
    }

    pub fn unsigned(self) -> Self {
        Self { secret: None, ..self }
    }

    pub fn signed_with(self, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..self }
    }

    pub fn signed_at(self, at_ms: i64) -> Self {
        Self { at_ms: Some(at_ms), ..self }
    }

    pub fn in_header(self, header: &'static str) -> Self {
        Self { header, ..self }
    }

    /// The request, signed at this moment if no other was named.
    pub fn request(&self, route: &str, now_ms: i64) -> Request {
        let event = HttpEvent::new(&self.method, &self.path).route(route).body(&self.body);
        let at_ms = self.at_ms.unwrap_or(now_ms);
        let header = self
            .secret
            .as_ref()
            .map(|secret| aiflow::sign(&self.enterprise, &self.app, secret, at_ms, self.body.as_bytes()));
        event.headers(header.iter().map(|value| (&self.header, value))).request()
    }
}

impl Fixture {
    pub async fn new() -> Self {
        Self::on(Local::memory(Clock::manual(1_795_305_600_000)).await.unwrap()).await
    }

    pub async fn on(local: Local) -> Self {
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
        let clock = ctx.clock.clone();
        let fixture = Self { ctx, local, clock, tenant: TenantId::new("t-1") };
        let app = |enterprise: &str, app: &str, secret: &str, tenant: &str| {
            json!({
                "enterprise_code": enterprise, "app_id": app, "app_secret": secret, "tenant": tenant
            })
        };
        let mut elsewhere = app(ENTERPRISE, "APP-ELSEWHERE", SECRET, "t-1");
        elsewhere["allow_ips"] = json!(["198.51.100.0/24"]);
        let mut slow = app(ENTERPRISE, "APP-SLOW", SECRET, "t-1");
        (slow["rate_per_minute"], slow["header"]) = (json!(3), json!("X-Erp-Sign"));
        let mut grouped = app(ENTERPRISE, "APP-GROUPS", SECRET, "t-1");
        grouped["user_groups"] = json!(["G1"]);
        let mut open = app("COMPANY003", "APP003", SECRET, "t-3");
        open["unknown_people"] = json!("accept");
        let apps = [
            app(ENTERPRISE, APP, SECRET, "t-1"),
            elsewhere,
            slow,
            grouped,
            open,
            app(OTHER.0, OTHER.1, OTHER.2, "t-2"),
        ];
        let config: Config = serde_json::from_value(json!({ "aiflow_apps": apps })).unwrap();
        assert_eq!(tenon_model::config::check(&config), []);
        fixture.ctx.config.replace_all(&TenantId::operator(), config, &fixture.ctx.entropy).await.unwrap();
        fixture
    }

    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    pub fn directory(&self) -> Directory<'_> {
        Directory::new(&self.ctx, &self.tenant)
    }

    /// The log of an app.
    pub async fn calls(&self, app: &str) -> Vec<CallEntry> {
        calls::latest(&self.ctx, &self.tenant, (ENTERPRISE, app), 100).await.unwrap()
    }

    /// Sends a body, signed.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(&Call::post(path, body)).await
    }

    pub async fn send(&self, call: &Call) -> Answer {
        self.send_to(&self.ctx, call).await
    }

    /// Sends a call to this process.
    pub async fn send_to(&self, ctx: &Context, call: &Call) -> Answer {
        let mut router = Router::default();
        for (function, route) in FUNCTIONS.iter().flat_map(|f| f.routes().iter().map(move |r| (f.name, r))) {
            router.insert(route.method, route.path, (function, route)).unwrap();
        }
        let (function, route) = *router.find(&call.method, &call.path).unwrap().value;
        let Some(Handler::Http(service)) = handlers::handler(function) else { panic!("{function}") };
        let response = service.answer(ctx, call.request(route.path, ctx.now_ms())).await;
        let text = String::from_utf8(response.body().as_ref().to_vec()).unwrap();
        Answer { status: response.status().as_u16(), text, headers: response.headers().clone() }
    }

    /// Departments D1 (root) and D2 under it, people U1 (everybody's head), U2 and U3 under it.
    pub async fn with_people(self) -> Self {
        let departments = json!({ "departments": [
            { "deptId": "D1", "deptName": "总部" },
            { "deptId": "D2", "deptName": "技术部", "parentId": "D1", "deptCode": "TECH", "orderNum": 2 } ] });
        let users = json!({ "users": [
            { "userId": "U1", "userName": "boss", "realName": "张总", "mobile": "13800000001", "deptId": "D1" },
            { "userId": "U2", "userName": "li", "realName": "李四", "mobile": "+86 138-0000-0002", "deptId": "D2",
              "directSupervisor": "U1", "email": "Li@example.com" },
            { "userId": "U3", "userName": "wang", "realName": "王五", "mobile": "13800000003", "deptId": "D2",
              "directSupervisor": "U1" } ] });
        let counts = |answer: &Answer| {
            let data = answer.data();
            (data["successCount"].as_u64().unwrap(), data["failCount"].as_u64().unwrap())
        };
        assert_eq!(counts(&self.post("sys/sync/department", &departments).await), (2, 0));
        assert_eq!(counts(&self.post("sys/sync/user", &users).await), (3, 0));
        self
    }
}
