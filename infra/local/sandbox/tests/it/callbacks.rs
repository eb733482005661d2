use crate::support::{Client, START_MS};
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_crypto::envelope::Codec;
use tenon_sandbox::{CallbackDelivery, CallbackOutcome, CorpKey, DingTalkOptions, NewInstance, SandboxOptions};

fn subscribed() -> DingTalkOptions {
    DingTalkOptions {
        callback_url: Some("http://tenon.test/callbacks/dingtalk/ding-main".into()),
        ..DingTalkOptions::default()
    }
}

fn codec() -> Codec {
    let options = DingTalkOptions::default();
    Codec::new(&options.token, &options.aes_key, &options.owner).unwrap()
}

/// Opens a delivery as the receiver does.
fn open(delivery: &CallbackDelivery) -> Value {
    let (_, query) = delivery.url.split_once('?').unwrap();
    let query: BTreeMap<&str, &str> = query.split('&').map(|p| p.split_once('=').unwrap()).collect();
    assert_eq!(query["signature"], query["msg_signature"]);
    let body: Value = serde_json::from_str(&delivery.body).unwrap();
    let event =
        codec().open(query["msg_signature"], query["timestamp"], query["nonce"], body["encrypt"].as_str().unwrap());
    serde_json::from_str(&event.unwrap()).unwrap()
}

fn reply(word: &str) -> CallbackOutcome {
    let sealed = codec().seal(word, "1748340000000", "nonce", [7; 16]);
    let body = json!({"msg_signature": sealed.signature, "timeStamp": "1748340000000", "nonce": "nonce", "encrypt": sealed.encrypt});
    CallbackOutcome::Answered { status: 200, body: Bytes::from(body.to_string()) }
}

/// Delivers all that is due, successfully, and returns the events.
fn drain(client: &Client, at: i64) -> Vec<Value> {
    let due = client.sandbox.due_callbacks(at);
    due.iter().for_each(|d| assert!(client.sandbox.callback_result(at, d.id, reply("success"))));
    due.iter().map(open).collect()
}

fn names(events: &[Value]) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    events
        .iter()
        .map(|e| format!("{} {} {}", text(&e["EventType"]).replace("bpms_", ""), text(&e["type"]), text(&e["result"])))
        .collect()
}

#[test]
fn an_approved_instance_tells_its_whole_story() {
    let client = Client::with(subscribed());
    let id =
        client.sandbox.dingtalk().create_instance(START_MS, NewInstance::new("PROC-1").field("品名", "螺丝")).unwrap();
    let started = drain(&client, START_MS);
    assert_eq!(names(&started), ["instance_change start -", "task_change start -"]);
    assert_eq!(
        (&started[0]["processInstanceId"], &started[0]["CorpId"], &started[0]["staffId"]),
        (&json!(id), &json!("dingsandboxcorp"), &json!("zhangsan"))
    );
    assert_eq!((&started[0]["title"], started[0].get("finishTime")), (&json!("张三提交的PROC-1"), None));
    assert_ne!(started[0]["eventId"], started[1]["eventId"]);
    client.sandbox.dingtalk().approve(START_MS + 5, &id, "manager01", "同意").unwrap();
    let ended = drain(&client, START_MS + 5);
    assert_eq!(names(&ended), ["task_change finish agree", "instance_change finish agree"]);
    assert_eq!(
        (&ended[0]["remark"], &ended[0]["staffId"], &ended[1]["finishTime"]),
        (&json!("同意"), &json!("manager01"), &json!(START_MS + 5))
    );
    assert_eq!(client.sandbox.next_callback_at(), None);
}

#[test]
fn other_endings_and_a_transfer() {
    let client = Client::with(subscribed());
    let new = || client.sandbox.dingtalk().create_instance(START_MS, NewInstance::new("P")).unwrap();
    let ids = [new(), new(), new(), new()];
    drain(&client, START_MS);
    client.sandbox.dingtalk().refuse(START_MS, &ids[0], "", "不行").unwrap();
    assert_eq!(names(&drain(&client, START_MS)), ["task_change finish refuse", "instance_change finish refuse"]);
    client.sandbox.dingtalk().terminate(START_MS, &ids[1]).unwrap();
    assert_eq!(names(&drain(&client, START_MS)), ["task_change cancel -", "instance_change terminate -"]);
    client.sandbox.dingtalk().delete(START_MS, &ids[2]).unwrap();
    assert_eq!(names(&drain(&client, START_MS)), ["task_change cancel -", "instance_change delete -"]);
    client.sandbox.dingtalk().redirect(START_MS, &ids[3], "manager01", "lisi").unwrap();
    assert_eq!(names(&drain(&client, START_MS)), ["task_change finish redirect", "task_change start -"]);
    client.sandbox.dingtalk().approve(START_MS, &ids[3], "lisi", "").unwrap();
}

#[test]
fn the_older_body_has_the_older_names() {
    let client = Client::with(DingTalkOptions { corp_key: CorpKey::Older, event_ids: false, ..subscribed() });
    client.sandbox.dingtalk().create_instance(START_MS, NewInstance::new("P")).unwrap();
    let event = drain(&client, START_MS).remove(0);
    assert_eq!(event["corpId"], "dingsandboxcorp");
    assert!(["CorpId", "eventId", "BizId", "EventTime"].iter().all(|n| event.get(n).is_none()), "{event}");
}

