//! The local server in this process, and tenants on it, managed over HTTP.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use tenon::commands::up;
use tenon::environment::{DataDir, Opened};
use tenon::serve;
use tenon_crypto::openapi;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::access::Role;
use tenon_platform::{Clock, Context};
use tenon_tenants::access::{self, NewToken};

/// A server on a free port with empty data.
pub struct Server {
    pub url: String,
    address: SocketAddr,
    ctx: Context,
    runtime: tokio::runtime::Runtime,
    _serving: serve::Server,
    _folder: tempfile::TempDir,
}

/// A tenant with its administrator's token.
pub struct Tenant<'s> {
    server: &'s Server,
    id: String,
    token: String,
}

/// An app as its customer knows it.
pub struct App {
    pub id: String,
    pub key: String,
    pub secret: String,
}

impl Server {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (address, ctx, serving) = runtime.block_on(async {
            let Opened::Free(data) = DataDir::open(&folder.path().join("data")).unwrap() else {
                panic!("a new directory is served already")
            };
            let local = Local::open(&data.database(), Clock::system()).await.unwrap();
            let serving = up::serving(&local, &data).unwrap();
            let ctx = serving.ctx.clone();
            let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
            let address = listener.local_addr().unwrap();
            (address, ctx, serve::start(serving, listener).unwrap())
        });
        Self { url: format!("http://{address}"), address, ctx, runtime, _serving: serving, _folder: folder }
    }

    /// Applies a configuration.
    pub fn apply(&self, config: &Value) {
        let config = serde_json::from_value(config.clone()).unwrap();
        let operator = TenantId::operator();
        let stored = self.ctx.config.replace_all(&operator, config, &self.ctx.entropy);
        self.runtime.block_on(stored).unwrap();
    }

    pub fn tenant(&self, id: &str) -> Tenant<'_> {
        let token = self.token(Role::TenantAdmin, Some(id));
        Tenant { server: self, id: id.to_owned(), token }
    }

    fn token(&self, role: Role, tenant: Option<&str>) -> String {
        let tenant = tenant.map(TenantId::new);
        let new = NewToken { name: "test".to_owned(), role, tenant, scopes: Vec::new(), expires_ms: None };
        self.runtime.block_on(access::issue(&self.ctx, new)).unwrap().0.expose().to_owned()
    }

    /// The operator gives an app its whole quota of today again.
    pub fn reset_quota(&self, tenant: &Tenant<'_>, app: &App) {
        let operator = self.token(Role::Operator, None);
        let path = format!("/api/system/tenant-app/{}/reset-quota?tenantId={}", app.id, tenant.id);
        self.managed(&operator, "POST", &path, "");
    }

    /// What an operator's call answers.
    pub fn as_operator(&self, method: &str, path: &str, body: &Value) -> Value {
        self.managed(&self.token(Role::Operator, None), method, path, &body.to_string())
    }

    fn managed(&self, token: &str, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.call(method, path, body, &[("authorization", format!("Bearer {token}"))]);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer["data"].clone()
    }

    /// One request on a connection of its own.
    fn call(&self, method: &str, path: &str, body: &str, headers: &[(&str, String)]) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        write!(stream, "{head}{headers}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}

impl Tenant<'_> {
    pub fn start_trial(&self, module: &str) -> App {
        let body = json!({ "appId": module }).to_string();
        let started = self.server.managed(&self.token, "POST", "/api/system/app-store/start-trial", &body);
        let text = |name: &str| started["apiCredentials"][name].as_str().unwrap().to_owned();
        App { id: text("id"), key: text("appKey"), secret: text("appSecret") }
    }

    pub fn app(&self, app: &App) -> Value {
        self.server.managed(&self.token, "GET", &format!("/api/system/tenant-app/{}", app.id), "")
    }

    /// A new secret; the old one is dead.
    pub fn reset_secret(&self, app: &App) -> String {
        let path = format!("/api/system/tenant-app/{}/reset-secret", app.id);
        self.server.managed(&self.token, "POST", &path, "")["appSecret"].as_str().unwrap().to_owned()
    }

    /// Creates an order; its number.
    pub fn create_order(&self, app: &App) -> String {
        let body = json!({ "styleNo": "FZ2024001", "quantity": 1 }).to_string();
        let (status, answer) = self.signed(app, "POST", "/openapi/v1/orders/create", &body);
        assert_eq!(status, 200, "{answer}");
        answer["data"]["orderNo"].as_str().unwrap().to_owned()
    }

    pub fn read_order(&self, app: &App, order_no: &str) -> (u16, Value) {
        self.signed(app, "GET", &format!("/openapi/v1/orders/{order_no}"), "")
    }

    /// The orders an app sees.
    pub fn orders(&self, app: &App) -> Vec<Value> {
        let (status, answer) = self.signed(app, "POST", "/openapi/v1/orders/list", "{}");
        assert_eq!(status, 200, "{answer}");
        answer["data"]["records"].as_array().unwrap().clone()
    }

    fn signed(&self, app: &App, method: &str, path: &str, body: &str) -> (u16, Value) {
        let timestamp = Clock::system().now_ms().to_string();
        let signature = openapi::sign_v1(&app.secret, &app.key, &timestamp, body.as_bytes());
        let headers = [("x-app-key", app.key.clone()), ("x-timestamp", timestamp), ("x-signature", signature)];
        self.server.call(method, path, body, &headers)
    }
}
