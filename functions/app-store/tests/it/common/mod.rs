//! The two functions as API Gateway calls them, on the embedded engine.
#![allow(dead_code)]

use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_app_store::{store, tenant_app};
use tenon_catalog::Route;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, Local};
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Objection, Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::router::Router;
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::access::{NewToken, issue};
use tenon_testkit::HttpEvent;

/// Every address is allowed but those that say `internal`.
struct Addresses;

#[async_trait::async_trait]
impl Outgoing for Addresses {
    async fn check(&self, url: &str) -> Result<(), OutgoingFailure> {
        if url.contains("internal") {
            Err(OutgoingFailure::Refused(Objection::new("not public", "须为公网地址")))
        } else {
            Ok(())
        }
    }
    async fn call(&self, _: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        Err(OutgoingFailure::Refused(Objection::new("no calls here", "不能调用")))
    }
}

pub struct Fixture {
    pub ctx: Context,
    local: Local,
    clock: Clock,
    pub operator: String,
    pub admin: String,
    pub other: String,
}

pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// An answer to the byte.
pub struct Exact {
    pub status: u16,
    pub body: String,
    /// `Idempotency-Replayed`.
    pub replayed: bool,
    /// `Retry-After`.
    pub retry_after: Option<String>,
}

impl Fixture {
    /// An operator, and the administrators of `t-1` and `t-2`; 2026-01-31 10:00 in Shanghai.
    pub async fn new() -> Self {
        let clock = Clock::manual(1_769_824_800_000);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local, 1);
        let operator = token(&ctx, Role::Operator, None, &[]).await;
        let admin = token(&ctx, Role::TenantAdmin, Some("t-1"), &[]).await;
        let other = token(&ctx, Role::TenantAdmin, Some("t-2"), &[]).await;
        Self { ctx, local, clock, operator, admin, other }
    }

    /// The same installation, whose table fails where the gate says so.
    pub fn behind(self, gate: Gate) -> Self {
        Self { ctx: context(&self.local.with_gate(gate), 2), ..self }
    }

    /// Another process at the same installation, whose table fails where the gate says so.
    pub fn process(&self, gate: Gate) -> Self {
        let (operator, admin, other) = (self.operator.clone(), self.admin.clone(), self.other.clone());
        let (local, clock) = (self.local.clone(), self.clock.clone());
        Self { ctx: context(&local.with_gate(gate), 3), local, clock, operator, admin, other }
    }

    pub fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Calls a route, given as it is in the table with its parameters filled in, and its query.
    pub async fn call(&self, token: &str, line: &str, body: Value) -> Answer {
        let (method, uri) = line.split_once(' ').unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let request = request(token, method, path, query, &body);
        let response = match path.starts_with("/api/system/app-store") {
            true => store::SERVICE.answer(&self.ctx, request).await,
            false => tenant_app::SERVICE.answer(&self.ctx, request).await,
        };
        let status = response.status().as_u16();
        let body: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
        assert_eq!(body["code"], status, "the code is the HTTP status");
        assert_eq!(body["requestId"], "r-1");
        Answer { status, body }
    }

    /// A call under an idempotency key, by a process of its own: each has its request id.
    pub async fn keyed(&self, token: &str, line: &str, key: &str, id: &str, body: &Value) -> Exact {
        let (method, path) = line.split_once(' ').unwrap();
        let event = event(token, method, path, "", body).header("idempotency-key", key).request_id(id);
        let response = match path.starts_with("/api/system/app-store") {
            true => store::SERVICE.answer(&self.ctx, event.request()).await,
            false => tenant_app::SERVICE.answer(&self.ctx, event.request()).await,
        };
        let header = |name: &str| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        Exact {
            status: response.status().as_u16(),
            replayed: header("idempotency-replayed").is_some(),
            retry_after: header("retry-after"),
            body: String::from_utf8(response.body().as_ref().to_vec()).unwrap(),
        }
    }

    /// As [`call`](Self::call); `data` of a success.
    pub async fn data(&self, token: &str, line: &str, body: Value) -> Value {
        let answer = self.call(token, line, body).await;
        assert_eq!((answer.status, &answer.body["message"]), (200, &json!("success")), "{line}: {}", answer.body);
        answer.body["data"].clone()
    }
}

fn context(local: &Local, seed: u64) -> Context {
    let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap();
    ctx.with_outgoing(Arc::new(Addresses))
}

pub async fn token(ctx: &Context, role: Role, tenant: Option<&str>, scopes: &[&str]) -> String {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    let tenant = tenant.map(TenantId::new);
    let new = NewToken { name: "test".to_owned(), role, tenant, scopes, expires_ms: None };
    issue(ctx, new).await.unwrap().0.expose().to_owned()
}

/// The routes of both functions.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    ["app-store", "tenant-app"].into_iter().flat_map(|name| tenon_catalog::function(name).unwrap().routes())
}

/// The route of a method and a path, and the parameters in it.
pub fn route(method: &str, path: &str) -> Option<(&'static Route, Map<String, Value>)> {
    let mut router = Router::default();
    for route in routes() {
        router.insert(route.method, route.path, route).unwrap();
    }
    let found = router.find(method, path)?;
    let parameters = found.decoded()?.into_iter().map(|(name, value)| (name, json!(value)));
    Some((*found.value, parameters.collect()))
}

/// A request as API Gateway hands it over: with the parameters of the route it fits.
fn request(token: &str, method: &str, path: &str, query: &str, body: &Value) -> lambda_http::Request {
    event(token, method, path, query, body).request()
}

fn event(token: &str, method: &str, path: &str, query: &str, body: &Value) -> HttpEvent {
    let parameters = route(method, path).map(|(_, parameters)| parameters).unwrap_or_default();
    let event = HttpEvent::new(method, &format!("{path}?{query}")).bearer(token).json(body);
    parameters.iter().fold(event, |event, (name, value)| event.parameter(name, value.as_str().unwrap()))
}
