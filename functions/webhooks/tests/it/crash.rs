//! The process dies before or after any of its writes, and another goes on.

use crate::common::receiver::{OK, Receiver, Reply};
use crate::common::{Fixture, START};
use std::collections::{BTreeMap, BTreeSet};
use tenon_delivery::jobs::{self, JobState, Only};
use tenon_delivery::record::{Delivery, Reason, State};
use tenon_delivery::{again, deliveries};
use tenon_engine::{Gate, Moment};
use tenon_model::tenant_app::{RetryPreset, TenantApp};
use tenon_model::{EventKind, Module};
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_RETRY};

/// Two apps, one of which fails twice at first, and two events; a process that the gate kills, and one
/// that takes over.
async fn scenario(gate: Gate) -> (Fixture, [(TenantApp, Receiver); 2]) {
    let mut fixture = Fixture::new().await;
    let well = Receiver::well(&fixture.clock).await;
    let shaky = Receiver::new(&fixture.clock, |n| if n < 2 { Reply::Status(500, "", "") } else { OK }).await;
    let one = fixture.app(Module::OrderSync, &well.url, |_| {}).await;
    let two = fixture.app(Module::OrderSync, &shaky.url, |_| {}).await;
    fixture.restart(gate).await;
    let tenant = fixture.tenant.clone();
    let _ = fixture.try_event(&tenant, "e-1", EventKind::OrderStatus).await;
    let _ = fixture.try_event(&tenant, "e-2", EventKind::OrderStatus).await;
    // The dead do not know that they are, so their work is bounded: what they had due at once.
    for _ in 0..12 {
        for queue in [tenon_platform::queue::WEBHOOK_FAN_OUT, WEBHOOK_DELIVER, WEBHOOK_RETRY] {
            fixture.pump(&queue).await;
        }
        fixture.clock.advance(std::time::Duration::from_secs(2));
    }
    fixture.restart(Gate::open()).await;
    // Whoever brings an event in repeats the call until it is answered.
    for id in ["e-1", "e-2"] {
        match tenon_delivery::events::get(&fixture.ctx, &tenant, id).await.unwrap() {
            Some(event) if event.data.fanned_out => {}
            Some(_) => tenon_delivery::events::queue(&fixture.ctx, &tenant, id).await.unwrap(),
            None => fixture.event(id, EventKind::OrderStatus).await,
        }
    }
    fixture.run_out().await;
    (fixture, [(one, well), (two, shaky)])
}

async fn check(fixture: &Fixture, apps: &[(TenantApp, Receiver)], what: &str) {
    assert!(fixture.dead_letters().await.is_empty(), "{what}");
    for (app, receiver) in apps {
        let all = fixture.deliveries(app).await;
        assert_eq!(all.len(), 2, "{what}: one delivery for each event");
        assert!(all.iter().all(|d| d.state == State::Delivered && d.lease.is_none()), "{what}: {all:?}");
        let ids: BTreeSet<&str> = all.iter().map(|d| d.id.as_str()).collect();
        let hits = receiver.hits();
        assert_eq!(hits.iter().map(|h| h.id()).collect::<BTreeSet<_>>(), ids, "{what}: ids never change");
        let log = fixture.log(app).await;
        for id in ids {
            let received = hits.iter().filter(|h| h.id() == id).count();
            let logged: Vec<u32> =
                log.iter().filter(|c| c.delivery_id.as_deref() == Some(id)).map(|c| c.attempt.unwrap()).collect();
            assert!(logged.len() >= received, "{what}: {received} posts of {id}, in the log {logged:?}");
            assert_eq!(logged, (1..).take(logged.len()).collect::<Vec<_>>(), "{what}: every attempt has its number");
            let delivery = all.iter().find(|d| d.id == id).unwrap();
            assert_eq!(delivery.attempts.len(), logged.len(), "{what}");
        }
    }
}

