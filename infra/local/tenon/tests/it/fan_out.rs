//! `tenon up` as a real process, killed with SIGKILL in the middle of a fan-out again and again: every
//! event reaches every healthy endpoint, ids never change, and the log tells of every push.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tenon_crypto::{openapi, webhook};
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tokio::net::TcpListener;

const EVENTS: usize = 60;
const KILLS: usize = 8;
const APP_CODE: &str = "the-production-systems-own-code";

/// What one endpoint was sent: bodies by `webhook-id`, in order of arrival.
type Received = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

struct Up {
    child: Child,
    data: PathBuf,
    config: PathBuf,
    port: u16,
}

impl Up {
    fn start(data: &Path, config: &Path, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_tenon"))
            .args(["--data", data.to_str().unwrap(), "up", "--config", config.to_str().unwrap()])
            .args(["--allow-loopback", "--listen", &format!("127.0.0.1:{port}")])
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, data: data.to_owned(), config: config.to_owned(), port }
    }

    fn kill_and_restart(self) -> Self {
        let (data, config, port) = (self.data.clone(), self.config.clone(), self.port);
        drop(self);
        Self::start(&data, &config, port)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls the server, patiently: it may just be dead.
struct Client {
    http: HttpClient,
    url: String,
    begun: Instant,
}

impl Client {
    async fn call(&self, method: Method, path: &str, headers: &[(&'static str, String)], body: Option<Value>) -> Value {
        loop {
            let mut call = Call::new(method.clone(), format!("{}{path}", self.url));
            for (name, value) in headers {
                call.headers.insert(*name, HeaderValue::from_str(value).unwrap());
            }
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.body = body.as_ref().map(Value::to_string).unwrap_or_default().into();
            match self.http.call(call).await {
                Ok(answer) if answer.status < 500 => {
                    let body: Value = serde_json::from_slice(&answer.body).unwrap();
                    assert_eq!(answer.status, 200, "{method} {path}: {body}");
                    return body["data"].clone();
                }
                _ => assert!(self.begun.elapsed() < Duration::from_secs(180), "{method} {path} is not answered"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn managed(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        self.call(method, path, &[("authorization", format!("Bearer {token}"))], body).await
    }

    async fn signed(&self, key: &str, secret: &str, path: &str, body: Value) -> Value {
        let timestamp = tenon_platform::Clock::system().now_ms().to_string();
        let signature = openapi::sign_v1(secret, key, &timestamp, body.to_string().as_bytes());
        let headers = [("x-app-key", key.to_owned()), ("x-timestamp", timestamp), ("x-signature", signature)];
        self.call(Method::POST, path, &headers, Some(body)).await
    }
}

fn token(data: &Path, role: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tenon"))
        .args(["--json", "--data", data.to_str().unwrap(), "token", "create", "--role"])
        .args(role)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

async fn receive(
    State((received, secret)): State<(Received, Arc<Mutex<String>>)>,
    headers: HeaderMap,
    body: String,
) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let secret = secret.lock().unwrap().clone();
    let signature = webhook::sign(&secret, &header("x-webhook-timestamp"), body.as_bytes());
    assert_eq!(header("x-webhook-signature"), signature);
    received.lock().unwrap().entry(header("webhook-id")).or_default().push(body);
    StatusCode::OK
}

async fn endpoint(secret: Arc<Mutex<String>>) -> (String, Received) {
    let received = Received::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook", listener.local_addr().unwrap());
    let app =
        axum::Router::new().route("/webhook", axum::routing::post(receive)).with_state((Arc::clone(&received), secret));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, received)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fan_out_survives_being_killed_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (data, config) = (directory.path().join("data"), directory.path().join("tenon.toml"));
    std::fs::write(&config, format!("[[apps]]\nid = \"production\"\napp_code = \"{APP_CODE}\"\n")).unwrap();
    let tenant = token(&data, &["tenant-admin", "--tenant", "t-1"]);
    let operator = token(&data, &["operator"]);
    let mut up = Up::start(&data, &config, port);
    let client = Client { http: HttpClient::new(), url: format!("http://127.0.0.1:{port}"), begun: Instant::now() };

    // Two systems of one tenant, each with an endpoint of its own.
    let bought = json!({ "appId": "ORDER_SYNC", "subscriptionType": "YEARLY", "contactName": "张三",
                         "contactPhone": "13800000000" });
    let order = client.managed(&tenant, Method::POST, "/api/system/app-store/create-order", Some(bought)).await;
    let paid = json!({ "orderId": order["orderId"].as_str().or(order["orderNo"].as_str()).unwrap() });
    let active =
        client.managed(&operator, Method::POST, "/api/system/app-store/admin/activate-order", Some(paid)).await;
    let (key, secret) = (&active["apiCredentials"]["appKey"], &active["apiCredentials"]["appSecret"]);
    let (key, secret) = (key.as_str().unwrap().to_owned(), secret.as_str().unwrap().to_owned());
    let second = json!({ "appType": "ORDER_SYNC", "appName": "second ERP" });
    client.managed(&tenant, Method::POST, "/api/system/tenant-app/create", Some(second)).await;
    let apps = client.managed(&tenant, Method::POST, "/api/system/tenant-app/list", Some(json!({}))).await;
    let mut endpoints = Vec::new();
    for app in apps["records"].as_array().unwrap() {
        let id = app["id"].as_str().unwrap().to_owned();
        let secret = Arc::new(Mutex::new(format!("callback-secret-of-{id}")));
        let (url, received) = endpoint(Arc::clone(&secret)).await;
        let edit = json!({ "callbackUrl": url, "callbackSecret": secret.lock().unwrap().clone() });
        client.managed(&tenant, Method::PUT, &format!("/api/system/tenant-app/{id}"), Some(edit)).await;
        endpoints.push((id, received));
    }
    assert_eq!(endpoints.len(), 2);
    let order = json!({ "externalOrderNo": "E-1", "styleNo": "S-1", "quantity": 500 });
    let order = client.signed(&key, &secret, "/openapi/v1/orders/create", order).await["orderNo"].clone();

    let arrived = |endpoints: &[(String, Received)]| -> usize {
        endpoints.iter().map(|(_, received)| received.lock().unwrap().len()).sum()
    };
    let (mut kills, mut seen) = (0, 0);
    for number in 0..EVENTS {
        let event = json!({
            "eventId": format!("event-{number}"), "tenantId": "t-1", "orderNo": order,
            "status": "production", "completedQuantity": number
        });
        // A server that died before it answered is asked again: the event's id makes that one event.
        let headers = [("x-apig-appcode", APP_CODE.to_owned())];
        client.call(Method::POST, "/admin/v1/events/order-status", &headers, Some(event)).await;
        if kills < KILLS && arrived(&endpoints) >= seen + 12 {
            seen = arrived(&endpoints);
            kills += 1;
            up = up.kill_and_restart();
        }
    }
    while arrived(&endpoints) < 2 * EVENTS {
        assert!(client.begun.elapsed() < Duration::from_secs(180), "{} arrived", arrived(&endpoints));
        if kills < KILLS && arrived(&endpoints) >= seen + 12 {
            seen = arrived(&endpoints);
            kills += 1;
            up = up.kill_and_restart();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(kills >= 3, "killed {kills} times only");

    for (id, received) in &endpoints {
        let received = received.lock().unwrap().clone();
        assert_eq!(received.len(), EVENTS, "one id for each event");
        let numbers: BTreeSet<i64> = received
            .values()
            .map(|bodies| {
                assert!(bodies.iter().all(|b| b == &bodies[0]), "a push differed from its repeat: {bodies:?}");
                let body: Value = serde_json::from_str(&bodies[0]).unwrap();
                assert_eq!(body["event"], "ORDER_STATUS");
                body["data"]["completedQuantity"].as_i64().unwrap()
            })
            .collect();
        assert_eq!(numbers.len(), EVENTS, "no event is told under two ids");
        // The log: as many attempts as posts arrived, or one more where the process died on the way.
        for (delivery, bodies) in &received {
            let path = format!("/api/system/tenant-app/{id}/webhook/deliveries/{delivery}");
            let mut shown = client.managed(&tenant, Method::GET, &path, None).await;
            // The receiver has the push a moment before the log has.
            while shown["state"] != "delivered" {
                assert!(client.begun.elapsed() < Duration::from_secs(180), "{shown}");
                tokio::time::sleep(Duration::from_millis(20)).await;
                shown = client.managed(&tenant, Method::GET, &path, None).await;
            }
            let attempts = shown["attemptList"].as_array().unwrap();
            assert!(attempts.len() >= bodies.len(), "{} arrived, the log has {shown}", bodies.len());
            let good = attempts.iter().filter(|a| a["status"] == 200).count();
            assert_eq!(good, 1, "{shown}");
        }
    }
    drop(up);
}