#[test]
fn three_deliveries_in_forty_seconds_then_the_failed_list() {
    let client = Client::ready(subscribed());
    client.sandbox.dingtalk().check_url(START_MS).unwrap();
    let mut at = START_MS;
    for wait in [0, 10_000, 30_000] {
        at += wait;
        if wait > 0 {
            assert_eq!(client.sandbox.next_callback_at(), Some(at));
            assert!(client.sandbox.due_callbacks(at - 1).is_empty());
        }
        let due = client.sandbox.due_callbacks(at);
        assert_eq!(due.len(), 1);
        assert!(!client.sandbox.callback_result(at, due[0].id, CallbackOutcome::NoAnswer));
    }
    assert_eq!(client.sandbox.next_callback_at(), None);
    let token = client.token.borrow().clone();
    let failed = |now: i64| {
        client.now.set(now);
        client.get(&format!("/call_back/get_call_back_failed_result?access_token={token}")).json()
    };
    assert_eq!(failed(at + 179_999)["failed_list"], json!([]));
    let list = failed(at + 180_000);
    assert_eq!((&list["has_more"], &list["failed_list"][0]["call_back_tag"]), (&json!(false), &json!("check_url")));
    assert_eq!(list["failed_list"][0]["check_url"]["corpid"], "dingsandboxcorp");
    assert_eq!(failed(at + 180_000)["failed_list"], json!([]), "a read removes what it returned");
    let record = client.sandbox.snapshot().dingtalk.callbacks.remove(0);
    assert_eq!((record.state.as_str(), record.attempts.len()), ("collected", 3));
}

#[test]
fn the_failed_list_gives_two_hundred_at_a_time() {
    let client = Client::ready(subscribed());
    (0..201).for_each(|_| {
        client.sandbox.dingtalk().check_url(START_MS).unwrap();
    });
    let mut at = START_MS;
    for wait in [0, 10_000, 30_000] {
        at += wait;
        for due in client.sandbox.due_callbacks(at) {
            client.sandbox.callback_result(at, due.id, CallbackOutcome::NoAnswer);
        }
    }
    client.now.set(at + 180_000);
    let uri = format!("/call_back/get_call_back_failed_result?access_token={}", client.token.borrow());
    let (first, second) = (client.get(&uri).json(), client.get(&uri).json());
    assert_eq!((first["failed_list"].as_array().unwrap().len(), &first["has_more"]), (200, &json!(true)));
    assert_eq!((second["failed_list"].as_array().unwrap().len(), &second["has_more"]), (1, &json!(false)));
}

#[test]
fn only_a_sealed_success_counts() {
    let client = Client::with(subscribed());
    let answered =
        |status, body: &str| CallbackOutcome::Answered { status, body: Bytes::copy_from_slice(body.as_bytes()) };
    let CallbackOutcome::Answered { body: good, .. } = reply("success") else { unreachable!() };
    let good = String::from_utf8(good.to_vec()).unwrap();
    for (outcome, why) in [
        (answered(500, &good), "status 500"),
        (answered(302, &good), "status 302"),
        (answered(200, "success"), "reply is not JSON"),
        (answered(200, &Value::String(good.clone()).to_string()), "reply has no text field msg_signature"),
        (answered(200, &good.replace("timeStamp", "timestamp")), "reply has no text field timeStamp"),
        (answered(200, &good.replace("\"nonce\":\"nonce\"", "\"nonce\":\"other\"")), "reply: signature_mismatch"),
        (reply("error"), "reply does not decrypt to success"),
    ] {
        let id = client.sandbox.dingtalk().check_url(START_MS).unwrap();
        let due = client.sandbox.due_callbacks(START_MS);
        assert!(!client.sandbox.callback_result(START_MS, due.last().unwrap().id, outcome));
        let record = client.sandbox.snapshot().dingtalk.callbacks.into_iter().find(|c| c.id == id).unwrap();
        assert_eq!((record.state.as_str(), record.attempts[0].result.as_str()), ("pending", why));
    }
}

#[test]
fn a_result_that_never_comes_is_no_answer() {
    let client = Client::with(subscribed());
    client.sandbox.dingtalk().check_url(START_MS).unwrap();
    let due = client.sandbox.due_callbacks(START_MS);
    assert!(client.sandbox.due_callbacks(START_MS + 1500).is_empty());
    assert!(client.sandbox.due_callbacks(START_MS + 1501).is_empty());
    assert_eq!(client.sandbox.next_callback_at(), Some(START_MS + 11_500));
    assert!(!client.sandbox.callback_result(START_MS + 1502, due[0].id, reply("success")), "too late");
    assert_eq!(client.sandbox.due_callbacks(START_MS + 11_500).len(), 1);
}

#[test]
fn a_replay_carries_the_same_event_in_a_new_envelope() {
    let client = Client::with(subscribed());
    client.sandbox.dingtalk().create_instance(START_MS, NewInstance::new("P")).unwrap();
    let first = drain(&client, START_MS);
    client.sandbox.dingtalk().replay_last_callback(START_MS + 1).unwrap();
    assert_eq!(drain(&client, START_MS + 1), [first[1].clone()]);
}

#[test]
fn without_an_address_events_are_only_recorded() {
    let client = Client::with(SandboxOptions::default());
    client.sandbox.dingtalk().create_instance(START_MS, NewInstance::new("P")).unwrap();
    assert!(client.sandbox.due_callbacks(START_MS).is_empty());
    assert_eq!(client.sandbox.snapshot().dingtalk.callbacks[0].state, "unsubscribed");
    client.sandbox.dingtalk().set_callback_url(Some("http://tenon.test/".into()));
    assert!(client.sandbox.due_callbacks(START_MS).is_empty(), "earlier events are not pushed afterwards");
}
