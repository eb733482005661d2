//! Who is let in, how often, and what is kept of it.

use super::fixture::{APP, Call, ENTERPRISE, Fixture, SECRET};
use serde_json::json;
use std::time::Duration;

const PATH: &str = "/aflow/api/sys/sync/department";

fn department(id: &str) -> String {
    json!({ "departments": [{ "deptId": id, "deptName": "技术部" }] }).to_string()
}

#[tokio::test]
async fn both_headers_are_read_and_that_of_the_configuration_and_two_that_differ_are_none() {
    let fixture = Fixture::new().await;
    for header in ["a-signature", "X-A-Signature"] {
        let answer = fixture.send(&Call::new("POST", PATH, &department("D1")).in_header(header)).await;
        assert_eq!(answer.data()["successCount"], 1, "{header}");
    }
    let slow = || Call::new("POST", PATH, &department("D1")).of(ENTERPRISE, "APP-SLOW").signed_with(SECRET);
    assert_eq!(fixture.send(&slow().in_header("x-erp-sign")).await.status, 200);
    let unknown = fixture.send(&Call::new("POST", PATH, &department("D1")).in_header("x-other-sign")).await;
    assert_eq!(unknown.status, 403);
}

#[tokio::test]
async fn a_signature_counts_five_minutes_either_way_and_for_exactly_this_body() {
    let fixture = Fixture::new().await;
    let call = |body: &str| Call::new("POST", PATH, body);
    let minutes = 5 * 60_000;
    for (offset, status) in [(-minutes, 200), (minutes, 200), (-minutes - 1, 403), (minutes + 1, 403)] {
        let answer = fixture.send(&call(&department("D1")).signed_at(fixture.now_ms() + offset)).await;
        assert_eq!(answer.status, status, "{offset}");
    }
    for call in [
        call("{}").of("NOBODY", APP),
        call("{}").of(ENTERPRISE, "NOBODY"),
        call("{}").signed_with("your_app_secret "),
        call("{}").unsigned(),
    ] {
        let refused = fixture.send(&call).await;
        assert_eq!((refused.status, refused.text.as_str()), (403, r#"{"status":-4002,"msg":"签名验证失败"}"#));
    }
}

#[tokio::test]
async fn the_same_signature_once_more_gets_the_first_answer_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let call = Call::new("POST", PATH, &department("D1")).signed_at(fixture.now_ms());
    let first = fixture.send(&call).await;
    assert_eq!(first.data()["successCount"], 1);
    // Meanwhile the department changes; the former call does not take it back.
    fixture
        .post("sys/sync/department", &json!({ "departments": [{ "deptId": "D1", "deptName": "研发部" }] }))
        .await
        .data();
    fixture.clock.advance(Duration::from_secs(60));
    let again = fixture.send(&call).await;
    assert_eq!((again.text.as_str(), again.header("idempotency-replayed")), (first.text.as_str(), Some("true")));
    let stored = fixture.directory().department("D1").await.unwrap().unwrap().data;
    assert_eq!(stored.name, "研发部");
}

#[tokio::test]
async fn a_minute_has_so_many_calls_and_more_are_told_when_to_come_again() {
    let fixture = Fixture::new().await;
    let call = |n: i32| Call::new("POST", PATH, &department(&format!("D{n}"))).of(ENTERPRISE, "APP-SLOW");
    for n in 0..3 {
        assert_eq!(fixture.send(&call(n)).await.status, 200);
    }
    let refused = fixture.send(&call(3)).await;
    let body = refused.json();
    assert_eq!(
        (refused.status, &body["status"], &body["data"]["errorCode"]),
        (429, &json!(-1024), &json!("TOO_MANY_REQUESTS"))
    );
    let after = refused.header("retry-after").unwrap().parse::<u64>().unwrap();
    assert_eq!(body["data"]["retryAfter"], json!(after));
    assert!((1..=60).contains(&after));
    // Others are not held up, and neither is this one when its minute is over.
    assert_eq!(fixture.send(&Call::new("POST", PATH, &department("D9"))).await.status, 200);
    fixture.clock.advance(Duration::from_secs(after));
    assert_eq!(fixture.send(&call(4)).await.status, 200);
}

#[tokio::test]
async fn the_log_has_every_call_of_an_app_that_has_proven_itself_and_no_body() {
    let fixture = Fixture::new().await;
    fixture
        .post("sys/sync/department", &json!({ "departments": [{ "deptId": "D1", "deptName": "SECRETNAME" }] }))
        .await;
    fixture.clock.advance(Duration::from_secs(1));
    fixture.post("sys/sync/department", &json!({ "departments": [{}] })).await.wrong();
    fixture.clock.advance(Duration::from_secs(1));
    fixture.post("flow/create", &json!({})).await;
    fixture.send(&Call::new("POST", PATH, "{}").signed_with("wrong")).await;
    let calls = fixture.calls(APP).await;
    let seen: Vec<_> = calls.iter().map(|call| (call.path.as_str(), call.http_status, call.status)).collect();
    assert_eq!(seen, [("/aflow/api/flow/create", 400, -4002), (PATH, 400, -4002), (PATH, 200, 0)]);
    assert!(calls[1].message.as_ref().unwrap().contains("departments[0].deptId"));
    assert!(!serde_json::to_string(&calls).unwrap().contains("SECRETNAME"));
    assert_eq!(calls[2].client_ip, "192.0.2.7");
}

#[tokio::test]
async fn what_is_no_request_of_the_interface_is_refused_whole_in_chinese() {
    let fixture = Fixture::new().await;
    for (body, message) in [
        ("", "请求体为空"),
        ("[]", "应为JSON对象"),
        ("\"x\"", "应为JSON对象"),
        ("{\"departments\": [", "不是有效的JSON"),
        ("{\"departments\": {}}", "应为数组"),
        ("{}", "不能为空"),
        ("{\"departments\": null}", "不能为空"),
        ("{\"departments\": [5]}", "应为对象"),
    ] {
        for path in ["sys/sync/department"] {
            let answer = fixture.send(&Call::new("POST", &format!("/aflow/api/{path}"), body)).await;
            let wrong = answer.wrong();
            assert!(wrong[0].1.starts_with(message), "{body}: {wrong:?}");
            assert_eq!(answer.json()["data"]["errorCode"], "INVALID_PARAMETER");
        }
    }
    let long = format!("{{\"departments\": \"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let answer = fixture.send(&Call::new("POST", PATH, &long)).await;
    assert_eq!((answer.status, answer.json()["data"]["errorCode"].clone()), (400, json!("BODY_TOO_LONG")));
    assert!(answer.json()["msg"].as_str().unwrap().contains("5120KB"), "{}", answer.text);
    assert!(answer.wrong()[0].1.contains("5120KB"));
}

#[tokio::test]
async fn what_the_process_engine_is_not_given_is_named() {
    let fixture = Fixture::new().await;
    for (method, path) in [
        ("POST", "flow/create"),
        ("PUT", "flow/update"),
        ("POST", "flow/publish"),
        ("POST", "form/sync"),
        ("POST", "order/approval/log"),
    ] {
        let answer = fixture.send(&Call::new(method, &format!("/aflow/api/{path}"), "{}")).await;
        assert!(!answer.wrong().is_empty(), "{path}: {}", answer.text);
        let body = answer.json();
        assert_eq!((answer.status, &body["status"]), (400, &json!(-4002)), "{path}");
    }
}