#[tokio::test]
async fn whatever_write_the_process_dies_at_every_event_arrives_and_every_push_is_in_the_log() {
    let (gate, writes) = Gate::counting_writes();
    let (fixture, apps) = scenario(gate).await;
    check(&fixture, &apps, "without a death").await;
    assert_eq!(apps[0].1.count(), 2, "nobody died, so nothing is pushed twice");
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    assert!(writes > 20, "{writes}");
    let mut interrupted = 0;
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let (fixture, apps) = scenario(Gate::crash_at_write(n, moment)).await;
            check(&fixture, &apps, &format!("write {n}, {moment:?}")).await;
            for (app, _) in &apps {
                let log = fixture.log(app).await;
                interrupted += log.iter().filter(|c| c.reason.as_deref() == Some("interrupted")).count();
            }
        }
    }
    assert!(interrupted > 0, "some died between the push and its record");
}

#[tokio::test]
async fn a_push_that_kills_its_process_every_time_comes_to_an_end() {
    let mut fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture
        .app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().preset = RetryPreset::Quick)
        .await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    while fixture.pump(&tenon_platform::queue::WEBHOOK_FAN_OUT).await > 0 {}
    for _ in 0..40 {
        // Every process stores its claim and dies when it stores the outcome.
        let outcome = Gate::new({
            let dead = std::sync::atomic::AtomicBool::new(false);
            let (posts, hits) = (receiver.count(), receiver.hits_handle());
            move |_, _| {
                if hits.lock().unwrap().len() > posts {
                    dead.store(true, std::sync::atomic::Ordering::SeqCst);
                }
                let is_dead = dead.load(std::sync::atomic::Ordering::SeqCst);
                if is_dead { tenon_engine::GateDecision::Kill } else { tenon_engine::GateDecision::Go }
            }
        });
        fixture.restart(outcome).await;
        for queue in [WEBHOOK_DELIVER, WEBHOOK_RETRY] {
            fixture.pump(&queue).await;
        }
        if let Some(next) = fixture.next().await {
            fixture.at(next);
        }
    }
    fixture.restart(Gate::open()).await;
    fixture.run_out().await;
    let all = fixture.deliveries(&app).await;
    assert_eq!((all[0].state, all[0].reason), (State::Failed, Some(Reason::Exhausted)));
    // Three interruptions of each of three rounds.
    assert_eq!((receiver.count(), all[0].made, fixture.log(&app).await.len()), (9, 9, 9));
    assert!(fixture.dead_letters().await.is_empty());
}

/// More than one page.
const FAILED: usize = 130;

/// An app with deliveries that failed, one that arrived and one that is tested.
async fn with_failed(fixture: &Fixture, receiver: &Receiver) -> TenantApp {
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    for n in 0..FAILED + 2 {
        let n = i64::try_from(n).unwrap();
        let kind = if n == 131 { "TEST" } else { "ORDER_STATUS" };
        let id = deliveries::id(&format!("e-{n}"), START - 100_000 + n, &app.id);
        let mut delivery =
            Delivery::new(id, app.id.clone(), kind, format!("{{\"n\":{n}}}"), RetryPreset::Standard, START);
        delivery.state = if n == 130 { State::Delivered } else { State::Failed };
        delivery.rounds = 10;
        delivery.attempts_used = 10;
        delivery.made = 10;
        deliveries::create(&fixture.ctx, &app.tenant, &delivery).await.unwrap();
    }
    app
}

