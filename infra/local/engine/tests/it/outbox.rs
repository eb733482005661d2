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

struct World {
    local: Local,
    clock: Clock,
    ctx: Context,
}

impl World {
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
    let world = World::new().await;
    world.entry("t-1", "m-1").store(&world.ctx).await.unwrap();
    let entry = world.entry("t-1", "m-2");
    entry.store(&world.ctx).await.unwrap();
    entry.send(&world.ctx).await.unwrap();
    world.clock.advance(GRACE);
    assert_eq!(sent(&sweep(&world.ctx).await.unwrap()), 1);
    assert_eq!(world.queued().await, ["m-2", "m-1"]);
    world.clock.advance(GRACE);
    assert_eq!(sweep(&world.ctx).await.unwrap(), Swept::default(), "and is so once it was swept");
}

#[tokio::test]
async fn an_entry_that_is_young_has_the_rest_of_its_grace_and_no_other_minute() {
    let world = World::new().await;
    world.owed("t-1", "m-1").await;
    assert_eq!(sent(&sweep(&world.ctx).await.unwrap()), 1);
    assert!(world.clock.now_ms() <= NOW + 15_000, "{}", world.clock.now_ms());
    // One that has no time to wait leaves it to the next.
    world.owed("t-1", "m-2").await;
    let short = world.ctx.within(Duration::from_secs(8));
    assert_eq!(sent(&sweep(&short).await.unwrap()), 0);
}

#[tokio::test]
async fn a_minute_is_the_longest_that_anything_waits() {
    let world = World::new().await;
    for (n, offset) in [0_u64, 1, 9, 10, 11, 30, 49, 50, 51, 59].into_iter().enumerate() {
        let begun = world.clock.now_ms();
        sweep_due(&world.ctx).await.unwrap();
        world.clock.advance(Duration::from_secs(offset));
        let stored = world.clock.now_ms();
        world.owed("t-1", &format!("m-{n}")).await;
        // The schedule's next tick.
        let tick = begun + 60_000;
        world.clock.advance(Duration::from_millis(u64::try_from(tick - stored).unwrap_or(0)));
        sweep_due(&world.ctx).await.unwrap();
        assert_eq!(world.queued().await.len(), n + 1, "stored {offset} s after a tick");
        assert!(world.clock.now_ms() - stored <= 60_000 + 1_000, "{offset}: {}", world.clock.now_ms() - stored);
        world.clock.advance(EVERY);
    }
}

#[tokio::test]
async fn what_a_dead_process_left_is_sent_at_once_by_the_one_that_takes_the_data_over() {
    let world = World::new().await;
    world.owed("t-1", "m-1").await;
    world.clock.advance(Duration::from_millis(1));
    let alone = context(&world.local, 2).alone_since(world.clock.now_ms());
    assert_eq!(sent(&sweep(&alone).await.unwrap()), 1);
    assert_eq!(world.clock.now_ms(), NOW + 1, "and waits for nothing");
}

#[tokio::test]
async fn two_sweepers_at_once_send_a_message_once() {
    let world = World::new().await;
    for n in 0..40 {
        world.owed("t-1", &format!("m-{n}")).await;
    }
    world.clock.advance(GRACE);
    // Neither has the time to wait for what the other has in hand.
    let time = Duration::from_secs(8);
    let (first, second) = (world.ctx.within(time), context(&world.local, 2).within(time));
    let (one, two) = tokio::join!(sweep(&first), sweep(&second));
    assert_eq!(sent(&one.unwrap()) + sent(&two.unwrap()), 40);
    assert_eq!(world.queued().await.len(), 40);
}

#[tokio::test]
async fn a_tenant_with_much_to_send_does_not_keep_the_others_waiting() {
    let world = World::new().await;
    for n in 0..600 {
        world.owed("t-flood", &format!("f-{n}")).await;
    }
    for tenant in ["t-a", "t-other", "t-z"] {
        world.owed(tenant, tenant).await;
    }
    world.clock.advance(GRACE);
    // A run that ends in the middle: its time is up after 500 requests.
    let requests = Arc::new(AtomicUsize::new(0));
    let (counted, clock) = (Arc::clone(&requests), world.clock.clone());
    let gate = Gate::new(move |_, moment| {
        if moment == Moment::Before && counted.fetch_add(1, Ordering::SeqCst) == 500 {
            clock.advance(Duration::from_secs(60));
        }
        GateDecision::Go
    });
    let local = world.local.with_gates(&gate, &Gate::open());
    let swept = sweep(&context(&local, 3).within(Duration::from_secs(50))).await.unwrap();
    assert!(swept.left && sent(&swept) < 600, "{swept:?}");
    let queued = world.queued().await;
    for tenant in ["t-a", "t-other", "t-z"] {
        assert!(queued.iter().any(|id| id == tenant), "{tenant} waits for the flood");
    }
    // The next ones do the rest.
    for _ in 0..3 {
        world.clock.advance(GRACE);
        sweep(&world.ctx).await.unwrap();
    }
    assert_eq!(world.queued().await.len(), 603);
}

#[tokio::test]
async fn a_queue_that_takes_nothing_has_its_messages_when_it_does() {
    let world = World::new().await;
    world.owed("t-1", "m-1").await;
    world.clock.advance(GRACE);
    let shut = Gate::new(|operation, _| match operation {
        "PutItem" | "TransactWriteItems" | "BatchWriteItem" => GateDecision::Kill,
        _ => GateDecision::Go,
    });
    let local = world.local.with_gates(&Gate::open(), &shut);
    let swept = sweep(&context(&local, 2)).await.unwrap();
    assert_eq!((sent(&swept), swept.failed > 0), (0, true));
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(sent(&sweep(&world.ctx).await.unwrap()), 1);
}

#[tokio::test]
async fn what_a_record_does_not_hold_is_not_promised() {
    let world = World::new().await;
    let long = serde_json::json!({ "event": "x".repeat(400 * 1024) });
    let envelope = Envelope::new("fan-out", "m-1", &TenantId::new("t-1"), long);
    let error = Entry::of(&world.ctx, &WEBHOOK_FAN_OUT, &envelope).unwrap_err();
    assert_eq!(error.code, "platform.message");
    let none: [Envelope; 0] = [];
    assert!(Entry::of_all(&world.ctx, &QueueName::new("webhook-fan-out"), &none).is_err());
}
