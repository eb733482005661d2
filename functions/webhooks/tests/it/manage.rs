//! Deliveries as people see and manage them, through real events.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, HOUR, START};
use serde_json::{Value, json};
use tenon_catalog::scope;
use tenon_model::access::Role;
use tenon_model::tenant_app::TenantApp;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::dispatch::Dispatch;
use tenon_tenants::access::{NewToken, issue};
use tenon_testkit::HttpEvent;

/// A token of this tenant's administrator.
async fn token(fixture: &Fixture, tenant: &str, scope: &str) -> String {
    let new = NewToken {
        name: "t".to_owned(),
        role: Role::TenantAdmin,
        tenant: Some(TenantId::new(tenant)),
        scopes: vec![scope.to_owned()],
        expires_ms: None,
    };
    format!("Bearer {}", issue(&fixture.ctx, new).await.unwrap().0.expose())
}

/// A call as API Gateway makes it: status and body.
async fn call(fixture: &Fixture, token: &str, method: &str, app: &str, path: &str, body: Value) -> (u16, Value) {
    let raw = format!("/api/system/tenant-app/{app}/webhook{path}");
    let mut event = HttpEvent::new(method, &raw).parameter("id", app).header("authorization", token);
    let mut segments = path.trim_start_matches('/').split('/');
    match (segments.next(), segments.next()) {
        (Some("deliveries"), Some(id)) => event = event.parameter("deliveryId", id),
        (Some("resend-jobs"), Some(id)) => event = event.parameter("jobId", id),
        _ => {}
    }
    let request = event.header("content-type", "application/json").body(body.to_string()).request();
    let response = tenon_webhooks::manage::SERVICE.answer(&fixture.ctx, request).await;
    let status = response.status().as_u16();
    let body: Value = serde_json::from_slice(response.body().as_ref()).unwrap();
    assert_eq!((body["code"].as_u64(), body["requestId"].as_str()), (Some(u64::from(status)), Some("r-1")));
    (status, body)
}

struct TenantClient {
    fixture: Fixture,
    receiver: Receiver,
    app: TenantApp,
    token: String,
}

async fn client(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> TenantClient {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, reply).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let token = token(&fixture, "t-1", scope::TENANT_APP).await;
    TenantClient { fixture, receiver, app, token }
}

impl TenantClient {
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        call(&self.fixture, &self.token, method, self.app.id.as_str(), path, body).await
    }

    async fn data(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, body) = self.call(method, path, body).await;
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }
}

#[tokio::test]
async fn nobody_but_the_tenant_with_the_right_scope_gets_in() {
    let client = client(|_| OK).await;
    let (fixture, app) = (&client.fixture, client.app.id.as_str());
    let other = token(fixture, "t-2", scope::TENANT_APP).await;
    let store = token(fixture, "t-1", scope::APP_STORE).await;
    let routes = [
        ("GET", ""),
        ("POST", "/enable"),
        ("POST", "/test"),
        ("POST", "/deliveries"),
        ("GET", "/deliveries/msg_1"),
        ("POST", "/deliveries/msg_1/resend"),
        ("POST", "/resend-jobs"),
        ("GET", "/resend-jobs/rs-1"),
    ];
    for (method, path) in routes {
        assert_eq!(call(fixture, "Bearer none", method, app, path, json!({})).await.0, 401, "{path}");
        assert_eq!(call(fixture, &store, method, app, path, json!({})).await.0, 403, "{path}");
        let (status, body) = call(fixture, &other, method, app, path, json!({})).await;
        assert_eq!((status, &body["message"]), (404, &json!("资源不存在")), "{path}");
    }
    assert_eq!(client.call("GET", "/deliveries/msg_1", json!({})).await.0, 404);
    assert_eq!(client.call("POST", "/deliveries/msg_1/resend", json!({})).await.0, 404);
    assert_eq!(client.call("GET", "/resend-jobs/rs-1", json!({})).await.0, 404);
    client.fixture.run_out().await;
    assert_eq!(client.receiver.count(), 0);
}

