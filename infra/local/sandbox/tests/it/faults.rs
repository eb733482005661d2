use crate::support::{Client, START_MS};
use serde_json::json;
use std::time::Duration;
use tenon_sandbox::{B1Options, Fault, FaultKind, Outcome, SandboxOptions, Vendor};

fn item(client: &Client, code: &str) -> Outcome {
    client.outcome("POST", "/b1s/v1/Items", &[], json!({"ItemCode": code}).to_string().as_bytes())
}

fn items(client: &Client) -> usize {
    client.sandbox.snapshot().b1.documents.get("Items").map_or(0, Vec::len)
}

#[test]
fn a_drop_before_commit_does_nothing_and_one_after_does_it() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).on("POST", "Items"));
    assert!(matches!(item(&client, "A"), Outcome::Dropped { committed: false, .. }));
    assert_eq!(items(&client), 0);
    client.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "Items"));
    assert!(matches!(item(&client, "A"), Outcome::Dropped { committed: true, .. }));
    assert_eq!(items(&client), 1);
    client.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).on("POST", "Items"));
    assert!(matches!(item(&client, "A"), Outcome::Dropped { committed: false, .. }), "the key is taken");
    assert_eq!(client.sandbox.snapshot().calls("POST Items"), 3);
}

#[test]
fn an_answer_can_lie_about_what_was_done() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.inject(Fault::new(FaultKind::StatusAfterCommit(502, "{}".into())).on("POST", "Items"));
    assert_eq!(client.post("/b1s/v1/Items", json!({"ItemCode": "A"})).status, 502);
    assert_eq!(items(&client), 1);
}

#[test]
fn statuses_pages_and_rate_limits() {
    let client = Client::ready(SandboxOptions::default());
    let b1 = |kind| {
        client.sandbox.inject(Fault::new(kind).vendor(Vendor::B1));
        client.get("/b1s/v1/Items")
    };
    assert_eq!(b1(FaultKind::Status(500, json!({"x": 1}).to_string())).json()["x"], 1);
    let page = b1(FaultKind::Html(503));
    assert_eq!((page.status, page.header("content-type").as_str()), (503, "text/html"));
    assert_eq!(b1(FaultKind::RateLimited).status, 429);
    let ding = |kind, uri: &str| {
        client.sandbox.inject(Fault::new(kind).vendor(Vendor::DingTalk));
        let answer = client.get(uri);
        (answer.status, answer.json())
    };
    let (status, body) = ding(FaultKind::RateLimited, "/v1.0/workflow/processInstances?processInstanceId=x");
    assert_eq!((status, body["code"].as_str()), (403, Some("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")));
    let (status, body) = ding(FaultKind::SystemBusy, "/v1.0/workflow/processInstances?processInstanceId=x");
    assert_eq!((status, body["code"].as_str()), (429, Some("systemBusy")));
    let (status, body) = ding(FaultKind::RateLimited, "/gettoken");
    assert_eq!((status, body["errcode"].as_i64()), (200, Some(90018)));
}

#[test]
fn expired_sessions_and_wrong_passwords() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::B1));
    assert_eq!(client.get("/b1s/v1/Items").code(), 301);
    client.sandbox.inject(Fault::new(FaultKind::WrongPassword).vendor(Vendor::B1));
    assert_eq!(client.login().code(), -304);
    assert_eq!(client.login().status, 200);
    client.sandbox.inject(Fault::new(FaultKind::WrongPassword));
    assert_eq!(client.get("/b1s/v1/Items").status, 200, "only a login can be refused so");
    let token =
        client.post("/v1.0/oauth2/accessToken", json!({"appKey": "dingsandboxapp", "appSecret": "sandbox-app-secret"}));
    assert_eq!(token.json()["code"], "invalidClientIdOrSecret");
}

#[test]
fn latency_is_told_and_an_outage_ends() {
    let client = Client::ready(B1Options { latency: Duration::from_millis(5), ..B1Options::default() });
    client.sandbox.inject(Fault::new(FaultKind::Latency(Duration::from_secs(9))));
    let Outcome::Answer { after, .. } = client.outcome("GET", "/b1s/v1/Items", &[], b"") else { panic!("dropped") };
    assert_eq!(after, Duration::from_millis(9005));
    client.sandbox.inject(Fault::new(FaultKind::Outage { until_ms: START_MS + 1000 }).vendor(Vendor::B1));
    for _ in 0..3 {
        assert!(matches!(client.outcome("GET", "/b1s/v1/Items", &[], b""), Outcome::Dropped { committed: false, .. }));
    }
    client.wait(1000);
    assert_eq!(client.get("/b1s/v1/Items").status, 200);
}

#[test]
fn clearing_takes_every_fault_away() {
    let client = Client::ready(SandboxOptions::default());
    client.sandbox.inject(Fault::new(FaultKind::Html(500)).always());
    assert_eq!(client.get("/b1s/v1/Items").status, 500);
    client.sandbox.clear_faults();
    assert_eq!(client.get("/b1s/v1/Items").status, 200);
}

#[test]
fn the_operator_works_over_http_too() {
    let client = Client::ready(SandboxOptions::default());
    let draft =
        client.post("/_sandbox/drafts", json!({"object_code": "1470000113", "lines": [{"ItemCode": "A"}]})).json();
    assert_eq!((&draft["DocEntry"], &draft["ApprovalRequest"]), (&json!(1), &json!(1)));
    let id = client.post("/_sandbox/instances", json!({"process_code": "P", "fields": [["品名", "螺丝"]]})).json()["instanceId"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(client.post(&format!("/_sandbox/instances/{id}/approve"), json!({"remark": "好"})).status, 200);
    assert_eq!(client.post(&format!("/_sandbox/instances/{id}/refuse"), json!({})).status, 409);
    assert_eq!(client.post("/_sandbox/instances/none/approve", json!({})).status, 404);
    assert_eq!(client.post("/_sandbox/faults", json!({"path": "Items", "kind": {"html": 502}})).status, 200);
    assert_eq!(client.post("/_sandbox/faults", json!({"kind": {"outage": {"until_ms": 0}}})).status, 200);
    assert_eq!(client.post("/_sandbox/faults", json!({"kind": {"latency_ms": 5}, "path": "/none"})).status, 200);
    assert_eq!(client.post("/_sandbox/faults", json!({"kind": "sometimes"})).status, 400);
    assert_eq!(client.get("/b1s/v1/Items").status, 502);
    let seen = client.get("/_sandbox/snapshot").json();
    assert_eq!(seen["dingtalk"]["instances"][0]["result"], "agree");
    assert_eq!(seen["b1"]["drafts"][0]["DocObjectCode"], "oPurchaseRequest");
}
