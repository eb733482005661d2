//! The callback itself: what it answers, whom it lets in, and what it keeps.

use super::test_app::{
    ORDER, SECRET, URL, app, app_with, config, event_of, fed, issues_of, post, push, sealed, work_order,
};
use serde_json::{Value, json};
use tenon_crypto::blacklake::{Cipher, KeyForm, Secret};
use tenon_flows::issues::seen;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::kept::{self, Kind};
use tenon_platform::queue::PRODUCTION_ISSUES;
use tenon_sandbox::NewFeeding;
use tenon_tests::TestApp;

async fn queued(app: &TestApp) -> usize {
    app.local.queue.peek(&PRODUCTION_ISSUES, 100).await.unwrap().len()
}

async fn seen_of(app: &TestApp) -> seen::Seen {
    seen::get(&app.ctx, &TenantId::operator(), &ConnectionId::new("mes-main")).await.unwrap()
}

/// The two bodies of the contract's scenario, as they were sealed elsewhere.
const CHECK: &str = r#"{"encrypt":"9mUTNoHPc7ImPLqj+ZXEuB5T8JO6oYTxsznNk0AVvMxpBSdNGlWQq3eQBU0f+B5HSc/FHTbMQo4vyi47A6qZ8g4wvWd+5QHN7TaharVic+ek5DGE14ORpd9jv4FFirGuvV63yOxsAUoYP/1zlu2W+g=="}"#;
const FEEDING: &str = r#"{"encrypt":"9mUTNoHPc7ImPLqj+ZXEuDgE/CnBdAaIOkI49qfGReKUDv+FKGaUkbT+xd0ZeWJ56N3ri+goAWtqofOUZHJ9JH6v7O/5MdDjw39pjV7zIq+bM0V0gf0OHO8YaGLvSAxkvfXyFvEVnAfnGoEbuaWBIa4UeKvgjqZjznK9B658djSVpQuW5keYL6gPAqY1+L8eUOKels+ta3aDgzLUCrxT3LovBo3G8KWZMpQPnJL0Y5uXE0KfnZk21C6ofv37xj5Z1wyxpFkQx5KxsfvuYdzYW1r0qdootZYqLSCDR7d2fzFKGytRVFfUZVRr7QFaUOAMLqBjd+bueVCHFmedpAEv7Xo7hrxbmxxavlOJR2Lw9Z1eJVjsw9iIpNS1ZkuU8DQME8y3+EKu1dxcr3wYLwev30TbQfrMqJdfCzRwCHkq7AMkJ7RAi7PhTsafhC/G72GEoCQLlSJNN5cjgJ4iNQoti/l6xWdSj8Hjkh7A7Y33zE+lcWTjJMdBJx8bdFxLO1p9O2kcQ+wnnjpX0JK4gkYdhmTohYxmswfpswB7A/18WEh5TlGtvqiZKwBkbBfNR67HM3lJVwSSnUMOZ4B9LhDrEG7FInz8VVCos3VlsRX1O75k7ZKba3s/cN07IEL3cDD4ibVbOUhLJlT8OnFeUe8kDiendNC98UvnFCRzg5ZoiNA="}"#;

