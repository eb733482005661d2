//! A world with one app, operations to call, and real API Gateway v2 events.

use lambda_http::Request;
use serde_json::{Value, json};
use std::sync::Arc;
use tenon_catalog::{Auth, Route};
use tenon_crypto::openapi::{RequestV2, sign_v1, sign_v2};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, Local};
use tenon_model::call::CallRecord;
use tenon_model::message::Envelope;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{Module, TenantId};
use tenon_openapi::BODY_LIMIT;
use tenon_platform::body::BadBody;
use tenon_platform::clock::Clock;
use tenon_platform::dispatch::{self, Dispatch, Service, on};
use tenon_platform::entropy::Entropy;
use tenon_platform::http::NoHttp;
use tenon_platform::queue::OPENAPI_LOG;
use tenon_platform::table::{Key, Outcome};
use tenon_platform::{Context, Error, Rejection};
use tenon_tenants::apps;
use tenon_tenants::entry::Signed;
use tenon_testkit::HttpEvent;

/// 2024-02-11T08:00:00Z.
pub const START: i64 = 1_707_638_400_000;
const SECRET: &str = "s3cr3t-0123456789abcdef";

pub struct Fixture {
    pub local: Local,
    pub ctx: Context,
    pub clock: Clock,
    pub app: TenantApp,
}

fn context(local: &Local) -> Context {
    local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32])).unwrap()
}

impl Fixture {
    pub async fn new(change: impl FnOnce(&mut TenantApp)) -> Self {
        let clock = Clock::manual(START);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local);
        let (tenant, id) = (TenantId::new("t-1"), apps::new_id(&ctx).unwrap());
        let secret = apps::seal(&ctx, &tenant, &id, apps::APP_SECRET, SECRET).await.unwrap();
        let mut app = TenantApp {
            secrets: vec![AppSecret { secret, until_ms: None }],
            daily_quota: 100,
            ..TenantApp::new(id, tenant, Module::OrderSync, "os_a1b2c3d4e5f6", START)
        };
        change(&mut app);
        let writes = apps::create_writes(&app, START).unwrap();
        assert_eq!(ctx.table.transact(writes).await.unwrap(), Outcome::Done);
        Self { local, ctx, clock, app }
    }

    pub fn gated(&self, gate: Gate) -> Context {
        context(&self.local.with_gate(gate))
    }

    /// A call of scheme 1, signed now.
    pub fn signed(&self, method: &str, path: &str, body: &str) -> Sent {
        let timestamp = self.clock.now_ms().to_string();
        let signature = sign_v1(SECRET, &self.app.app_key, &timestamp, body.as_bytes());
        let headers = vec![
            ("x-app-key".to_owned(), self.app.app_key.clone()),
            ("x-timestamp".to_owned(), timestamp),
            ("x-signature".to_owned(), signature),
        ];
        Sent { method: method.into(), path: path.into(), body: body.into(), headers, id: "abc123".into() }
    }

    /// A read of scheme 2 whose signed path is the one the client sends; the event API Gateway makes of it
    /// has it decoded, and a server of our own as it is.
    pub fn signed_v2(&self, sent: &str, raw_path: &str, order_no: &str, nonce: &str) -> Request {
        let (timestamp, app_key) = (self.clock.now_ms().to_string(), self.app.app_key.as_str());
        let (method, query, body): (_, _, &[u8]) = ("GET", "", b"");
        let signed = RequestV2 { method, path: sent, query, body, timestamp: &timestamp, nonce, app_key };
        let signature = sign_v2(SECRET, &signed);
        HttpEvent::new("GET", "")
            .decoded_path(raw_path)
            .route("/openapi/v1/orders/{orderNo}")
            .parameter("orderNo", order_no)
            .header("host", "abc123.execute-api.cn-north-1.amazonaws.com.cn")
            .headers([("x-app-key", app_key), ("x-timestamp", &timestamp), ("x-signature", &signature)])
            .headers([("x-signature-version", "2"), ("x-nonce", nonce), ("x-forwarded-proto", "https")])
            .from_ip("203.0.113.9")
            .request()
    }

    pub async fn call(&self, sent: &Sent) -> Answer {
        call(&self.ctx, sent).await
    }

    /// Takes what waits on the way to the call log.
    pub async fn logged(&self) -> Vec<CallRecord> {
        let mut found = Vec::new();
        loop {
            let hidden = std::time::Duration::from_secs(3600);
            let messages = self.ctx.queue.receive(&OPENAPI_LOG, 10, hidden).await.unwrap();
            if messages.is_empty() {
                return found;
            }
            for message in messages {
                let envelope: Envelope<CallRecord> = Envelope::read(&message.body).unwrap().of("log-call").unwrap();
                assert_eq!(envelope.tenant, self.app.tenant);
                found.push(envelope.body);
            }
        }
    }
}

/// A request on its way.
#[derive(Clone)]
pub struct Sent {
    pub method: String,
    pub path: String,
    pub body: String,
    pub headers: Vec<(String, String)>,
    pub id: String,
}

impl Sent {
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }

    /// The event API Gateway makes of it.
    pub fn request(&self) -> Request {
        HttpEvent::new(&self.method, &self.path)
            .headers(self.headers.iter().map(|(name, value)| (name, value)))
            .body(&self.body)
            .from_ip("203.0.113.9")
            .request_id(&self.id)
            .request()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
    pub headers: http::HeaderMap,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }
}

pub async fn call(ctx: &Context, sent: &Sent) -> Answer {
    answer(SERVICE.answer(ctx, sent.request()).await)
}

pub fn answer(response: lambda_http::Response<lambda_http::Body>) -> Answer {
    let text = String::from_utf8(response.body().as_ref().to_vec()).unwrap();
    Answer { status: response.status().as_u16(), text, headers: response.headers().clone() }
}

/// Operations with every kind of end.
pub static SERVICE: Service<Signed> = Service::new(Signed, || {
    vec![
        on(route("/test/read", false), read),
        on(route("/test/write", true), read),
        on(route("/test/wrong", false), wrong),
        on(route("/test/none", false), none),
        on(route("/test/broken", false), broken),
    ]
})
.with_body_limit(BODY_LIMIT);

type Call = dispatch::Call<Arc<TenantApp>>;

fn route(path: &'static str, write: bool) -> Route {
    Route { method: "POST", path, auth: Auth::OpenApi { module: "ORDER_SYNC", write }, changes: write }
}

async fn read(call: Call, (): ()) -> Result<Value, Rejection> {
    let key = Key::new(&call.by.tenant, "TEST", &[], "-");
    call.ctx.table.get::<Value>(&key).await?;
    Ok(json!({ "tenant": call.by.tenant.as_str() }))
}

async fn wrong(_: Call, (): ()) -> Result<(), Rejection> {
    Err(BadBody::field("colors[1]", "必须是文本").into())
}

async fn none(_: Call, (): ()) -> Result<(), Rejection> {
    Err(Rejection::NotFound("订单不存在".into()))
}

async fn broken(_: Call, (): ()) -> Result<(), Error> {
    Err(Error::permanent("platform.table", "an inner matter"))
}
