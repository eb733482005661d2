//! The consumer of the queue `openapi-log`.

use super::fixture::Fixture;
use aws_lambda_events::sqs::SqsEvent;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_openapi::log::CallLogger;
use tenon_platform::Context;
use tenon_platform::consumer::consume;
use tenon_platform::queue::OPENAPI_LOG;
use tenon_tenants::call_log::stats;
use tenon_testkit::{sqs_event, sqs_message};

/// Messages of calls, as they lie in the queue.
async fn messages(fixture: &Fixture, calls: usize) -> SqsEvent {
    for n in 0..calls {
        fixture.call(&fixture.signed("POST", "/test/read", &format!("{{\"n\":{n}}}"))).await;
    }
    let mut event = SqsEvent::default();
    loop {
        let hidden = std::time::Duration::from_secs(3600);
        let received = fixture.ctx.queue.receive(&OPENAPI_LOG, 10, hidden).await.unwrap();
        if received.is_empty() {
            return event;
        }
        event.records.extend(sqs_event(&received).records);
    }
}

async fn work(ctx: &Context, event: &SqsEvent) -> usize {
    consume(ctx, &OPENAPI_LOG, &CallLogger, event.clone()).await.batch_item_failures.len()
}

async fn counted(fixture: &Fixture) -> i64 {
    let found = stats(&fixture.ctx, &fixture.app.tenant, std::slice::from_ref(&fixture.app.id), 1).await.unwrap();
    found.iter().map(|s| s.calls).sum()
}

fn transactions() -> (Gate, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let gate = Gate::new(move |operation, moment| {
        if operation == "TransactWriteItems" && moment == Moment::Before {
            seen.fetch_add(1, Ordering::SeqCst);
        }
        GateDecision::Go
    });
    (gate, count)
}

#[tokio::test]
async fn a_batch_is_entered_together_and_a_redelivered_one_is_not_counted_again() {
    let fixture = Fixture::new(|_| ()).await;
    let event = messages(&fixture, 60).await;
    let (gate, count) = transactions();
    assert_eq!(work(&fixture.gated(gate), &event).await, 0);
    assert_eq!(counted(&fixture).await, 60);
    assert!(count.load(Ordering::SeqCst) <= 2, "{count:?} transactions");
    assert_eq!(work(&fixture.ctx, &event).await, 0);
    assert_eq!(counted(&fixture).await, 60);
}

#[tokio::test]
async fn a_message_succeeds_only_once_its_record_is_stored() {
    let fixture = Fixture::new(|_| ()).await;
    let event = messages(&fixture, 20).await;
    let dead = fixture.gated(Gate::new(|_, _| GateDecision::Kill));
    assert_eq!(work(&dead, &event).await, 20, "neither stored nor sent on");
    assert_eq!(counted(&fixture).await, 0);
    // Stored, and the process dies before it learns so.
    let without_queue = fixture.gated(Gate::new(|operation, moment| {
        let dies = operation == "TransactWriteItems" && moment == Moment::After;
        if dies { GateDecision::Kill } else { GateDecision::Go }
    }));
    assert_eq!(work(&without_queue, &event).await, 0, "each is sent again with a due time");
    assert_eq!(work(&fixture.ctx, &event).await, 0);
    assert_eq!(counted(&fixture).await, 20);
}

#[tokio::test]
async fn one_bad_message_does_not_hold_up_the_others() {
    let fixture = Fixture::new(|_| ()).await;
    let mut event = messages(&fixture, 3).await;
    let bad = sqs_message("bad", r#"{"v":1,"id":"m","tenant":"t-1","body":{"kind":"fan-out","event":"e"}}"#);
    event.records.push(bad);
    assert_eq!(work(&fixture.ctx, &event).await, 0);
    assert_eq!(counted(&fixture).await, 3);
    let letters = fixture.local.queue.peek(&OPENAPI_LOG.dead_letters(), 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].body.contains("platform.message"));
}