// R-M44: E1.5
#[tokio::test]
async fn a_check_is_answered_at_once_and_queues_nothing() {
    let app = app().await;
    let (status, answer) = post(&app, CHECK).await;
    assert_eq!((status, &answer[..]), (200, &br#"{"data":"c0ffee-4711","msg":"success"}"#[..]));
    assert_eq!(queued(&app).await, 0);
    assert!(seen_of(&app).await.warning().unwrap().contains("opened with cipher = \"aes-256-ecb\""));
}

fn bare(c: &mut Value) {
    config(c);
    c["connections"].as_array_mut().unwrap().last_mut().unwrap()["check_reply"] = json!("\"{{data}}\"");
}

// R-M44
#[tokio::test]
async fn the_answer_to_a_check_is_a_template() {
    let app = app_with(0, bare).await;
    assert_eq!(&post(&app, CHECK).await.1[..], b"\"c0ffee-4711\"");
}

// R-M43: E1.6, a byte of the last block changed
#[tokio::test]
async fn whatever_is_wrong_has_one_answer_and_queues_nothing() {
    let app = app().await;
    let mut changed = FEEDING.to_owned();
    let at = changed.len() - 8;
    let other = if &changed[at..=at] == "A" { "B" } else { "A" };
    changed.replace_range(at..=at, other);
    let foreign =
        json!({ "encrypt": Secret::new("another").seal("{\"header\":{\"eventType\":\"check\"}}") }).to_string();
    let plain = r#"{"header":{"requestId":"r","eventType":"check"},"data":"x"}"#;
    let no_event = json!({ "encrypt": Secret::new(SECRET).seal("[1]") }).to_string();
    let no_json = json!({ "encrypt": Secret::new(SECRET).seal("hello") }).to_string();
    let deep = "[".repeat(100_000);
    let mut answers = Vec::new();
    for body in [
        changed.as_str(),
        &foreign,
        plain,
        "",
        "{}",
        "null",
        "{\"encrypt\":5}",
        "{\"encrypt\":\"\"}",
        &no_event,
        &no_json,
        &deep,
    ] {
        let (status, answer) = post(&app, body).await;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        answer.as_object_mut().unwrap().remove("requestId");
        answers.push((status, answer, body.chars().take(40).collect::<String>()));
    }
    for url in ["http://tenon/callbacks/blacklake/nobody", "http://tenon/callbacks/blacklake/b1-main"] {
        let (status, answer) = app.post(url, CHECK).await;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        answer.as_object_mut().unwrap().remove("requestId");
        answers.push((status, answer, url.to_owned()));
    }
    for (status, answer, body) in &answers {
        assert_eq!((*status, answer), (401, &answers[0].1), "{body}");
    }
    assert_eq!(queued(&app).await, 0);
    let too_long = format!("{{\"encrypt\":\"{}\"}}", "A".repeat(1024 * 1024));
    assert_eq!(post(&app, &too_long).await.0, 413);
}

fn plain(c: &mut Value) {
    config(c);
    c["connections"].as_array_mut().unwrap().last_mut().unwrap()["cipher"] = json!("none");
}

fn chained(c: &mut Value) {
    config(c);
    let mes = c["connections"].as_array_mut().unwrap().last_mut().unwrap();
    mes["cipher"] = json!("aes-256-cbc-iv-prefix");
    mes["callback_key"] = json!("raw-utf8");
    mes["callback_secret"] = json!("0123456789abcdef0123456789abcdef");
}

// R-M43
#[tokio::test]
async fn nothing_opens_by_another_setting_than_the_connections() {
    let check = r#"{"header":{"requestId":"r","eventType":"check"},"data":"x"}"#;
    let app = app_with(1, plain).await;
    assert_eq!(post(&app, check).await.0, 200);
    assert_eq!(post(&app, CHECK).await.0, 401);
    let app = app_with(2, chained).await;
    let own = "0123456789abcdef0123456789abcdef";
    let body = |cipher, form| {
        let secret = Secret::with(own, cipher, form).unwrap();
        json!({ "encrypt": secret.seal_with(check, [9; 16]) }).to_string()
    };
    assert_eq!(post(&app, &body(Cipher::CbcIvPrefix, KeyForm::RawUtf8)).await.0, 200);
    assert_eq!(post(&app, &body(Cipher::Ecb, KeyForm::RawUtf8)).await.0, 401);
    assert_eq!(post(&app, check).await.0, 401);
}

// What a person who set the wrong cipher is told.
#[tokio::test]
async fn a_check_of_the_connection_tells_which_setting_opens_the_last_event() {
    let app = app_with(3, chained).await;
    let own = "0123456789abcdef0123456789abcdef";
    let event = r#"{"header":{"requestId":"r","eventType":"check"},"data":"x"}"#;
    let body = json!({ "encrypt": Secret::new(own).seal(event) }).to_string();
    assert_eq!(post(&app, &body).await.0, 401);
    let message = seen_of(&app).await.warning().unwrap();
    assert!(message.contains("cipher = \"aes-256-ecb\", callback_key = \"sha256\""), "{message}");
}

// R-M43, R-M5, R-M49: E1.6 with the ids of the contract
#[tokio::test]
async fn the_contracts_own_event_is_taken_in_with_its_ids() {
    let app = app().await;
    let (status, answer) = post(&app, FEEDING).await;
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer, json!({ "code": 200, "msg": "success", "message": "success" }));
    let messages = app.local.queue.peek(&PRODUCTION_ISSUES, 10).await.unwrap();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].body.contains("1717171717171001") && messages[0].body.contains("1700000000000478"));
}

fn event(kind: &str, data: Value) -> Value {
    json!({ "header": { "requestId": "r", "eventType": kind }, "data": data })
}

// R-M45
#[tokio::test]
async fn what_means_nothing_here_is_acknowledged_and_dropped_and_a_feeding_nobody_understands_is_kept() {
    let app = app().await;
    for kind in [
        "mfg.result_notify.progress_report",
        "inventory.result_notify.posting",
        "quality.result_notify.qc_task",
        "mfg.result_notify.something_new",
        "投料",
    ] {
        assert_eq!(push(&app, &event(kind, json!({ "recordList": [] }))).await["code"], 200);
    }
    let tenant = TenantId::operator();
    assert!(kept::of_kind(&app.ctx, &tenant, Kind::Entry).await.unwrap().is_empty());
    // A person who has set a wrong name sees which one comes.
    let message = seen_of(&app).await.warning().unwrap();
    assert!(message.contains("mfg.result_notify.something_new are dropped"), "{message}");
    for _ in 0..3 {
        push(&app, &event("mfg.result_notify.feeding", json!({ "recordList": [{}] }))).await;
    }
    let kept = kept::of_kind(&app.ctx, &tenant, Kind::Entry).await.unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(queued(&app).await, 0);
}

// R-M46
#[tokio::test]
async fn what_cannot_be_remembered_is_not_acknowledged_and_comes_again() {
    let mut app = app().await;
    let id = fed(&app, NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of("478", "RM-2001", "3") });
    app.crash_injector.kill();
    let (status, _) = post(&app, &sealed(&event_of("r", &[(id, work_order(&app, "478"))]))).await;
    assert_eq!(status, 503);
    app.restart(None);
    app.minutes_until(5, "it is issued", |app| issues_of(app, id).len() == 1).await;
    assert_eq!(app.sandbox.b1().postings_of(ORDER).len(), 1);
}

fn fenced(c: &mut Value) {
    config(c);
    c["connections"].as_array_mut().unwrap().last_mut().unwrap()["allow_ips"] = json!(["203.0.113.0/24"]);
}

// R-M43
#[tokio::test]
async fn an_event_from_elsewhere_than_allowed_is_refused_like_any_other() {
    let app = app_with(4, fenced).await;
    assert_eq!(post(&app, CHECK).await.0, 401);
    assert_eq!(app.post(URL, CHECK).await.0, 401);
}
