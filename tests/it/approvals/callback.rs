//! The DingTalk callback as an attacker, a retrying vendor and a clumsy proxy see it.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_crypto::envelope::Codec;
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_sandbox::DingTalkOptions;
use tenon_tests::{TestApp, TestAppOptions};

const URL: &str = "http://tenon/callbacks/dingtalk/ding-main";

fn codec() -> Codec {
    let options = DingTalkOptions::default();
    Codec::new(&options.token, &options.aes_key, &options.owner).unwrap()
}

/// A pushed event: query and body.
struct Push {
    timestamp: String,
    nonce: String,
    signature: String,
    body: String,
}

impl Push {
    fn sealed_by(codec: &Codec, app: &TestApp, event: &Value) -> Self {
        Self::at(codec, &app.clock.now_ms().to_string(), event)
    }

    fn at(codec: &Codec, timestamp: &str, event: &Value) -> Self {
        let sealed = codec.seal(&event.to_string(), timestamp, "n0nce", *b"0123456789abcdef");
        Self {
            timestamp: timestamp.to_owned(),
            nonce: "n0nce".to_owned(),
            signature: sealed.signature,
            body: json!({ "encrypt": sealed.encrypt }).to_string(),
        }
    }

    fn url(&self) -> String {
        format!("{URL}?msg_signature={}&timestamp={}&nonce={}", self.signature, self.timestamp, self.nonce)
    }
}

fn finish(instance: &str) -> Value {
    json!({
        "EventType": "bpms_instance_change", "processInstanceId": instance, "processCode": "PROC-PR",
        "type": "finish", "result": "agree", "corpId": DingTalkOptions::default().corp_id,
        "eventId": format!("event-of-{instance}"), "createTime": 1, "finishTime": 2
    })
}

async fn app() -> TestApp {
    TestApp::new(TestAppOptions::default()).await
}

async fn queued(app: &TestApp) -> usize {
    app.local.queue.depth(&APPROVALS_WRITE_BACK).await.unwrap().total()
}

/// The reply must be what DingTalk decrypts to `success`.
fn assert_success(status: u16, body: &[u8]) {
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
    let reply: Value = serde_json::from_slice(body).unwrap();
    let text = |name: &str| reply[name].as_str().unwrap().to_owned();
    let plain = codec().open(&text("msg_signature"), &text("timeStamp"), &text("nonce"), &text("encrypt"));
    assert_eq!(plain.unwrap(), "success");
}

#[tokio::test]
async fn saving_the_url_is_answered_and_leaves_no_trace() {
    let app = app().await;
    let push = Push::sealed_by(&codec(), &app, &json!({ "EventType": "check_url" }));
    let (status, body) = app.post(&push.url(), &push.body).await;
    assert_success(status, &body);
    assert_eq!(queued(&app).await, 0);
}

#[tokio::test]
async fn both_spellings_of_the_query_and_both_widths_of_the_timestamp_are_taken() {
    let app = app().await;
    let seconds = (app.clock.now_ms() / 1000).to_string();
    for (timestamp, signature_name, timestamp_name) in
        [(app.clock.now_ms().to_string(), "signature", "timeStamp"), (seconds, "msg_signature", "timestamp")]
    {
        let push = Push::at(&codec(), &timestamp, &json!({ "EventType": "check_url" }));
        let url = format!("{URL}?{signature_name}={}&{timestamp_name}={timestamp}&nonce=n0nce", push.signature);
        let (status, body) = app.post(&url, &push.body).await;
        assert_success(status, &body);
    }
    let push = Push::sealed_by(&codec(), &app, &json!({ "EventType": "check_url" }));
    let both = format!("{}&signature={}", push.url(), push.signature);
    let (status, body) = app.post(&both, &push.body).await;
    assert_success(status, &body);
}

