//! The outbox and its sweeper on the embedded engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::http::NoHttp;
use tenon_platform::outbox::sweep::{EVERY, Swept, sweep, sweep_due};
use tenon_platform::outbox::{Entry, GRACE};
use tenon_platform::queue::{QueueName, WEBHOOK_FAN_OUT};
use tenon_platform::{Clock, Context, Entropy};

const NOW: i64 = 1_795_305_600_000;

struct Fixture {
    local: Local,
    clock: Clock,
    ctx: Context,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(NOW);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local, 1);
        Self { local, clock, ctx }
    }

    /// A message whose process dies before it sends it.
    async fn owed(&self, tenant: &str, id: &str) {
        self.entry(tenant, id).store(&self.ctx).await.unwrap();
    }

    fn entry(&self, tenant: &str, id: &str) -> Entry {
        let envelope = Envelope::new("fan-out", id, &TenantId::new(tenant), serde_json::json!({ "event": id }));
        Entry::of(&self.ctx, &WEBHOOK_FAN_OUT, &envelope).unwrap()
    }

    async fn queued(&self) -> Vec<String> {
        let found = self.local.queue.peek(&WEBHOOK_FAN_OUT, 10_000).await.unwrap();
        found.iter().map(|message| Envelope::read(&message.body).unwrap().id).collect()
    }
}

fn context(local: &Local, seed: u64) -> Context {
    local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap()
}

fn sent(swept: &Swept) -> u64 {
    swept.sent.values().sum()
}

#[tokio::test]
async fn a_message_that_was_sent_is_owed_no_more() {
    let fixture = Fixture::new().await;
    fixture.entry("t-1", "m-1").store(&fixture.ctx).await.unwrap();
    let entry = fixture.entry("t-1", "m-2");
    entry.store(&fixture.ctx).await.unwrap();
    entry.send(&fixture.ctx).await.unwrap();
    fixture.clock.advance(GRACE);
    assert_eq!(sent(&sweep(&fixture.ctx).await.unwrap()), 1);
    assert_eq!(fixture.queued().await, ["m-2", "m-1"]);
    fixture.clock.advance(GRACE);
    assert_eq!(sweep(&fixture.ctx).await.unwrap(), Swept::default(), "and is so once it was swept");
}

#[tokio::test]
async fn an_entry_that_is_young_has_the_rest_of_its_grace_and_no_other_minute() {
    let fixture = Fixture::new().await;
    fixture.owed("t-1", "m-1").await;
    assert_eq!(sent(&sweep(&fixture.ctx).await.unwrap()), 1);
    assert!(fixture.clock.now_ms() <= NOW + 15_000, "{}", fixture.clock.now_ms());
    // One that has no time to wait leaves it to the next.
    fixture.owed("t-1", "m-2").await;
    let short = fixture.ctx.within(Duration::from_secs(8));
    assert_eq!(sent(&sweep(&short).await.unwrap()), 0);
}

#[tokio::test]
async fn a_minute_is_the_longest_that_anything_waits() {
    let fixture = Fixture::new().await;
    for (n, offset) in [0_u64, 1, 9, 10, 11, 30, 49, 50, 51, 59].into_iter().enumerate() {
        let begun = fixture.clock.now_ms();
        sweep_due(&fixture.ctx).await.unwrap();
        fixture.clock.advance(Duration::from_secs(offset));
        let stored = fixture.clock.now_ms();
        fixture.owed("t-1", &format!("m-{n}")).await;
        // The schedule's next tick.
        let tick = begun + 60_000;
        fixture.clock.advance(Duration::from_millis(u64::try_from(tick - stored).unwrap_or(0)));
        sweep_due(&fixture.ctx).await.unwrap();
        assert_eq!(fixture.queued().await.len(), n + 1, "stored {offset} s after a tick");
        assert!(fixture.clock.now_ms() - stored <= 60_000 + 1_000, "{offset}: {}", fixture.clock.now_ms() - stored);
        fixture.clock.advance(EVERY);
    }
}

