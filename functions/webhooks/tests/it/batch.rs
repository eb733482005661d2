//! What a worker has in hand is one batch: read, leased and stored together, and each delivery with its own fate.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, START};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tenon_delivery::record::{Delivery, State};
use tenon_delivery::{deliveries, health};
use tenon_engine::{Gate, Moment, Tally};
use tenon_model::tenant_app::{RetryPreset, TenantApp};
use tenon_model::webhook::Deliver;
use tenon_model::{EventKind, Module};
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_FAN_OUT, WEBHOOK_RETRY, send_envelope};
use tenon_platform::table::{Expect, Key, Write};

async fn apps(fixture: &Fixture, number: usize, url: &str) -> Vec<TenantApp> {
    let mut apps = Vec::new();
    for _ in 0..number {
        apps.push(fixture.app(Module::OrderSync, url, |_| {}).await);
    }
    apps
}

fn requests(tally: &Tally, before: &tenon_engine::Counts) -> Vec<(&'static str, usize)> {
    tally.counts().since(before).operations.into_iter().collect()
}

#[tokio::test]
async fn ten_deliveries_are_read_leased_and_stored_with_a_request_each() {
    let mut fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let apps = apps(&fixture, 10, &receiver.url).await;
    let (ctx, tally) = Tally::of(&fixture.ctx);
    fixture.ctx = ctx;
    fixture.event("e-1", EventKind::OrderStatus).await;
    let before = tally.counts();
    fixture.pump(&WEBHOOK_FAN_OUT).await;
    // The event, its apps and how they do; then all of it; then the promise is taken out, since all were sent.
    assert_eq!(
        requests(&tally, &before),
        [("BatchGetItem", 2), ("PutItem", 1), ("Query", 1), ("TransactWriteItems", 1)]
    );
    assert_eq!((tally.counts().since(&before).sends, tally.counts().since(&before).messages), (1, 10));
    let before = tally.counts();
    fixture.pump(&WEBHOOK_DELIVER).await;
    // The keys are asked for once in a process.
    let mut requested = requests(&tally, &before);
    requested.retain(|(operation, _)| !["GetItem", "Query"].contains(operation));
    assert_eq!(requested[0], ("BatchGetItem", 1));
    assert!(matches!(requested[1], ("TransactWriteItems", 2 | 3)), "{requested:?}");
    assert_eq!(receiver.count(), 10);
    for app in &apps {
        assert_eq!((fixture.all_delivered(app).await, fixture.log(app).await.len()), (1, 1));
        let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
        assert_eq!((health.failures, health.last_success_ms), (0, Some(START)));
    }
}

/// A message of the first attempt at a delivery.
async fn message(fixture: &Fixture, app: &TenantApp, id: &str) {
    let work = Deliver { app: app.id.clone(), delivery: id.to_owned(), attempt: 1 };
    let envelope = tenon_model::message::Envelope::new("deliver", format!("m-{id}"), &fixture.tenant, work);
    send_envelope(fixture.ctx.queue.as_ref(), &WEBHOOK_DELIVER, &envelope, START).await.unwrap();
}

#[tokio::test]
async fn one_that_cannot_be_read_or_stored_fails_alone() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let [one, two, three] = apps(&fixture, 3, &receiver.url).await.try_into().unwrap();
    // A record of another shape.
    let broken = Key::new(&fixture.tenant, "DELIVERY", &[one.id.as_str()], "msg_broken");
    let write = Write::put(broken, &serde_json::json!({ "id": 5 }), Expect::Anything).unwrap();
    fixture.ctx.table.write(write).await.unwrap();
    message(&fixture, &one, "msg_broken").await;
    // One so large that its lease does not fit.
    let mut length = 409_600;
    let large = loop {
        let id = deliveries::id(&format!("large-{length}"), START, &two.id);
        let new = Delivery::new(id, two.id.clone(), "ORDER_STATUS", "x".repeat(length), RetryPreset::Standard, START);
        if deliveries::create(&fixture.ctx, &fixture.tenant, &new).await.is_ok() {
            break new;
        }
        length -= 40;
    };
    message(&fixture, &two, &large.id).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.pump(&WEBHOOK_FAN_OUT).await;
    assert_eq!(fixture.pump(&WEBHOOK_DELIVER).await, 5);
    assert_eq!(receiver.count(), 3);
    for app in [&one, &two, &three] {
        let id = deliveries::id("e-1", START, &app.id);
        let sent = deliveries::get(&fixture.ctx, &app.tenant, &app.id, &id).await.unwrap().unwrap().data;
        assert_eq!((sent.state, sent.made), (State::Delivered, 1));
    }
    // What cannot be stored is given up with its reason; what cannot be read waits for a version that can.
    let letters = fixture.dead_letters().await;
    assert_eq!((letters.len(), &letters[0]["body"]["delivery"]), (1, &serde_json::json!(large.id)));
    assert!(letters[0]["reason"]["message"].as_str().unwrap().contains("size"), "{letters:?}");
    assert_eq!(fixture.local.queue.depth(&WEBHOOK_DELIVER).await.unwrap().hidden, 1);
}