#[tokio::test]
async fn every_failed_authentication_has_the_same_answer() {
    let app = app().await;
    let event = finish("i-1");
    let good = Push::sealed_by(&codec(), &app, &event);
    let options = DingTalkOptions::default();
    let other_owner = Codec::new(&options.token, &options.aes_key, "dingother").unwrap();
    let other_token = Codec::new("OtherToken", &options.aes_key, &options.owner).unwrap();
    let stale = (app.clock.now_ms() - 301_000).to_string();
    let future = (app.clock.now_ms() + 301_000).to_string();
    let cases: Vec<(&str, String, String)> = vec![
        ("wrong signature", good.url().replace(&good.signature, &"0".repeat(40)), good.body.clone()),
        (
            "other owner",
            Push::sealed_by(&other_owner, &app, &event).url(),
            Push::sealed_by(&other_owner, &app, &event).body,
        ),
        (
            "other token",
            Push::sealed_by(&other_token, &app, &event).url(),
            Push::sealed_by(&other_token, &app, &event).body,
        ),
        ("stale", Push::at(&codec(), &stale, &event).url(), Push::at(&codec(), &stale, &event).body),
        ("from the future", Push::at(&codec(), &future, &event).url(), Push::at(&codec(), &future, &event).body),
        ("no such connection", good.url().replace("ding-main", "ding-other"), good.body.clone()),
        ("a B1 connection", good.url().replace("ding-main", "b1-main"), good.body.clone()),
        ("changed ciphertext", good.url(), good.body.replace("encrypt\":\"", "encrypt\":\"AAAA")),
    ];
    for (what, url, body) in cases {
        let (status, reply) = app.post(&url, &body).await;
        let reply = String::from_utf8_lossy(&reply).into_owned();
        assert_eq!(status, 401, "{what}: {reply}");
        assert!(reply.contains("could not be authenticated"), "{what}: {reply}");
    }
    assert_eq!(queued(&app).await, 0);
}

