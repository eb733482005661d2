//! What a call could not do in its time goes on over the queue, and whoever pushes again gets the result.

use super::test_app::{actions, app, fault, item, push, row, runs};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::run::RunStatus;
use tenon_platform::queue::MASTER_DATA_PLM;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

fn items(many: usize) -> Value {
    (0..many).map(|n| json!({"ItemCode": format!("I{n:03}"), "ItemName": format!("物 {n}")})).collect()
}

/// Each write takes so long.
fn slow(app: &TestApp, each: Duration) {
    for method in ["POST", "PATCH"] {
        app.sandbox.inject(Fault::new(FaultKind::Latency(each)).vendor(Vendor::B1).on(method, "Items").always());
    }
}

// R-P18
#[tokio::test]
async fn a_push_is_answered_within_its_time_and_says_what_was_not_attempted() {
    let mut app = app().await;
    slow(&app, Duration::from_secs(2));
    let begun = app.clock.now_ms();
    let answer = push(&app, "items", &items(40)).await;
    let took = app.clock.now_ms() - begun;
    assert!(took <= 25_000, "{took} ms");
    assert_eq!(answer["code"], 503);
    let of = |action: &str| answer["data"].as_array().unwrap().iter().filter(|e| e["action"] == action).count();
    assert!(of("created") >= 5 && of("failed") >= 5 && of("created") + of("failed") == 40, "{:?}", actions(&answer));
    let left = answer["data"].as_array().unwrap().iter().find(|e| e["action"] == "failed").unwrap();
    assert_eq!(left["error"]["code"], "plm.not-attempted");
    assert!(left["error"]["message"].as_str().unwrap().starts_with("not attempted"), "{left}");
    let retrying = runs(&app, "plm-items").await.into_iter().filter(|run| run.status == RunStatus::Retrying).count();
    assert!(retrying >= 5);
    app.sandbox.clear_faults();
    app.minutes_until(5, "the rest", |app| app.sandbox.b1().count("Items") == 40).await;
    app.minute().await;
    assert!(runs(&app, "plm-items").await.iter().all(|run| run.status == RunStatus::Succeeded));
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
    // The repeat gets the result.
    let again = push(&app, "items", &items(40)).await;
    assert_eq!(again["code"], 200);
    assert_eq!(app.sandbox.b1().count("Items"), 40);
}

// R-P17: what waits in the queue is the latest.
#[tokio::test]
async fn what_was_pushed_last_counts_also_when_it_waits_in_the_queue() {
    let mut app = app().await;
    item(&app.sandbox, &app, "A", "old");
    let until_ms = app.clock.now_ms() + 60_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    for name in ["first", "second", "third"] {
        let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": name})).await;
        assert_eq!(answer["code"], 503, "{answer}");
    }
    app.minutes_until(20, "the change", |app| row(app, "Items", "ItemCode", "A")["ItemName"] == "third").await;
    for _ in 0..3 {
        app.minute().await;
    }
    assert_eq!(row(&app, "Items", "ItemCode", "A")["ItemName"], "third");
    assert_eq!(app.local.queue.next_visible_at(&MASTER_DATA_PLM).await.unwrap(), None);
}

// R-P16: a refusal that comes when nobody waits any more is told in the run.
#[tokio::test]
async fn what_b1_refuses_in_the_queue_is_told_by_its_run() {
    let mut app = app().await;
    let until_ms = app.clock.now_ms() + 60_000;
    app.sandbox.inject(Fault::new(FaultKind::Outage { until_ms }).vendor(Vendor::B1).always());
    let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a", "ItemsGroupCode": 999})).await;
    assert_eq!(answer["code"], 503);
    for _ in 0..10 {
        app.minute().await;
    }
    let run = runs(&app, "plm-items").await.into_iter().find(|run| run.document.is_some()).unwrap();
    assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("b1.refused")), "{}", run.message);
    assert_eq!(app.sandbox.b1().count("Items"), 0);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

// R-P16
#[tokio::test]
async fn a_short_trouble_is_over_before_the_answer() {
    let app = app().await;
    fault(&app, "POST", "Items", FaultKind::RateLimited);
    fault(&app, "GET", "Items", FaultKind::Html(503));
    let answer = push(&app, "items", &json!({"ItemCode": "A", "ItemName": "a"})).await;
    assert!(answer["code"] == 200 || answer["code"] == 503, "{answer}");
    let answer = push(&app, "items", &json!({"ItemCode": "B", "ItemName": "b"})).await;
    assert_eq!(answer["code"], 200, "{answer}");
}