#[tokio::test]
async fn a_message_that_comes_twice_in_a_batch_is_pushed_once() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let all = apps(&fixture, 4, &receiver.url).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.pump(&WEBHOOK_FAN_OUT).await;
    for app in &all {
        message(&fixture, app, &deliveries::id("e-1", START, &app.id)).await;
    }
    fixture.run_out().await;
    assert_eq!(receiver.count(), 4);
    for app in &all {
        assert_eq!((fixture.delivery(app).await.made, fixture.log(app).await.len()), (1, 1));
    }
}

#[tokio::test]
async fn a_batch_of_every_fate_is_stored_with_its_health_and_counters() {
    let fixture = Fixture::new().await;
    let well = Receiver::well(&fixture.clock).await;
    let failing = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
    let gone = Receiver::new(&fixture.clock, |_| Reply::Status(410, "", "")).await;
    let one = fixture.app(Module::OrderSync, &well.url, |_| {}).await;
    let two = fixture.app(Module::OrderSync, &failing.url, |_| {}).await;
    let three = fixture.app(Module::OrderSync, &gone.url, |_| {}).await;
    for n in 0..3 {
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
    }
    while fixture.pump(&WEBHOOK_FAN_OUT).await > 0 {}
    fixture.pump(&WEBHOOK_DELIVER).await;
    assert_eq!(fixture.all_delivered(&one).await, 3);
    let health = async |app: &TenantApp| health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
    // Each attempt is counted once, however many outcomes are stored together.
    assert_eq!(health(&two).await.failures, u32::try_from(failing.count()).unwrap());
    assert_eq!(fixture.log(&two).await.len(), failing.count());
    let ended = health(&three).await;
    assert!(ended.disabled.is_some());
    assert_eq!(ended.alerts.iter().filter(|alert| alert.disabled.is_some()).count(), 1, "told once");
    assert_eq!(fixture.log(&three).await.len(), gone.count());
    for (app, pushed) in [(&one, 3), (&two, failing.count()), (&three, gone.count())] {
        let days =
            tenon_tenants::call_log::stats(&fixture.ctx, &app.tenant, std::slice::from_ref(&app.id), 1).await.unwrap();
        assert_eq!(days.iter().map(|day| day.calls).sum::<i64>(), i64::try_from(pushed).unwrap());
    }
}

/// Six endpoints, one of which fails at first, and an event; a process that the gate kills, and one that takes over.
async fn scenario(gate: Gate) -> (Fixture, Vec<TenantApp>, Receiver) {
    let mut fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |n| if n == 2 { Reply::Status(500, "", "") } else { OK }).await;
    let apps = apps(&fixture, 6, &receiver.url).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.restart(gate).await;
    for _ in 0..4 {
        for queue in [WEBHOOK_FAN_OUT, WEBHOOK_DELIVER, WEBHOOK_RETRY] {
            fixture.pump(&queue).await;
        }
        fixture.clock.advance(Duration::from_secs(2));
    }
    fixture.restart(Gate::open()).await;
    fixture.run_out().await;
    (fixture, apps, receiver)
}

#[tokio::test]
async fn a_batch_whose_process_dies_at_any_write_arrives_and_is_told_of() {
    let (gate, writes) = Gate::counting_writes();
    let (_, _, receiver) = scenario(gate).await;
    assert_eq!(receiver.count(), 7, "nobody died, so nothing is pushed twice");
    let writes = writes.load(Ordering::SeqCst);
    let mut interrupted = 0;
    for (n, moment) in (0..writes).flat_map(|n| [(n, Moment::Before), (n, Moment::After)]) {
        let (fixture, apps, receiver) = scenario(Gate::crash_at_write(n, moment)).await;
        let what = format!("write {n} of {writes}, {moment:?}");
        assert!(fixture.dead_letters().await.is_empty(), "{what}");
        let mut logged = 0;
        for app in &apps {
            let delivery = fixture.delivery(app).await;
            assert_eq!((delivery.state, &delivery.lease), (State::Delivered, &None), "{what}");
            let log = fixture.log(app).await;
            let received = receiver.hits().iter().filter(|hit| hit.id() == delivery.id).count();
            assert!((1..=log.len()).contains(&received), "{what}: {received} posts, {} in the log", log.len());
            assert_eq!(delivery.attempts.len(), log.len(), "{what}");
            interrupted += log.iter().filter(|call| call.reason.as_deref() == Some("interrupted")).count();
            logged += log.len();
        }
        assert!(receiver.count() <= logged, "{what}: every push is told of");
    }
    assert!(interrupted > 0, "some died between the pushes and their outcomes");
}