#[tokio::test]
async fn a_timestamp_moved_into_the_nonce_is_refused_though_the_signature_holds() {
    // The signature sorts and joins its parts, so their borders can be moved.
    let app = app().await;
    let now = app.clock.now_ms().to_string();
    let sealed = codec().seal(&finish("i-1").to_string(), &now, "2630147801", *b"0123456789abcdef");
    let moved = format!("{now}2");
    assert_eq!(codec().sign(&moved, "630147801", &sealed.encrypt), sealed.signature, "the premise of this test");
    let url = format!("{URL}?msg_signature={}&timestamp={moved}&nonce=630147801", sealed.signature);
    let (status, _) = app.post(&url, &json!({ "encrypt": sealed.encrypt }).to_string()).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn what_has_not_the_form_of_a_push_is_named() {
    let app = app().await;
    let good = Push::sealed_by(&codec(), &app, &finish("i-1"));
    let cases = [
        ("repeated parameter", format!("{}&nonce=n0nce", good.url()), good.body.clone()),
        ("spellings that differ", format!("{}&signature=other", good.url()), good.body.clone()),
        ("no signature", format!("{URL}?timestamp=1&nonce=2"), good.body.clone()),
        ("no JSON", good.url(), "encrypt=abc".to_owned()),
        ("no encrypt", good.url(), "{}".to_owned()),
        ("encrypt of another type", good.url(), r#"{"encrypt":{"a":1}}"#.to_owned()),
        ("empty", good.url(), String::new()),
    ];
    for (what, url, body) in cases {
        let (status, reply) = app.post(&url, &body).await;
        assert_eq!(status, 400, "{what}: {}", String::from_utf8_lossy(&reply));
    }
    let (status, _) = app.post(&good.url(), &"x".repeat(1024 * 1024 + 1)).await;
    assert_eq!(status, 413);
    assert_eq!(queued(&app).await, 0);
}

#[tokio::test]
async fn forms_of_no_flow_and_events_that_end_nothing_are_acknowledged_and_change_nothing() {
    let mut app = app().await;
    let mut foreign = finish("i-1");
    foreign["processCode"] = json!("PROC-LEAVE");
    let mut task = finish("i-1");
    task["EventType"] = json!("bpms_task_change");
    task["eventId"] = json!("e-task");
    let mut start = finish("i-1");
    start["type"] = json!("start");
    start["result"] = Value::Null;
    start["eventId"] = json!("e-start");
    let other = json!({ "EventType": "user_add_org", "eventId": "e-user" });
    let mut other_company = finish("i-1");
    other_company["corpId"] = json!("dingother");
    other_company["eventId"] = json!("e-other");
    for event in [foreign, task, start, other, other_company] {
        let push = Push::sealed_by(&codec(), &app, &event);
        let (status, body) = app.post(&push.url(), &push.body).await;
        assert_success(status, &body);
    }
    assert_eq!(queued(&app).await, 0);
    // A form of ours that somebody filled in by hand is of no document.
    let push = Push::sealed_by(&codec(), &app, &finish("by-hand"));
    let (status, body) = app.post(&push.url(), &push.body).await;
    assert_success(status, &body);
    assert_eq!(queued(&app).await, 1);
    app.minute().await;
    assert_eq!(queued(&app).await, 0);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    assert!(app.sandbox.b1().decisions().is_empty());
}

#[tokio::test]
async fn a_callback_is_acknowledged_when_both_vendors_are_down_because_neither_is_called() {
    let app = app().await;
    let before = app.sandbox.snapshot().log.len();
    let push = Push::sealed_by(&codec(), &app, &finish("i-1"));
    let (status, body) = app.post(&push.url(), &push.body).await;
    assert_success(status, &body);
    assert_eq!(app.sandbox.snapshot().log.len(), before);
}

#[tokio::test]
async fn a_repeat_of_an_event_that_is_done_with_is_not_queued_again() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    app.minutes_until(3, "write-back", |s| s.draft(draft)["U_Approver"] == "manager01").await;
    app.minute().await;
    app.sandbox.dingtalk().replay_last_callback(app.clock.now_ms()).unwrap();
    app.deliver_callbacks().await;
    assert_eq!(queued(&app).await, 0, "the repeat was queued");
    // The same end under another event id is queued, and harmless.
    let mut again = finish(&instance);
    again["eventId"] = json!("another-id");
    let push = Push::sealed_by(&codec(), &app, &again);
    let (status, body) = app.post(&push.url(), &push.body).await;
    assert_success(status, &body);
    app.minute().await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
}

#[tokio::test]
async fn callbacks_that_never_reached_us_are_found_in_the_failed_list() {
    let mut app = app().await;
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().set_callback_url(Some("http://tenon/callbacks/dingtalk/ding-gone".to_owned()));
    app.sandbox.dingtalk().approve(app.clock.now_ms(), &instance, "", "同意").unwrap();
    // Three deliveries are refused, then the event waits in DingTalk's list for the next reconciliation.
    app.minutes_until(20, "recovery from the failed list", |s| s.draft(draft)["U_Approver"] == "manager01").await;
    assert_eq!(app.decisions(draft), ["ardApproved"]);
    assert!(app.sandbox.calls("GET /call_back/get_call_back_failed_result") > 0);
}

#[tokio::test]
async fn a_decision_whose_callback_was_never_sent_is_found_by_looking_the_instance_up() {
    let mut app = app().await;
    app.sandbox.dingtalk().set_callback_url(None);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), purchase_request()).unwrap();
    app.minutes_until(3, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    let instance = app.open_instance(draft).unwrap();
    app.sandbox.dingtalk().refuse(app.clock.now_ms(), &instance, "", "不同意").unwrap();
    app.minutes_until(60, "look-up", |s| !s.decisions(draft).is_empty()).await;
    assert_eq!(app.decisions(draft), ["ardNotApproved"]);
    app.clock.advance(Duration::from_secs(1));
}
