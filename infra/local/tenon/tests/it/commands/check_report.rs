//! `tenon check`: what does not work, what is behind, and what to do about it.

use super::{Kept, TestApp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tenon::commands::{apply, check};
use tenon::environment::Environment;
use tenon::output::{ExitKind, Out};
use tenon_engine::TableQueue;
use tenon_engine::local::QUEUE_TABLE;
use tenon_model::config::Config;
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{APPROVALS_SUBMIT, Queue, WEBHOOK_RETRY};
use tenon_platform::table::{Expect, Key, Outcome, Write as TableWrite};
use tenon_platform::{Clock, Entropy, breaker};

#[tokio::test]
async fn a_connection_that_does_not_work_is_told_beside_one_that_does() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    let mut refused = BTreeSet::new();
    for connection in &mut config.connections {
        let id = connection.id().to_string();
        for (key, secret) in connection.secrets_mut() {
            if key == "password" {
                *secret = tenon_model::config::Secret::new("wrong");
                refused.insert(id.clone());
            }
        }
    }
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let (done, checked) = output!(check::check, check::CheckArgs { connection: None }, test_app);
    assert_eq!(done, Err(ExitKind::Partly));
    let connections = checked["connections"].as_array().unwrap();
    assert_eq!(connections.len(), config.connections.len());
    for connection in connections {
        let refused = refused.contains(connection["connection"].as_str().unwrap());
        assert_eq!(connection["ok"], Value::Bool(!refused), "{connection}");
    }
    let b1 = connections.iter().find(|connection| connection["connection"] == "b1-sandbox").unwrap();
    assert!(b1["error"]["code"].as_str().unwrap().starts_with("b1."), "{checked}");
    assert!(!checked.to_string().contains("wrong\""), "{checked}");

    let unknown = check::CheckArgs { connection: Some("nope".to_owned()) };
    let (done, document) = output!(check::check, unknown, test_app);
    assert_eq!((done, &document["error"]["code"]), (Err(ExitKind::NotFound), &Value::from("config.connection")));
}

/// The configuration with a Weaver that nobody answers for.
fn with_weaver_out(config: &Config) -> Config {
    let mut document = serde_json::to_value(config).unwrap();
    for connection in document["connections"].as_array_mut().unwrap() {
        if connection["kind"] == "weaver" {
            connection["base_url"] = "http://127.0.0.1:9".into();
        }
    }
    serde_json::from_value(document).unwrap()
}

/// What is behind, shut and given up, as an outage of two hours leaves it.
async fn two_hours_of_trouble(test_app: &TestApp) {
    let environment = Environment::open(&test_app.place).await.unwrap();
    let (operator, weaver) = (TenantId::operator(), ConnectionId::new("weaver-sandbox"));
    let mut ctx = environment.ctx.clone();
    for _ in 0..5 {
        breaker::failed(&ctx, &operator, &weaver, "connection refused").await;
    }
    let past = Clock::manual(ctx.now_ms() - 7_200_000);
    let local = environment.local.as_ref().unwrap();
    let queue = TableQueue::new(local.queue_client.clone(), QUEUE_TABLE, past.clone(), Entropy::system());
    for name in [WEBHOOK_RETRY, APPROVALS_SUBMIT.dead_letters(), APPROVALS_SUBMIT.dead_letters()] {
        queue.send(&name, "{}".to_owned(), Duration::ZERO).await.unwrap();
    }
    // Promised, and its process died.
    ctx.clock = past;
    let message = Envelope::new("nobody", "m-1", &operator, Value::Null);
    Entry::of(&ctx, &WEBHOOK_RETRY, &message).unwrap().store(&ctx).await.unwrap();
    // Applied long ago, and never polled since.
    let key = Key::new(&operator, "CONFIG", &[], "flow#purchase-request");
    let stored = ctx.table.get::<Value>(&key).await.unwrap().unwrap();
    let mut flow = stored.data;
    flow["since_ms"] = (ctx.now_ms() - 7_200_000).into();
    let write = TableWrite::put(key, &flow, Expect::Version(stored.version)).unwrap();
    assert_eq!(ctx.table.write(write).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_check_says_what_is_behind_or_shut_and_what_to_do_about_it() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&with_weaver_out(&test_app.config())), test_app).0.unwrap();
    let checked = async || output!(check::check, check::CheckArgs { connection: None }, test_app).1;
    let of = |document: &Value, list: &str, name: &str, value: &str| {
        let all = document[list].as_array().unwrap_or_else(|| panic!("{document}"));
        all.iter()
            .find(|one| one[name] == value)
            .unwrap_or_else(|| panic!("{list} without {value}: {document}"))
            .clone()
    };

    let sound = checked().await;
    let queues = sound["queues"].as_array().unwrap();
    assert_eq!(queues.len(), tenon_catalog::QUEUES.len());
    assert!(queues.iter().all(|queue| queue["dead_letters"] == 0 && queue["told"].is_null()), "{sound}");
    assert_eq!((&sound["outbox"]["owed"], &sound["breakers"]), (&0.into(), &serde_json::json!([])));
    assert_eq!(of(&sound, "schedules", "of", "purchase-request")["silent"], false, "just applied");

    two_hours_of_trouble(&test_app).await;
    let found = checked().await;
    let age = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("no age: {found}"));
    let waits = of(&found, "queues", "queue", "webhook-retry");
    assert_eq!((&waits["messages"], &waits["dead_letters"]), (&1.into(), &0.into()));
    assert!(age(&waits["oldest_age_ms"]) >= 7_200_000 && waits["told"][0].as_str().unwrap().contains("remedy"));
    let dead = of(&found, "queues", "queue", "approvals-submit");
    assert_eq!((&dead["messages"], &dead["dead_letters"]), (&0.into(), &2.into()));
    let answer = dead["told"][0].as_str().unwrap();
    assert!(answer.contains("2 dead letters") && answer.contains("retry"), "{answer}");
    assert_eq!(found["outbox"]["owed"], 1);
    assert!(age(&found["outbox"]["oldest_age_ms"]) >= 7_200_000);
    assert_eq!(of(&found, "breakers", "connection", "weaver-sandbox")["state"], "open");
    let silent = of(&found, "schedules", "of", "purchase-request");
    assert_eq!((&silent["schedule"], &silent["silent"]), (&"approvals-poll".into(), &true.into()));
    assert!(silent["remedy"].as_str().unwrap().contains("tenon up"));

    let kept = Kept::default();
    let out = Out::to(false, Box::new(kept.clone()), Box::new(std::io::sink()));
    let args = check::CheckArgs { connection: None };
    assert!(check::check(&args, &test_app.place, &out).await.is_err(), "a connection does not work");
    let words = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    for text in [
        "SILENT  schedules",
        "approvals-submit-dlq: 2 dead letters",
        "webhook-retry: 1 messages, the oldest since 2 h",
        "1 messages are promised and not queued, the oldest for 2 h",
        "OPEN    breakers",
        "connection refused",
        "remedy",
    ] {
        assert!(words.contains(text), "{text}: {words}");
    }
}
