//! What was stored and not queued goes on within a minute, and once: a process is killed between the store and the
//! send of each kind of work.

use crate::common::Fixture;
use crate::common::receiver::{OK, Receiver, Reply};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tenon_delivery::jobs::{self, JobState, Only};
use tenon_delivery::record::State;
use tenon_delivery::{again, deliveries};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{EventKind, Module};
use tenon_platform::Context;
use tenon_platform::http::NoHttp;
use tenon_platform::outbox::sweep::sweep;
use tenon_platform::queue::{WEBHOOK_DELIVER, WEBHOOK_FAN_OUT, WEBHOOK_RESEND, WEBHOOK_RETRY};
use tenon_trade::inbound_events;

/// Another process, which dies where it sends its first message.
fn dying(fixture: &Fixture) -> Context {
    let ctx = tenon_testkit::dies_before_sending(&fixture.local, Arc::new(NoHttp), 7);
    ctx.with_outgoing(Arc::clone(&fixture.ctx.outgoing))
}

/// Within a minute of a death: what the sweeper sent.
async fn a_minute_later(fixture: &Fixture) -> u64 {
    fixture.clock.advance(Duration::from_secs(60));
    sweep(&fixture.ctx).await.unwrap().sent.values().sum()
}

/// An app whose endpoint is well, or answers as told.
async fn app(fixture: &Fixture, reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (TenantApp, Receiver) {
    let receiver = Receiver::new(&fixture.clock, reply).await;
    (fixture.app(Module::OrderSync, &receiver.url, |_| {}).await, receiver)
}

#[tokio::test]
async fn an_inbound_event_whose_process_dies_before_the_fan_out_is_queued_arrives_within_a_minute() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    fixture.app(Module::PaymentSync, &receiver.url, |_| {}).await;
    let event = json!({ "eventId": "e-1", "reconciliationNo": "REC-1", "totalAmount": 10 });
    let kind = EventKind::ReconciliationCreated;
    assert!(inbound_events::apply(&dying(&fixture), &fixture.tenant, kind, &event).await.is_err());
    assert_eq!(a_minute_later(&fixture).await, 1);
    fixture.settle().await;
    assert_eq!(receiver.count(), 1);
    // Whoever brought it repeats it.
    let again = inbound_events::apply(&fixture.ctx, &fixture.tenant, kind, &event).await.unwrap();
    assert!(again.repeated);
    assert_eq!(a_minute_later(&fixture).await, 0);
    fixture.run_out().await;
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_delivery_whose_fan_out_dies_before_it_is_queued_arrives_within_a_minute() {
    let mut fixture = Fixture::new().await;
    let (one, receiver) = app(&fixture, |_| OK).await;
    let (two, other) = app(&fixture, |_| OK).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.ctx = dying(&fixture);
    fixture.pump(&WEBHOOK_FAN_OUT).await;
    fixture.restart_keeping_messages().await;
    assert_eq!(a_minute_later(&fixture).await, 2, "a message for each of them");
    fixture.settle().await;
    assert_eq!((receiver.count(), other.count()), (1, 1));
    fixture.run_out().await;
    assert_eq!((receiver.count(), other.count()), (1, 1));
    assert_eq!((fixture.all_delivered(&one).await, fixture.all_delivered(&two).await), (1, 1));
    assert_eq!(a_minute_later(&fixture).await, 0);
}

#[tokio::test]
async fn a_further_attempt_that_is_not_queued_is_made_when_it_is_due() {
    let mut fixture = Fixture::new().await;
    let (failing, receiver) = app(&fixture, |n| if n == 0 { Reply::Status(500, "", "") } else { OK }).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.pump(&WEBHOOK_FAN_OUT).await;
    fixture.ctx = dying(&fixture);
    fixture.pump(&WEBHOOK_DELIVER).await;
    assert_eq!(receiver.count(), 1);
    fixture.restart_keeping_messages().await;
    let due = fixture.delivery(&failing).await.next_due_ms.unwrap();
    assert_eq!(a_minute_later(&fixture).await, 1);
    // The message of the attempt that was made is hidden for six minutes yet.
    fixture.run_until(due.max(fixture.clock.now_ms()) + 1_000).await;
    assert_eq!(receiver.count(), 2);
    fixture.run_out().await;
    assert_eq!((receiver.count(), fixture.delivery(&failing).await.state), (2, State::Delivered));
}

#[tokio::test]
async fn a_delivery_that_is_sent_again_and_a_test_go_out_within_a_minute() {
    let fixture = Fixture::new().await;
    let (well, receiver) = app(&fixture, |_| OK).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.settle().await;
    let id = fixture.delivery(&well).await.id;
    assert!(again::resend(&dying(&fixture), &fixture.tenant, &well.id, &id).await.is_err());
    assert_eq!(a_minute_later(&fixture).await, 1);
    fixture.run_out().await;
    assert_eq!(receiver.count(), 2);
    assert!(again::test(&dying(&fixture), &fixture.tenant, &well.id).await.is_err());
    assert_eq!(a_minute_later(&fixture).await, 1);
    fixture.run_out().await;
    assert_eq!((receiver.count(), fixture.all_delivered(&well).await), (3, 2));
}

#[tokio::test]
async fn a_resend_job_begins_and_goes_on_within_a_minute() {
    let mut fixture = Fixture::new().await;
    let (well, receiver) = app(&fixture, |_| OK).await;
    // More than one page of them.
    for n in 0..130 {
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
        fixture.clock.advance(Duration::from_millis(10));
    }
    fixture.settle().await;
    assert_eq!(receiver.count(), 130);
    let range = (0, fixture.clock.now_ms());
    assert!(jobs::begin(&dying(&fixture), &fixture.tenant, &well.id, range, Only::All).await.is_err());
    assert_eq!(a_minute_later(&fixture).await, 1);
    // The job's first page dies at its first delivery, whose message was promised.
    fixture.ctx = dying(&fixture);
    fixture.pump(&WEBHOOK_RESEND).await;
    fixture.restart_keeping_messages().await;
    assert!(a_minute_later(&fixture).await >= 1);
    fixture.run_out().await;
    let job = jobs_of(&fixture, &well).await;
    assert_eq!((job.state, job.found, job.queued), (JobState::Done, 130, 130));
    assert_eq!(receiver.count(), 260, "each once more");
    fixture.pump(&WEBHOOK_RETRY).await;
}

/// The app's only job.
async fn jobs_of(fixture: &Fixture, app: &TenantApp) -> jobs::Job {
    let wanted = deliveries::Wanted { from_ms: 0, to_ms: i64::MAX / 4, beyond: None, newest_first: true, limit: 1 };
    let page = deliveries::page(&fixture.ctx, &app.tenant, &app.id, &wanted).await.unwrap();
    let id = page.items[0].data.job.clone().expect("pushed by a job");
    jobs::get(&fixture.ctx, &app.tenant, &app.id, &id).await.unwrap().unwrap().data
}

#[tokio::test]
async fn a_resend_job_with_little_time_does_a_part_of_its_page_at_a_time() {
    let mut fixture = Fixture::new().await;
    let (well, receiver) = app(&fixture, |_| OK).await;
    for n in 0..30 {
        fixture.event(&format!("e-{n}"), EventKind::OrderStatus).await;
        fixture.clock.advance(Duration::from_millis(10));
    }
    fixture.settle().await;
    // Each write of the table takes a second.
    let clock = fixture.clock.clone();
    let slow = tenon_engine::Gate::new(move |operation, moment| {
        if operation == "TransactWriteItems" && moment == tenon_engine::Moment::Before {
            clock.advance(Duration::from_secs(1));
        }
        tenon_engine::GateDecision::Go
    });
    fixture.restart(slow).await;
    let range = (0, fixture.clock.now_ms());
    jobs::begin(&fixture.ctx, &fixture.tenant, &well.id, range, Only::All).await.unwrap();
    let whole = fixture.ctx.clone();
    for _ in 0..6 {
        fixture.ctx = whole.within(Duration::from_secs(26));
        fixture.pump(&WEBHOOK_RESEND).await;
    }
    fixture.ctx = whole;
    let job = jobs_of(&fixture, &well).await;
    assert_eq!((job.state, job.found, job.queued), (JobState::Done, 30, 30));
    fixture.run_out().await;
    assert_eq!(receiver.count(), 60, "each once more");
}
