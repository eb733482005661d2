//! Leases, slots and moments, on the embedded table, by a clock that is moved by hand: to the millisecond.

use aws_sdk_dynamodb::types::AttributeValue;
use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_engine::local::TABLE;
use tenon_model::TenantId;
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::http::NoHttp;
use tenon_platform::lease::{self, Lease};
use tenon_platform::{Clock, Context, Entropy};

const START_MS: i64 = 1_800_000_000_000;
const TIME: Duration = Duration::from_secs(60);
const MS: Duration = Duration::from_millis(1);

struct Fixture {
    local: Local,
    clock: Clock,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(START_MS);
        Self { local: Local::memory(clock.clone()).await.unwrap(), clock }
    }

    /// A process on this data.
    fn process(&self, seed: u64) -> Context {
        self.local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap()
    }

    /// Epoch second after which the table deletes a record.
    async fn expires(&self, partition: &str, sort: &str) -> i64 {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let get = self.local.client.get_item().table_name(TABLE).key("pk", text(partition)).key("sk", text(sort));
        let item = get.send().await.unwrap().item.unwrap();
        item["expires_at"].as_n().unwrap().parse().unwrap()
    }
}

async fn acquire(ctx: &Context, name: &str) -> Option<Lease> {
    lease::acquire(ctx, &TenantId::operator(), name, TIME).await.unwrap()
}

#[tokio::test]
async fn a_lease_binds_others_to_its_end_and_the_skew_beyond_it() {
    let w = Fixture::new().await;
    let (first, second) = (w.process(1), w.process(2));
    let held = acquire(&first, "thing").await.unwrap();
    assert!(!held.inherited);
    assert_eq!(w.expires("default#LEASE#thing", "-").await, (START_MS + millis(TIME)) / 1000 + 3600);
    assert!(acquire(&second, "thing").await.is_none());
    assert!(acquire(&second, "another").await.is_some());
    w.clock.advance(TIME + SKEW - MS);
    assert!(acquire(&second, "thing").await.is_none());
    w.clock.advance(MS);
    let taken = acquire(&second, "thing").await.unwrap();
    assert!(taken.inherited, "whoever had it did not give it back");
    assert!(acquire(&first, "thing").await.is_none());
    lease::release(&second, taken).await.unwrap();
    assert!(!acquire(&first, "thing").await.unwrap().inherited);
    drop(held);
}

#[tokio::test]
async fn what_a_process_holds_itself_it_judges_by_elapsed_time() {
    let w = Fixture::new().await;
    let ctx = w.process(1);
    for step in [600_000, -1_200_000] {
        let held = acquire(&ctx, "thing").await.unwrap();
        assert!(acquire(&ctx, "another").await.is_some());
        w.clock.step(step);
        assert!(acquire(&ctx, "thing").await.is_none(), "{step}");
        w.clock.advance(TIME - MS);
        assert!(acquire(&ctx, "thing").await.is_none(), "{step}");
        w.clock.advance(MS);
        let again = acquire(&ctx, "thing").await.unwrap();
        assert!(again.inherited, "{step}");
        lease::release(&ctx, again).await.unwrap();
        lease::release(&ctx, held).await.unwrap();
        w.clock.advance(TIME);
    }
}

#[tokio::test]
async fn a_holding_is_named_by_its_process_and_ends_when_it_is_said_to() {
    let w = Fixture::new().await;
    let (ctx, other) = (w.process(1), w.process(2));
    let (one, two) = (lease::holder(&ctx).unwrap(), lease::holder(&ctx).unwrap());
    assert_ne!(one, two);
    assert_ne!(one, lease::holder(&other).unwrap());
    let binds = |ctx: &Context, holder: &str| lease::binds(ctx, holder, ctx.now_ms(), ctx.now_ms() + 1);
    assert!(!binds(&ctx, &one), "nothing was noted");
    lease::note_held(&ctx, &one, TIME);
    lease::note_held(&ctx, &two, 2 * TIME);
    assert!(binds(&ctx, &one) && binds(&ctx, &two));
    lease::note_released(&ctx, &one);
    assert!(!binds(&ctx, &one) && binds(&ctx, &two));
    // To others it is somebody else's, by the wall clock.
    assert!(binds(&other, &one) && binds(&other, "xyzzy") && binds(&other, ""));
    w.clock.advance(2 * TIME - MS);
    assert!(binds(&ctx, &two));
    w.clock.advance(MS);
    assert!(!binds(&ctx, &two), "its time is up");
}

#[tokio::test]
async fn a_late_holder_neither_prolongs_nor_ends_what_came_after_it() {
    let w = Fixture::new().await;
    let (first, second, third) = (w.process(1), w.process(2), w.process(3));
    let mut late = acquire(&first, "thing").await.unwrap();
    w.clock.advance(TIME + SKEW);
    let mut held = acquire(&second, "thing").await.unwrap();
    assert!(!lease::renew(&first, &mut late, TIME).await.unwrap());
    lease::release(&first, late).await.unwrap();
    assert!(acquire(&third, "thing").await.is_none());

    w.clock.advance(TIME - MS);
    assert!(lease::renew(&second, &mut held, TIME).await.unwrap());
    assert!(lease::renew(&second, &mut held, TIME).await.unwrap(), "the renewed one's token counts");
    w.clock.advance(TIME - MS);
    // Its own process knows of the renewal too.
    assert!(acquire(&third, "thing").await.is_none() && acquire(&second, "thing").await.is_none());
    lease::release(&second, held).await.unwrap();
    assert!(!acquire(&third, "thing").await.unwrap().inherited);
}

