//! `Idempotency-Key` on signed calls: orders without a number of the customer's own.

use crate::trade::Fixture;
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_engine::{Gate, GateDecision, Moment};

const CREATE: &str = "/openapi/v1/orders/create";
const PULL: &str = "/openapi/v1/pull/pattern-order";
const KEY: &str = "os_t-1_ORDER_SYNC";
const ORDER: &str = r#"{"styleNo":"FZ2024001","quantity":500}"#;
/// Longer than the function runs, and the clocks' skew.
const DEAD: Duration = Duration::from_secs(40);

async fn orders(fixture: &Fixture) -> Value {
    fixture.pass(Duration::from_millis(1));
    fixture.ok(KEY, "POST", "/openapi/v1/orders/list", "{}").await["total"].clone()
}

#[tokio::test]
async fn an_order_that_is_repeated_under_its_key_is_one_order() {
    let fixture = Fixture::new().await;
    for path in [CREATE, PULL] {
        let order = if path == PULL { r#"{"action":"import_order","styleNo":"S","quantity":1}"# } else { ORDER };
        let before = orders(&fixture).await.as_i64().unwrap();
        let first = fixture.keyed(KEY, path, "k-1", order).await;
        assert_eq!((first.status, first.replayed), (200, false), "{}", first.body);
        // Signed anew, as a client's own repetition is.
        fixture.pass(Duration::from_secs(400));
        let again = fixture.keyed(KEY, path, "k-1", order).await;
        assert_eq!((again.status, again.replayed, &again.body), (200, true, &first.body));
        fixture.pass(Duration::from_secs(1));
        let other = fixture.keyed(KEY, path, "k-1", &order.replace("500", "501").replace("1}", "2}")).await;
        assert_eq!(other.status, 422, "{}", other.body);
        assert_eq!(serde_json::from_str::<Value>(&other.body).unwrap()["code"], 422);
        assert_eq!(orders(&fixture).await, before + 1);
    }
    // Another tenant's key of the same name is its own.
    let theirs = fixture.keyed("os_t-2_ORDER_SYNC", CREATE, "k-1", ORDER).await;
    assert_eq!((theirs.status, theirs.replayed), (200, false));
}

#[tokio::test]
async fn orders_that_come_at_once_under_one_key_are_one_order() {
    let fixture = Fixture::new().await;
    let calls = (0..10).map(|_| {
        // Each is signed at another moment: the same signature would be a replay.
        fixture.pass(Duration::from_millis(1));
        fixture.keyed(KEY, CREATE, "k-1", ORDER)
    });
    let answers = join_all(calls.collect::<Vec<_>>()).await;
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!done.is_empty() && done.iter().all(|answer| answer.body == done[0].body));
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)), "in progress, or done");
    assert_eq!(orders(&fixture).await, 1);
}

#[tokio::test]
async fn an_order_whose_process_dies_anywhere_is_one_order() {
    for at in [Moment::Before, Moment::After] {
        for n in 0.. {
            let fixture = Fixture::new().await;
            let (crash, dead) = (Gate::crash_at_write(n, at), Arc::new(AtomicBool::new(false)));
            let killed = Arc::clone(&dead);
            let gate = Gate::new(move |operation, moment| {
                let decision = crash.decide(operation, moment);
                killed.fetch_or(decision == GateDecision::Kill, Ordering::SeqCst);
                decision
            });
            fixture.process(gate).keyed(KEY, CREATE, "k-1", ORDER).await;
            if !dead.load(Ordering::SeqCst) {
                assert!(n >= 4, "the nonce, the quota, the claim, the order and the answer are writes: {n}");
                break;
            }
            fixture.pass(DEAD);
            let again = fixture.keyed(KEY, CREATE, "k-1", ORDER).await;
            assert_eq!(again.status, 200, "{n} {at:?}: {}", again.body);
            assert_eq!(orders(&fixture).await, 1, "{n} {at:?}");
        }
    }
}

#[tokio::test]
async fn what_only_reads_pays_no_heed_to_a_key() {
    let fixture = Fixture::new().await;
    for _ in 0..2 {
        fixture.pass(Duration::from_secs(1));
        let listed = fixture.keyed(KEY, "/openapi/v1/orders/list", "k-1", "{}").await;
        assert_eq!((listed.status, listed.replayed), (200, false));
    }
    let read: Value = json!(orders(&fixture).await);
    assert_eq!(read, 0);
}
