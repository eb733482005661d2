//! Behaviour of the queues.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_platform::Clock;
use tenon_platform::queue::{Queue, QueueName, Received};

/// How often a message of the suite's queue may be received.
pub const MAX_RECEIVES: u32 = 2;

/// The queue every engine of the suite has, with its dead letters.
pub const QUEUE: &str = "approvals-submit";

/// The shortest time all engines count.
const MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(120);
/// How long an engine of real time may take for what it owes.
const MAX_WAIT: Duration = Duration::from_secs(15);

/// An engine and the time it goes by.
pub struct Fixture {
    pub queue: Arc<dyn Queue>,
    /// The clock of an engine whose time is a parameter.
    pub clock: Option<Clock>,
}

impl Fixture {
    fn name(&self) -> QueueName {
        QueueName::new(QUEUE)
    }

    async fn send(&self, body: &str) {
        self.queue.send(&self.name(), body.to_owned(), Duration::ZERO).await.unwrap();
    }

    async fn receive(&self, visibility: Duration) -> Vec<Received> {
        self.queue.receive(&self.name(), 10, visibility).await.unwrap()
    }

    /// The one message there is, waited for by an engine of real time.
    async fn one(&self, queue: &QueueName, visibility: Duration) -> Received {
        let began = Instant::now();
        loop {
            let mut got = self.queue.receive(queue, 10, visibility).await.unwrap();
            assert!(got.len() <= 1, "{got:?}");
            if let Some(message) = got.pop() {
                return message;
            }
            assert!(self.clock.is_none(), "nothing is in {queue}");
            assert!(began.elapsed() < MAX_WAIT, "nothing came to {queue} in {MAX_WAIT:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Makes sure that nothing is visible until `end` after `since`. On an engine of real time a
    /// machine may be too slow to ask before the end; then it says `false`, and the test can prove
    /// nothing more.
    async fn nothing_before(&self, since: Instant, end: Duration) -> bool {
        let got = self.receive(LONG).await;
        let in_time = self.clock.is_some() || since.elapsed() < end;
        if in_time {
            assert_eq!(got, []);
        }
        in_time
    }

    fn pass(&self, time: Duration) {
        if let Some(clock) = &self.clock {
            clock.advance(time);
        }
    }
}

pub async fn what_is_sent_is_received_until_deleted(fixture: &Fixture) {
    assert_eq!(fixture.receive(LONG).await, []);
    fixture.send("hello \u{4f60}\u{597d} <&>").await;
    let message = fixture.one(&fixture.name(), LONG).await;
    assert_eq!((message.body.as_str(), message.receives), ("hello \u{4f60}\u{597d} <&>", 1));
    assert!(message.sent_ms > 1_600_000_000_000, "sent at {}", message.sent_ms);
    fixture.queue.delete(&fixture.name(), &message.receipt).await.unwrap();
    fixture.pass(LONG);
    assert_eq!(fixture.receive(LONG).await, []);
}

pub async fn a_delayed_message_comes_when_it_is_due(fixture: &Fixture) {
    let sent = Instant::now();
    fixture.queue.send(&fixture.name(), "later".to_owned(), MOMENT).await.unwrap();
    if !fixture.nothing_before(sent, MOMENT).await {
        return;
    }
    fixture.pass(MOMENT - Duration::from_millis(1));
    if !fixture.nothing_before(sent, MOMENT).await {
        return;
    }
    fixture.pass(Duration::from_millis(1));
    assert_eq!(fixture.one(&fixture.name(), LONG).await.body, "later");
}

pub async fn a_message_not_deleted_comes_again(fixture: &Fixture) {
    fixture.send("again").await;
    let sent = Instant::now();
    let first = fixture.one(&fixture.name(), MOMENT).await;
    if !fixture.nothing_before(sent, MOMENT).await {
        return;
    }
    fixture.pass(MOMENT);
    let second = fixture.one(&fixture.name(), LONG).await;
    assert_eq!((second.body.as_str(), second.receives), ("again", 2));
    assert_eq!((second.id, second.sent_ms), (first.id, first.sent_ms));
    assert_ne!(second.receipt, first.receipt);
}

pub async fn an_old_receipt_does_nothing(fixture: &Fixture) {
    fixture.send("mine").await;
    let first = fixture.one(&fixture.name(), MOMENT).await;
    fixture.pass(MOMENT);
    let second = fixture.one(&fixture.name(), LONG).await;
    // SQS may refuse it or let it pass in silence; the message must stay the second receiver's.
    let _ = fixture.queue.delete(&fixture.name(), &first.receipt).await;
    assert_eq!(fixture.receive(LONG).await, []);
    // It is still there, or releasing it would bring nothing: after two receives, to the dead letters.
    fixture.queue.release(&fixture.name(), &second.receipt, Duration::ZERO).await.unwrap();
    assert_eq!(fixture.receive(LONG).await, []);
    assert_eq!(fixture.one(&fixture.name().dead_letters(), LONG).await.body, "mine");
}

pub async fn a_released_message_comes_at_once(fixture: &Fixture) {
    fixture.send("back").await;
    let first = fixture.one(&fixture.name(), LONG).await;
    assert_eq!(fixture.receive(LONG).await, []);
    fixture.queue.release(&fixture.name(), &first.receipt, Duration::ZERO).await.unwrap();
    let second = fixture.one(&fixture.name(), LONG).await;
    assert_eq!((second.id, second.receives), (first.id, 2));
}

pub async fn a_receipt_outlives_an_extension(fixture: &Fixture) {
    fixture.send("slow").await;
    let message = fixture.one(&fixture.name(), MOMENT * 3).await;
    fixture.queue.release(&fixture.name(), &message.receipt, LONG).await.unwrap();
    fixture.pass(MOMENT * 3);
    assert_eq!(fixture.receive(LONG).await, []);
    fixture.queue.delete(&fixture.name(), &message.receipt).await.unwrap();
    fixture.pass(LONG);
    assert_eq!(fixture.receive(LONG).await, []);
}

pub async fn a_message_received_too_often_is_set_aside(fixture: &Fixture) {
    fixture.send("poison").await;
    for receives in 1..=MAX_RECEIVES {
        let message = fixture.one(&fixture.name(), LONG).await;
        assert_eq!(message.receives, receives);
        fixture.queue.release(&fixture.name(), &message.receipt, Duration::ZERO).await.unwrap();
    }
    assert_eq!(fixture.receive(LONG).await, []);
    let aside = fixture.one(&fixture.name().dead_letters(), LONG).await;
    assert_eq!(aside.body, "poison");
    fixture.queue.delete(&fixture.name().dead_letters(), &aside.receipt).await.unwrap();
}

pub async fn twenty_five_are_sent_at_once(fixture: &Fixture) {
    let bodies: BTreeSet<String> = (0..25).map(|n| format!("message {n}")).collect();
    fixture.queue.send_all(&fixture.name(), bodies.iter().cloned().collect()).await.unwrap();
    assert_eq!(drain(fixture, 25).await.into_iter().map(|m| m.body).collect::<BTreeSet<_>>(), bodies);
}

pub async fn large_bodies_arrive_whole(fixture: &Fixture) {
    let bodies: Vec<String> = ["a", "b", "c"].iter().map(|c| c.repeat(200_000)).collect();
    fixture.queue.send_all(&fixture.name(), bodies.clone()).await.unwrap();
    let mut got: Vec<String> = drain(fixture, 3).await.into_iter().map(|m| m.body).collect();
    got.sort();
    assert!(got == bodies, "got {:?}", got.iter().map(String::len).collect::<Vec<_>>());
}

pub async fn each_message_goes_to_one_of_many_receivers(fixture: &Fixture) {
    let bodies: BTreeSet<String> = (0..40).map(|n| format!("message {n}")).collect();
    fixture.queue.send_all(&fixture.name(), bodies.iter().cloned().collect()).await.unwrap();
    let left = std::sync::atomic::AtomicUsize::new(bodies.len());
    let began = Instant::now();
    let receiver = async || {
        let mut mine = Vec::new();
        while left.load(std::sync::atomic::Ordering::SeqCst) > 0 {
            assert!(began.elapsed() < MAX_WAIT, "some messages never came");
            for message in fixture.queue.receive(&fixture.name(), 3, LONG).await.unwrap() {
                assert_eq!(message.receives, 1);
                fixture.queue.delete(&fixture.name(), &message.receipt).await.unwrap();
                left.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                mine.push(message.body);
            }
            tokio::task::yield_now().await;
        }
        mine
    };
    let shares = futures::future::join_all((0..6).map(|_| receiver())).await;
    let mut got = shares.concat();
    got.sort();
    assert_eq!(got, bodies.into_iter().collect::<Vec<_>>());
}

/// Receives until this many have come.
async fn drain(fixture: &Fixture, count: usize) -> Vec<Received> {
    let began = Instant::now();
    let mut got = Vec::new();
    while got.len() < count {
        assert!(began.elapsed() < MAX_WAIT, "{} of {count} came", got.len());
        got.extend(fixture.receive(LONG).await);
    }
    assert_eq!(got.len(), count);
    got
}
