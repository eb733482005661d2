//! What callers are told.

use super::fixture::{Fixture, SERVICE, START, call};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_model::call::{CallResult, Direction};
use tenon_platform::dispatch::Dispatch;

#[tokio::test]
async fn a_success_is_in_the_documents_envelope() {
    let fixture = Fixture::new(|_| ()).await;
    let answer = fixture.call(&fixture.signed("POST", "/test/read", "{}")).await;
    assert_eq!(answer.text, r#"{"code":200,"message":"success","data":{"tenant":"t-1"},"requestId":"req_abc123"}"#);
    assert_eq!(answer.status, 200);
    let limits = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name));
    assert_eq!(limits, [Some("100"), Some("99"), Some("57600")]);
}

#[tokio::test]
async fn every_failed_authentication_looks_the_same() {
    let fixture = Fixture::new(|_| ()).await;
    let good = fixture.signed("POST", "/test/write", "{\"new\":1}");
    let old = fixture.signed("POST", "/test/write", "{\"old\":1}");
    assert_eq!(fixture.call(&good).await.status, 200);
    let mut answers = Vec::new();
    for refused in [
        good.clone(),
        good.clone().with("x-app-key", "os_nobodys"),
        good.clone().with("x-signature", &"0".repeat(64)),
        good.clone().with("x-signature", "short"),
        good.clone().with("x-timestamp", &(START - 300_001).to_string()),
        good.clone().with("x-timestamp", "1707638400"),
        good.clone().with("x-signature-version", "2"),
        good.clone().with("x-signature-version", "9"),
        good.clone().without("x-app-key"),
        good.clone().without("x-timestamp"),
        good.without("x-signature"),
    ] {
        answers.push(fixture.call(&refused).await);
    }
    fixture.clock.advance(Duration::from_millis(300_001));
    answers.push(fixture.call(&old).await);
    for answer in &answers {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.headers, answers[0].headers);
        assert_eq!(answer.text, r#"{"code":401,"message":"签名验证失败","data":null,"requestId":"req_abc123"}"#);
    }
}

#[tokio::test]
async fn an_empty_body_that_old_samples_sign_as_nothing_is_answered_with_a_hint() {
    let fixture = Fixture::new(|_| ()).await;
    let mut hints = Vec::new();
    for sent in ["{}", "null", "[]", " {} \n"] {
        // What the published samples do: they sign nothing and send something.
        let signed = fixture.signed("POST", "/test/read", "");
        let answer = fixture.call(&super::fixture::Sent { body: sent.into(), ..signed }).await;
        assert_eq!((answer.status, &answer.json()["message"]), (401, &json!("签名验证失败")), "{sent}");
        hints.push(answer.json()["hint"].as_str().unwrap().to_owned());
    }
    assert!(hints.iter().all(|hint| hint.contains("Python") && hint.contains("JavaScript")), "{hints:?}");
    // It tells nothing about the key.
    let unknown = fixture.signed("POST", "/test/read", "{}").with("x-app-key", "os_nobodys");
    assert_eq!(fixture.call(&unknown).await.json()["hint"], json!(hints[0]));
    assert_eq!(fixture.call(&fixture.signed("POST", "/test/read", "{}")).await.status, 200);
    let other = fixture.signed("POST", "/test/read", "{\"page\":1}").with("x-signature", &"0".repeat(64));
    assert!(fixture.call(&other).await.json().get("hint").is_none());
}

#[tokio::test]
async fn scheme_2_verifies_a_path_that_the_gateway_has_decoded() {
    let fixture = Fixture::new(|_| ()).await;
    let order = |sent: &str, raw: &str, named: &str, nonce: u32| {
        let request = fixture.signed_v2(sent, raw, named, &format!("nonce-0123456789-{nonce}"));
        let ctx = fixture.ctx.clone();
        async move { tenon_openapi::orders::SERVICE.answer(&ctx, request).await.status().as_u16() }
    };
    let (prefix, missing) = ("/openapi/v1/orders", 404);
    for (n, (sent, decoded)) in [
        ("PO1", "PO1"),
        ("A%2BB", "A+B"),
        ("A%2bB", "A+B"),
        ("A+B", "A+B"),
        ("%E7%BA%A2%20(1)", "红 (1)"),
        ("%E7%BA%A2%20%281%29", "红 (1)"),
        ("A%252BB", "A%2BB"),
        ("50%25", "50%"),
        ("A%3FB", "A?B"),
    ]
    .into_iter()
    .enumerate()
    {
        let n = u32::try_from(n).unwrap();
        let sent = format!("{prefix}/{sent}");
        // As API Gateway hands it over, and as a server that decodes nothing does. The order is not there.
        assert_eq!(order(&sent, &format!("{prefix}/{decoded}"), decoded, n).await, missing, "{sent} decoded");
        assert_eq!(order(&sent, &sent, decoded, 100 + n).await, missing, "{sent} as it is");
    }
    // The signature of one order is none of another, whose name looks like the first one's encoded.
    let other = order(&format!("{prefix}/A%2BB"), &format!("{prefix}/A%2BB"), "A%2BB", 200).await;
    assert_eq!(other, 401);
}