#[tokio::test]
async fn of_many_who_want_it_at_once_one_has_it() {
    let w = Fixture::new().await;
    let processes: Vec<Context> = (0..12).map(|seed| w.process(seed)).collect();
    let taken = async || {
        let tried = futures::future::join_all(processes.iter().map(|ctx| acquire(ctx, "thing"))).await;
        tried.into_iter().flatten().count()
    };
    assert_eq!(taken().await, 1);
    w.clock.advance(TIME + SKEW);
    assert_eq!(taken().await, 1, "one takes over what nobody gave back");
}

#[tokio::test]
async fn who_is_alone_since_a_moment_is_not_bound_by_what_was_taken_before_it() {
    let w = Fixture::new().await;
    let (dead, late) = (w.process(1), w.process(2));
    assert!(acquire(&dead, "before").await.is_some());
    w.clock.advance(MS);
    let alone = w.process(3).alone_since(w.clock.now_ms());
    assert!(acquire(&late, "since").await.is_some());
    assert!(acquire(&alone, "before").await.unwrap().inherited);
    assert!(acquire(&alone, "since").await.is_none());
}

async fn slot(ctx: &Context) -> bool {
    lease::claim_slot(ctx, &TenantId::operator(), &["poll", "f"], TIME).await.unwrap()
}

async fn last(ctx: &Context) -> Option<i64> {
    lease::last_slots(ctx, &[(&TenantId::operator(), vec!["poll", "f"])]).await.unwrap()[0]
}

#[tokio::test]
async fn a_slot_is_claimed_once_however_many_ask() {
    let w = Fixture::new().await;
    let processes: Vec<Context> = (0..12).map(|seed| w.process(seed)).collect();
    let claimed = async || {
        let claims = futures::future::join_all(processes.iter().map(slot)).await;
        claims.into_iter().filter(|claimed| *claimed).count()
    };
    assert_eq!(last(&processes[0]).await, None);
    for expected in [1, 0] {
        assert_eq!(claimed().await, expected);
        assert_eq!(last(&processes[0]).await, Some(START_MS));
    }
    // Kept for an hour at least.
    assert_eq!(w.expires("default#ONCE#poll#f", "last").await, (START_MS + 3_600_000) / 1000);
    w.clock.advance(TIME - MS);
    assert_eq!(claimed().await, 0);
    w.clock.advance(MS);
    assert_eq!(claimed().await, 1);
    assert_eq!(last(&processes[0]).await, Some(START_MS + millis(TIME)));
    let day = Duration::from_secs(86_400);
    assert!(lease::claim_slot(&processes[0], &TenantId::operator(), &["day"], day).await.unwrap());
    let kept = (w.clock.now_ms() + 2 * millis(day)) / 1000;
    assert_eq!(w.expires("default#ONCE#day", "last").await, kept);
}

#[tokio::test]
async fn a_clock_that_is_set_back_stops_no_slot_of_who_claimed_the_last_one() {
    let w = Fixture::new().await;
    w.clock.advance(2 * TIME);
    let (own, other) = (w.process(1), w.process(2));
    assert!(slot(&own).await);
    w.clock.step(-4_000);
    assert!(!slot(&own).await);
    // The wall clock is in the slot that was claimed still; a minute has passed all the same.
    w.clock.advance(TIME - MS);
    assert!(!slot(&own).await);
    w.clock.advance(MS);
    assert!(slot(&own).await);
    assert!(!slot(&other).await);
}

#[tokio::test]
async fn a_claim_from_the_future_counts_for_nobody_else_and_the_latest_claim_for_all() {
    let w = Fixture::new().await;
    w.clock.advance(2 * TIME);
    let (own, other) = (w.process(1), w.process(2));
    assert!(slot(&own).await);
    w.clock.step(-millis(SKEW));
    assert!(!slot(&other).await, "as far ahead as clocks may be");
    w.clock.step(-1);
    assert!(slot(&other).await);
    // That was another's claim: how long ago one's own is says nothing any more. Both ask within that slot.
    w.clock.step(-600_000 + millis(SKEW) + 1);
    assert!(slot(&other).await);
    w.clock.advance(TIME - MS);
    w.clock.step(-millis(TIME) + 11_000);
    assert!(!slot(&other).await);
    w.clock.advance(2 * MS);
    assert!(!slot(&own).await);
}

#[tokio::test]
async fn moments_are_told_by_elapsed_time_and_old_ones_forgotten_when_there_are_many() {
    let w = Fixture::new().await;
    let ctx = w.process(1);
    w.clock.advance(Duration::from_secs(1_000));
    assert_eq!(lease::since_moment(&ctx, "old"), None);
    lease::note_moment(&ctx, "old".to_owned());
    w.clock.step(-500_000);
    w.clock.advance(Duration::from_secs(3_600));
    lease::note_moment(&ctx, "few".to_owned());
    assert_eq!(lease::since_moment(&ctx, "old"), Some(Duration::from_secs(3_600)));
    assert_eq!(lease::since_moment(&ctx, "few"), Some(Duration::ZERO));
    for number in 2..10_000 {
        lease::note_moment(&ctx, format!("m-{number}"));
    }
    assert!(lease::since_moment(&ctx, "old").is_some());
    lease::note_moment(&ctx, "one more".to_owned());
    assert_eq!(lease::since_moment(&ctx, "old"), None, "an hour old");
    w.clock.advance(Duration::from_secs(5));
    for known in ["few", "m-2", "m-9999", "one more"] {
        assert_eq!(lease::since_moment(&ctx, known), Some(Duration::from_secs(5)), "{known}");
    }
}