#[tokio::test]
async fn a_delivery_shows_every_attempt_with_its_answer_and_can_be_sent_again() {
    let reply = |n| if n == 0 { Reply::Status(500, "", "database is down") } else { Reply::Status(200, "", "taken") };
    let client = client(reply).await;
    client.fixture.event("e-1", EventKind::OrderStatus).await;
    client.fixture.run_out().await;
    let list = client.data("POST", "/deliveries", json!({})).await;
    let id = list["records"][0]["deliveryId"].as_str().unwrap().to_owned();
    assert_eq!((&list["records"][0]["state"], &list["nextCursor"]), (&json!("delivered"), &Value::Null));
    let one = client.data("GET", &format!("/deliveries/{id}"), json!({})).await;
    assert_eq!((&one["eventId"], &one["attempts"]), (&json!("e-1"), &json!(2)));
    let answers: Vec<(&Value, &Value, &Value)> = one["attemptList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (&a["attempt"], &a["errorClass"], &a["responseBody"]))
        .collect();
    assert_eq!(
        answers,
        [(&json!(2), &Value::Null, &json!("taken")), (&json!(1), &json!("status-5xx"), &json!("database is down"))]
    );
    assert_eq!(one["attemptList"][1]["at"], "2026-11-22T08:00:00");
    client.data("POST", &format!("/deliveries/{id}/resend"), json!({})).await;
    client.fixture.run_out().await;
    assert_eq!(client.receiver.count(), 3);
    assert!(client.receiver.hits().iter().all(|h| h.id() == id));
}

#[tokio::test]
async fn the_list_is_paged_newest_first_and_filtered() {
    let client = client(|n| if n % 2 == 0 { OK } else { Reply::Status(500, "", "") }).await;
    for n in 0..7 {
        client.fixture.at(START + n * HOUR);
        client.fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
        client.fixture.settle().await;
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = client.data("POST", "/deliveries", json!({ "size": 3, "cursor": cursor })).await;
        seen.extend(page["records"].as_array().unwrap().iter().map(|r| r["eventId"].as_str().unwrap().to_owned()));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, ["e-6", "e-5", "e-4", "e-3", "e-2", "e-1", "e-0"]);
    let count = |page: &Value| page["records"].as_array().unwrap().len();
    let pending = client.data("POST", "/deliveries", json!({ "state": "pending" })).await;
    let arrived = client.data("POST", "/deliveries", json!({ "state": "delivered" })).await;
    assert_eq!(count(&pending) + count(&arrived), 7);
    assert!(count(&pending) > 0);
    let range = json!({ "from": "2026-11-22T09:00:00", "to": START + 2 * HOUR });
    assert_eq!(count(&client.data("POST", "/deliveries", range).await), 2);
    for (body, field) in [
        (json!({ "size": 0 }), "size"),
        (json!({ "state": "lost" }), "state"),
        (json!({ "from": "yesterday" }), "from"),
        (json!({ "cursor": "x" }), "cursor"),
    ] {
        let (status, answer) = client.call("POST", "/deliveries", body).await;
        assert_eq!(status, 400);
        assert!(answer["message"].as_str().unwrap().starts_with(field), "{answer}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_off_says_why_and_is_switched_on_again() {
    let client = client(|n| if n == 0 { Reply::Status(410, "", "") } else { OK }).await;
    client.fixture.event("e-1", EventKind::OrderStatus).await;
    client.fixture.run_out().await;
    let off = client.data("GET", "", json!({})).await;
    assert_eq!((&off["enabled"], &off["disabledReason"]), (&json!(false), &json!("gone")));
    assert_eq!((&off["disabledAt"], &off["alerts"][0]["percent"]), (&json!("2026-11-22T08:00:00"), &json!(100)));
    let (status, answer) = client.call("POST", "/test", json!({})).await;
    assert_eq!(status, 400, "{answer}");
    let on = client.data("POST", "/enable", json!({})).await;
    assert_eq!((&on["enabled"], &on["consecutiveFailures"]), (&json!(true), &json!(0)));
    let test = client.data("POST", "/test", json!({})).await;
    client.fixture.run_out().await;
    let hits = client.receiver.hits();
    assert_eq!((hits.len(), hits[1].id()), (2, test["deliveryId"].as_str().unwrap()));
}

#[tokio::test]
async fn an_endpoint_whose_pushes_cannot_be_signed_does_not_look_healthy() {
    let client = client(|_| OK).await;
    let well = client.data("GET", "", json!({})).await;
    assert_eq!((&well["healthy"], &well["problem"]), (&json!(true), &Value::Null));
    // Stored before secrets were checked where they are entered.
    let bad = client.fixture.secret(&client.app.tenant, &client.app.id, "whsec_not-base64!", None).await;
    client.fixture.change(&client.app, |a| a.callback.as_mut().unwrap().secrets = vec![bad]).await;
    let sick = client.data("GET", "", json!({})).await;
    assert_eq!(sick["healthy"], json!(false), "before the first push fails");
    assert!(sick["problem"].as_str().unwrap().contains("密钥"), "{sick}");
    client.fixture.event("e-1", EventKind::OrderStatus).await;
    client.fixture.run_out().await;
    let failed = client.data("GET", "", json!({})).await;
    assert_eq!((&failed["consecutiveFailures"], &failed["lastError"]), (&json!(1), &json!("webhook.no-secret")));
    assert_eq!(client.receiver.count(), 0);
}

#[tokio::test]
async fn a_redirect_is_answered_with_the_hint_to_give_the_final_address() {
    let client = client(|_| Reply::Status(301, "location: https://elsewhere.example/\r\n", "")).await;
    client.fixture.event("e-1", EventKind::OrderStatus).await;
    client.fixture.settle().await;
    let endpoint = client.data("GET", "", json!({})).await;
    assert_eq!((&endpoint["healthy"], &endpoint["lastError"]), (&json!(false), &json!("status-3xx")));
    assert!(endpoint["problem"].as_str().unwrap().contains("最终地址"), "{endpoint}");
    let list = client.data("POST", "/deliveries", json!({})).await;
    let id = list["records"][0]["deliveryId"].as_str().unwrap();
    let one = client.data("GET", &format!("/deliveries/{id}"), json!({})).await;
    assert!(one["attemptList"][0]["hint"].as_str().unwrap().contains("最终地址"), "{one}");
}

#[tokio::test]
async fn what_calls_an_endpoint_may_be_asked_for_so_often_and_no_more() {
    let client = client(|_| OK).await;
    for _ in 0..10 {
        client.data("POST", "/test", json!({})).await;
    }
    let (status, answer) = client.call("POST", "/test", json!({})).await;
    assert_eq!((status, answer["data"].is_null()), (429, true), "{answer}");
    client.fixture.run_out().await;
    assert_eq!(client.receiver.count(), 10);
    client.fixture.at(START + 60_000);
    client.data("POST", "/test", json!({})).await;
    for _ in 0..20 {
        client.data("POST", "/resend-jobs", json!({ "from": START })).await;
    }
    assert_eq!(client.call("POST", "/resend-jobs", json!({ "from": START })).await.0, 429);
}

#[tokio::test]
async fn a_range_is_sent_again_by_a_job_that_shows_its_progress() {
    let client = client(|n| if n < 3 { Reply::Status(410, "", "") } else { OK }).await;
    for n in 0..3 {
        client.fixture.at(START + n * HOUR);
        client.fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
        client.fixture.run_out().await;
        client.data("POST", "/enable", json!({})).await;
    }
    let wanted = json!({ "from": START, "to": START + HOUR, "only": "failed" });
    let job = client.data("POST", "/resend-jobs", wanted).await;
    assert_eq!((&job["state"], &job["queued"]), (&json!("running"), &json!(0)));
    client.fixture.run_out().await;
    let done = client.data("GET", &format!("/resend-jobs/{}", job["jobId"].as_str().unwrap()), json!({})).await;
    assert_eq!((&done["state"], &done["found"], &done["queued"]), (&json!("done"), &json!(2), &json!(2)));
    let states: Vec<_> = client.fixture.deliveries(&client.app).await.into_iter().map(|d| d.state.word()).collect();
    assert_eq!(states, ["delivered", "delivered", "failed"]);
    for body in [json!({}), json!({ "from": START + 1, "to": START }), json!({ "from": START, "only": "some" })] {
        assert_eq!(client.call("POST", "/resend-jobs", body).await.0, 400);
    }
}