#[tokio::test]
async fn a_repeated_signature_header_is_refused() {
    let fixture = Fixture::new(|_| ()).await;
    let good = fixture.signed("POST", "/test/read", "{}");
    for name in ["x-app-key", "x-timestamp", "x-signature"] {
        let mut request = good.request();
        let value = request.headers()[name].clone();
        request.headers_mut().append(name, value.clone());
        let answer = super::fixture::answer(SERVICE.answer(&fixture.ctx, request).await);
        assert_eq!(answer.status, 401, "{name}");
        // API Gateway hands repeated headers over in one, joined by commas.
        let text = value.to_str().unwrap();
        assert_eq!(fixture.call(&good.clone().with(name, &format!("{text},{text}"))).await.status, 401, "{name}");
    }
    let mut request = good.request();
    request.headers_mut().append("x-signature-version", "1".parse().unwrap());
    request.headers_mut().append("x-signature-version", "1".parse().unwrap());
    assert_eq!(SERVICE.answer(&fixture.ctx, request).await.status(), 401);
}

#[tokio::test]
async fn the_end_of_the_quota_says_when_it_begins_anew() {
    let fixture = Fixture::new(|app| app.daily_quota = 1).await;
    assert_eq!(
        fixture.call(&fixture.signed("POST", "/test/read", "{}")).await.header("ratelimit-remaining"),
        Some("0")
    );
    fixture.clock.advance(Duration::from_secs(60));
    let answer = fixture.call(&fixture.signed("POST", "/test/read", "{}")).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.json()["message"], "超出日调用限制");
    let limit_headers =
        ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|n| answer.header(n));
    assert_eq!(limit_headers, [Some("57540"), Some("1"), Some("0"), Some("57540")]);
}

#[tokio::test]
async fn the_callers_own_mistakes_are_named_and_ours_are_not() {
    let fixture = Fixture::new(|_| ()).await;
    for (path, status, message) in [
        ("/test/wrong", 400, "colors[1]: 必须是文本"),
        ("/test/none", 404, "订单不存在"),
        ("/test/broken", 500, "服务器内部错误"),
        ("/test/unknown", 404, "资源不存在"),
    ] {
        let answer = fixture.call(&fixture.signed("POST", path, "{}")).await;
        assert_eq!(answer.status, status, "{path}");
        let expected = json!({ "code": status, "message": message, "data": null, "requestId": "req_abc123" });
        assert_eq!(answer.json(), expected);
    }
}

#[tokio::test]
async fn a_body_may_have_256_kilobytes() {
    let fixture = Fixture::new(|_| ()).await;
    let body = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert_eq!(fixture.call(&fixture.signed("POST", "/test/read", &body(256 * 1024))).await.status, 200);
    let answer = fixture.call(&fixture.signed("POST", "/test/read", &body(256 * 1024 + 1))).await;
    assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some("请求体超过256KB")));
}

#[tokio::test]
async fn a_read_costs_three_table_requests_with_its_own() {
    let fixture = Fixture::new(|_| ()).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    // The queue of the local run is a table too; what goes there goes to SQS when deployed.
    let mut ctx = fixture.gated(Gate::new(move |operation, moment| {
        if moment == Moment::Before {
            log.lock().unwrap().push(operation.to_owned());
        }
        GateDecision::Go
    }));
    ctx.queue = Arc::clone(&fixture.ctx.queue);
    assert_eq!(call(&ctx, &fixture.signed("POST", "/test/read", "{}")).await.status, 200);
    assert_eq!(*seen.lock().unwrap(), ["GetItem", "UpdateItem", "GetItem"]);
}

#[tokio::test]
async fn each_call_of_a_known_app_is_logged_with_its_reason() {
    let fixture = Fixture::new(|_| ()).await;
    let good = fixture.signed("POST", "/test/write", "{\"q\":1}");
    fixture.call(&good).await;
    fixture.call(&good).await;
    fixture.call(&good.clone().with("x-signature", &"0".repeat(64))).await;
    fixture.call(&fixture.signed("POST", "/test/wrong", "{}")).await;
    fixture.call(&fixture.signed("POST", "/test/broken", "{}")).await;
    // These belong to nobody.
    fixture.call(&good.clone().with("x-app-key", "os_nobodys")).await;
    fixture.call(&good.without("x-signature")).await;
    let logged = fixture.logged().await;
    let mut short: Vec<_> =
        logged.iter().map(|r| (r.http_status, r.result, r.reason.as_deref(), r.error.as_deref())).collect();
    short.sort_by_key(|(status, ..)| *status);
    short[2..4].sort_by_key(|(_, _, reason, _)| *reason);
    assert_eq!(
        short,
        [
            (200, CallResult::Success, None, None),
            (400, CallResult::Failed, Some("request"), Some("colors[1]: 必须是文本")),
            (401, CallResult::Failed, Some("replay"), Some("签名验证失败")),
            (401, CallResult::Failed, Some("signature"), Some("签名验证失败")),
            (500, CallResult::Error, Some("internal"), Some("platform.table")),
        ]
    );
    let done = logged.iter().find(|r| r.http_status == 200).unwrap();
    assert_eq!((done.direction, done.at_ms, done.request_id.as_str()), (Direction::Inbound, START, "req_abc123"));
    assert_eq!(
        (done.method.as_str(), done.path.as_str(), done.client_ip.as_str()),
        ("POST", "/test/write", "203.0.113.9")
    );
    assert_eq!(done.request_body, "{\"q\":1}");
    assert!(done.response_body.contains("\"tenant\":\"t-1\""));
    assert!(!serde_json::to_string(&logged).unwrap().contains("s3cr3t"));
}