#[tokio::test]
async fn what_a_dead_process_left_is_sent_at_once_by_the_one_that_takes_the_data_over() {
    let fixture = Fixture::new().await;
    fixture.owed("t-1", "m-1").await;
    fixture.clock.advance(Duration::from_millis(1));
    let alone = context(&fixture.local, 2).alone_since(fixture.clock.now_ms());
    assert_eq!(sent(&sweep(&alone).await.unwrap()), 1);
    assert_eq!(fixture.clock.now_ms(), NOW + 1, "and waits for nothing");
}

#[tokio::test]
async fn two_sweepers_at_once_send_a_message_once() {
    let fixture = Fixture::new().await;
    for n in 0..40 {
        fixture.owed("t-1", &format!("m-{n}")).await;
    }
    fixture.clock.advance(GRACE);
    // Neither has the time to wait for what the other has in hand.
    let time = Duration::from_secs(8);
    let (first, second) = (fixture.ctx.within(time), context(&fixture.local, 2).within(time));
    let (one, two) = tokio::join!(sweep(&first), sweep(&second));
    assert_eq!(sent(&one.unwrap()) + sent(&two.unwrap()), 40);
    assert_eq!(fixture.queued().await.len(), 40);
}

#[tokio::test]
async fn a_tenant_with_much_to_send_does_not_keep_the_others_waiting() {
    let fixture = Fixture::new().await;
    for n in 0..600 {
        fixture.owed("t-flood", &format!("f-{n}")).await;
    }
    for tenant in ["t-a", "t-other", "t-z"] {
        fixture.owed(tenant, tenant).await;
    }
    fixture.clock.advance(GRACE);
    // A run that ends in the middle: its time is up after 500 requests.
    let requests = Arc::new(AtomicUsize::new(0));
    let (counted, clock) = (Arc::clone(&requests), fixture.clock.clone());
    let gate = Gate::new(move |_, moment| {
        if moment == Moment::Before && counted.fetch_add(1, Ordering::SeqCst) == 500 {
            clock.advance(Duration::from_secs(60));
        }
        GateDecision::Go
    });
    let local = fixture.local.with_gates(&gate, &Gate::open());
    let swept = sweep(&context(&local, 3).within(Duration::from_secs(50))).await.unwrap();
    assert!(swept.left && sent(&swept) < 600, "{swept:?}");
    let queued = fixture.queued().await;
    for tenant in ["t-a", "t-other", "t-z"] {
        assert!(queued.iter().any(|id| id == tenant), "{tenant} waits for the flood");
    }
    // The next ones do the rest.
    for _ in 0..3 {
        fixture.clock.advance(GRACE);
        sweep(&fixture.ctx).await.unwrap();
    }
    assert_eq!(fixture.queued().await.len(), 603);
}

#[tokio::test]
async fn a_queue_that_takes_nothing_has_its_messages_when_it_does() {
    let fixture = Fixture::new().await;
    fixture.owed("t-1", "m-1").await;
    fixture.clock.advance(GRACE);
    let shut = Gate::new(|operation, _| match operation {
        "PutItem" | "TransactWriteItems" | "BatchWriteItem" => GateDecision::Kill,
        _ => GateDecision::Go,
    });
    let local = fixture.local.with_gates(&Gate::open(), &shut);
    let swept = sweep(&context(&local, 2)).await.unwrap();
    assert_eq!((sent(&swept), swept.failed > 0), (0, true));
    fixture.clock.advance(Duration::from_secs(60));
    assert_eq!(sent(&sweep(&fixture.ctx).await.unwrap()), 1);
}

#[tokio::test]
async fn what_a_record_does_not_hold_is_not_promised() {
    let fixture = Fixture::new().await;
    let long = serde_json::json!({ "event": "x".repeat(400 * 1024) });
    let envelope = Envelope::new("fan-out", "m-1", &TenantId::new("t-1"), long);
    let error = Entry::of(&fixture.ctx, &WEBHOOK_FAN_OUT, &envelope).unwrap_err();
    assert_eq!(error.code, "platform.message");
    let none: [Envelope; 0] = [];
    assert!(Entry::of_all(&fixture.ctx, &QueueName::new("webhook-fan-out"), &none).is_err());
}
