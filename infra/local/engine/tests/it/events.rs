//! Remembered events, on the embedded table: an event is open until its work is done, and is forgotten after a month.

use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::Local;
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::events::{EventRecord, Remembered};
use tenon_platform::http::NoHttp;
use tenon_platform::outbox::{Entry, GRACE, owed};
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::{Clock, Context, Entropy, events};

const START_MS: i64 = 1_800_000_000_000;
const DAY: Duration = Duration::from_secs(86_400);

struct Fixture {
    local: Local,
    clock: Clock,
    ctx: Context,
    connection: ConnectionId,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(START_MS);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), MasterKey::from_bytes([7; 32])).unwrap();
        Self { local, clock, ctx, connection: ConnectionId::new("ding-main") }
    }

    fn record(&self) -> EventRecord {
        let received_ms = self.clock.now_ms();
        EventRecord { instance: None, template: None, outcome: None, received_ms, done: false, ignored: None }
    }

    async fn remember(&self, name: &str) -> Remembered {
        events::remember(&self.ctx, &TenantId::operator(), &self.connection, name, &self.record()).await.unwrap()
    }

    async fn remember_with(&self, name: &str, promised: &Entry) -> Remembered {
        let (tenant, record) = (TenantId::operator(), self.record());
        events::remember_with(&self.ctx, &tenant, &self.connection, name, &record, promised).await.unwrap()
    }

    async fn mark_done(&self, name: &str) {
        events::mark_done(&self.ctx, &TenantId::operator(), &self.connection, name).await.unwrap();
    }

    async fn is_done(&self, name: &str) -> bool {
        events::is_done(&self.ctx, &TenantId::operator(), &self.connection, name).await.unwrap()
    }

    async fn received(&self, name: &str) -> Option<i64> {
        events::received(&self.ctx, &TenantId::operator(), &self.connection, name).await.unwrap()
    }

    /// A message that follows from an event.
    fn promise(&self, id: &str) -> Entry {
        let envelope = Envelope::new("write-back", id, &TenantId::operator(), serde_json::json!({}));
        Entry::of(&self.ctx, &APPROVALS_WRITE_BACK, &envelope).unwrap()
    }

    /// Messages that are owed once they are older than a send may take.
    async fn promised(&self) -> u64 {
        self.clock.advance(GRACE + Duration::from_secs(1));
        owed(&self.ctx).await.unwrap().messages
    }

    /// How many records are left once the table has deleted what is over.
    async fn left(&self) -> usize {
        self.local.sweep_expired().unwrap();
        let all = self.ctx.table.scan(None, 1_000).await.unwrap().records;
        all.iter().filter(|record| record.key.partition().contains("#EVENT#")).count()
    }
}

#[tokio::test]
async fn an_event_is_open_until_its_work_is_done() {
    let w = Fixture::new().await;
    assert_eq!((w.is_done("e").await, w.received("e").await), (false, None));
    w.mark_done("e").await;
    assert_eq!(w.left().await, 0, "nothing is made of an event that never came");
    assert_eq!(w.remember("e").await, Remembered::New);
    w.clock.advance(DAY);
    assert_eq!(w.remember("e").await, Remembered::Open);
    assert!(!w.is_done("e").await);
    w.mark_done("e").await;
    assert!(w.is_done("e").await);
    assert_eq!(w.remember("e").await, Remembered::Done);
    w.mark_done("e").await;
    // The first delivery's time stays, and each event has a place of its own.
    assert_eq!(w.received("e").await, Some(START_MS));
    assert_eq!(w.remember("other").await, Remembered::New);
    let elsewhere = ConnectionId::new("ding-two");
    let tenant = TenantId::operator();
    assert!(!events::is_done(&w.ctx, &tenant, &elsewhere, "e").await.unwrap());
    assert_ne!(events::event_name("e-1"), events::event_name("e-2"));
    assert_eq!(events::event_name("e-1").len(), 32);
}

#[tokio::test]
async fn an_event_and_the_message_that_follows_from_it_are_stored_together_or_not_at_all() {
    let w = Fixture::new().await;
    assert_eq!(w.remember_with("e", &w.promise("m-1")).await, Remembered::New);
    assert_eq!((w.promised().await, w.received("e").await), (1, Some(START_MS)));
    assert_eq!(w.remember_with("e", &w.promise("m-2")).await, Remembered::Open);
    w.mark_done("e").await;
    assert_eq!(w.remember_with("e", &w.promise("m-3")).await, Remembered::Done);
    assert_eq!(w.promised().await, 1, "what was not stored promises nothing");
}

#[tokio::test]
async fn an_event_is_forgotten_a_month_after_its_first_delivery() {
    let w = Fixture::new().await;
    w.remember("alone").await;
    w.remember_with("with", &w.promise("m-1")).await;
    w.remember("done").await;
    w.clock.advance(DAY * 29);
    // Done late, it is kept no longer for that.
    w.mark_done("done").await;
    assert_eq!(w.left().await, 3);
    assert_eq!(w.remember("alone").await, Remembered::Open);
    w.clock.advance(DAY + Duration::from_secs(60));
    assert_eq!(w.left().await, 0);
    assert_eq!(w.remember("done").await, Remembered::New);
}