async fn job_scenario(gate: Gate) -> usize {
    let mut fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = with_failed(&fixture, &receiver).await;
    let job = jobs::begin(&fixture.ctx, &app.tenant, &app.id, (START - 100_000, START), Only::Failed).await.unwrap();
    fixture.restart(gate).await;
    while fixture.pump(&tenon_platform::queue::WEBHOOK_RESEND).await > 0 {}
    let midway = jobs::get(&fixture.onlooker(), &app.tenant, &app.id, &job.id).await.unwrap().unwrap().data;
    fixture.restart(Gate::open()).await;
    fixture.run_out().await;
    let done = jobs::get(&fixture.ctx, &app.tenant, &app.id, &job.id).await.unwrap().unwrap().data;
    assert_eq!((done.state, done.found, done.queued), (JobState::Done, 130, 130));
    let mut posts: BTreeMap<String, u32> = BTreeMap::new();
    for hit in receiver.hits() {
        *posts.entry(hit.id().to_owned()).or_default() += 1;
    }
    assert_eq!(posts.len(), FAILED);
    assert!(posts.values().all(|n| *n == 1), "every delivery is pushed once");
    let all = fixture.deliveries(&app).await;
    assert_eq!(all.iter().filter(|d| d.state == State::Delivered).count(), FAILED + 1);
    assert!(all.iter().filter(|d| d.job.is_some()).all(|d| (d.rounds, d.attempts_used, d.made) == (11, 1, 11)));
    midway.found as usize
}

#[tokio::test]
async fn a_job_that_is_killed_goes_on_and_pushes_every_delivery_once() {
    let (gate, writes) = Gate::counting_writes();
    assert_eq!(job_scenario(gate).await, FAILED);
    let writes = writes.load(std::sync::atomic::Ordering::SeqCst);
    let mut progress = BTreeSet::new();
    for (n, moment) in (0..writes).step_by(writes / 4).zip([Moment::Before, Moment::After].into_iter().cycle()) {
        progress.insert(job_scenario(Gate::crash_at_write(n, moment)).await);
    }
    assert!(progress.contains(&0) && progress.contains(&100), "{progress:?}");
}

#[tokio::test]
async fn one_is_sent_again_under_its_id_with_a_fresh_budget() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |n| if n < 12 { Reply::Status(500, "", "") } else { OK }).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let failed = fixture.delivery(&app).await;
    assert_eq!((failed.state, failed.made), (State::Failed, 10));
    let sent = again::resend(&fixture.ctx, &app.tenant, &app.id, &failed.id).await.unwrap();
    assert_eq!(sent, again::Again::Queued);
    fixture.run_out().await;
    let arrived = fixture.delivery(&app).await;
    assert_eq!((arrived.state, arrived.made, arrived.attempts_used), (State::Delivered, 13, 3));
    assert!(receiver.hits().iter().all(|h| h.id() == failed.id));
    let missing = again::resend(&fixture.ctx, &app.tenant, &app.id, "msg_none").await.unwrap();
    assert_eq!(missing, again::Again::Missing);
}

#[tokio::test]
async fn one_that_waits_is_tried_at_once_when_it_is_sent_again() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |n| if n < 5 { Reply::Status(500, "", "") } else { OK }).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_until(START + 4 * crate::common::HOUR).await;
    let waiting = fixture.delivery(&app).await;
    assert_eq!((waiting.state, waiting.made), (State::Pending, 5));
    let now = fixture.clock.now_ms();
    again::resend(&fixture.ctx, &app.tenant, &app.id, &waiting.id).await.unwrap();
    fixture.settle().await;
    assert_eq!(receiver.hits().last().unwrap().at_ms, now);
    fixture.run_out().await;
    assert_eq!((receiver.count(), fixture.delivery(&app).await.state), (6, State::Delivered));
}

#[tokio::test]
async fn a_test_is_pushed_and_recorded_and_does_not_count_against_the_endpoint() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::new(&fixture.clock, |_| Reply::Status(500, "", "")).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let id = again::test(&fixture.ctx, &app.tenant, &app.id).await.unwrap();
    fixture.run_out().await;
    assert_eq!(receiver.count(), 3);
    let hit = &receiver.hits()[0];
    assert_eq!((hit.id(), hit.header("x-webhook-event")), (id.as_str(), "TEST"));
    assert!(hit.body.contains(r#""event":"TEST""#) && hit.body.contains("2026-11-22T08:00:00"), "{}", hit.body);
    assert_eq!(fixture.log(&app).await.len(), 3);
    assert_eq!(tenon_delivery::health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap(), None);
}
