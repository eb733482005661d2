//! One tenant's calls are bounded for the others' sake.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::TenantId;
use tenon_platform::http::NoHttp;
use tenon_platform::limits::Limits;
use tenon_platform::{Clock, Context, Entropy, Rejection};
use tenon_tenants::call_rate::{UNASKED, admit};

/// The beginning of ten seconds.
const NOW: i64 = 1_795_305_600_000;

struct Fixture {
    local: Local,
    clock: Clock,
    requests: Arc<AtomicUsize>,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(NOW);
        let local = Local::memory(clock.clone()).await.unwrap();
        Self { local, clock, requests: Arc::default() }
    }

    /// A process, where a tenant may call so often a second.
    fn process(&self, tenant_calls: u32, seed: u64) -> Context {
        let requests = Arc::clone(&self.requests);
        let gate = Gate::new(move |_, moment| {
            requests.fetch_add(usize::from(moment == Moment::Before), Ordering::SeqCst);
            GateDecision::Go
        });
        let local = self.local.with_gates(&gate, &Gate::open());
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap();
        ctx.with_limits(Limits { tenant_calls, ..Limits::default() })
    }
}

/// Of so many calls, those that are let in.
async fn let_in(ctx: &Context, tenant: &str, calls: usize) -> usize {
    let mut count = 0;
    for _ in 0..calls {
        count += usize::from(admit(ctx, &TenantId::new(tenant)).await.is_ok());
    }
    count
}

#[tokio::test]
async fn a_tenant_calls_as_often_as_it_may_and_then_waits() {
    let fixture = Fixture::new().await;
    let ctx = fixture.process(30, 1);
    fixture.clock.advance(Duration::from_millis(2_500));
    assert_eq!(let_in(&ctx, "t-1", 1_000).await, 300);
    let refused = admit(&ctx, &TenantId::new("t-1")).await.unwrap_err();
    assert!(matches!(refused, Rejection::TooOften { after_s: 8, .. }), "{refused:?}");
    assert_eq!((refused.status(), refused.retry_after_s()), (429, Some(8)));
    // Others are not concerned, and neither are the next ten seconds.
    assert_eq!(let_in(&ctx, "t-2", 10).await, 10);
    fixture.clock.advance(Duration::from_secs(8));
    assert_eq!(let_in(&ctx, "t-1", 1_000).await, 300);
}

#[tokio::test]
async fn all_processes_together_let_in_no_more_than_their_first_calls_beyond_the_limit() {
    let fixture = Fixture::new().await;
    let processes: Vec<Context> = (0..10).map(|n| fixture.process(30, n)).collect();
    let mut count = 0;
    for _ in 0..100 {
        for ctx in &processes {
            count += let_in(ctx, "t-1", 1).await;
        }
    }
    let beyond = usize::try_from(UNASKED).unwrap() * processes.len();
    assert!((250..=300 + beyond).contains(&count), "{count}");
}

#[tokio::test]
async fn calls_at_once_share_the_limit() {
    let fixture = Fixture::new().await;
    let ctx = fixture.process(10, 1);
    let tenant = TenantId::new("t-1");
    let outcomes = futures::future::join_all((0..400).map(|_| admit(&ctx, &tenant))).await;
    let count = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!((90..=105).contains(&count), "{count}");
}

#[tokio::test]
async fn who_calls_seldom_costs_no_request_and_who_calls_fast_few() {
    let fixture = Fixture::new().await;
    let ctx = fixture.process(1_000, 1);
    assert_eq!(let_in(&ctx, "t-1", 5).await, 5);
    assert_eq!(fixture.requests.load(Ordering::SeqCst), 0);
    assert_eq!(let_in(&ctx, "t-1", 2_000).await, 2_000);
    let requests = fixture.requests.load(Ordering::SeqCst);
    assert!(requests <= 40, "{requests} requests for 2000 calls");
}

#[tokio::test]
async fn operators_and_tenants_without_a_limit_call_as_they_like() {
    let fixture = Fixture::new().await;
    let ctx = fixture.process(0, 1);
    assert_eq!(let_in(&ctx, "t-1", 1_000).await, 1_000);
    let operator = TenantId::operator();
    assert_eq!(let_in(&fixture.process(1, 2), operator.as_str(), 100).await, 100);
    assert_eq!(fixture.requests.load(Ordering::SeqCst), 0);
}
