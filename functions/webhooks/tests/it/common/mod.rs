//! One installation with its clock, and loopback receivers that behave as told.

pub mod receiver;

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_delivery::record::{Delivery, State};
use tenon_delivery::{deliveries, events};
use tenon_engine::{Gate, Local};
use tenon_model::call::{CallRecord, Direction};
use tenon_model::tenant_app::{AppSecret, Callback, RetryPreset, TenantApp};
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, EventKind, Module, TenantId};
use tenon_platform::consumer::Worker;
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_FAN_OUT, WEBHOOK_RESEND, WEBHOOK_RETRY};
use tenon_platform::table::Outcome;
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::{apps, call_log};
use tenon_webhooks::deliver::Deliverer;
use tenon_webhooks::fan_out::FanOuter;
use tenon_webhooks::resend::Resender;

pub const START: i64 = 1_795_305_600_000;
pub const HOUR: i64 = 3_600_000;
const VISIBILITY: Duration = Duration::from_secs(360);
const QUEUES: [QueueName; 4] = [WEBHOOK_FAN_OUT, WEBHOOK_DELIVER, WEBHOOK_RETRY, WEBHOOK_RESEND];

/// The table, the clock and the present process.
pub struct Fixture {
    pub local: Local,
    pub clock: Clock,
    pub ctx: Context,
    pub tenant: TenantId,
    /// How long endpoints have, by the real clock.
    pub timeout: Duration,
    seed: u64,
}

impl Fixture {
    pub async fn new() -> Self {
        let clock = Clock::manual(START);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = process(&local, &clock, 1);
        let tenant = TenantId::new("t-1");
        Self { local, clock, ctx, tenant, timeout: Duration::from_secs(10), seed: 1 }
    }

    /// A new process, which the gate may kill; the one before is dead.
    pub async fn restart(&mut self, gate: Gate) {
        self.seed += 1;
        for queue in QUEUES {
            self.local.queue.recover(&queue).await.unwrap();
        }
        self.ctx = process(&self.local.with_gate(gate), &self.clock, self.seed);
    }

    /// A new process on AWS, where what the dead one had received stays hidden for its time.
    pub async fn restart_keeping_messages(&mut self) {
        self.seed += 1;
        self.ctx = process(&self.local, &self.clock, self.seed);
    }

    /// A look at the table by nobody.
    pub fn onlooker(&self) -> Context {
        process(&self.local, &self.clock, 99)
    }

    /// An app whose callback is this address, signed with `secret`.
    pub async fn app(&self, module: Module, url: &str, change: impl FnOnce(&mut TenantApp)) -> TenantApp {
        self.app_of(&self.tenant, module, url, change).await
    }

    pub async fn app_of(
        &self,
        tenant: &TenantId,
        module: Module,
        url: &str,
        change: impl FnOnce(&mut TenantApp),
    ) -> TenantApp {
        let ctx = &self.ctx;
        let id = apps::new_id(ctx).unwrap();
        let mut app = TenantApp {
            callback: Some(Callback {
                url: url.to_owned(),
                secrets: vec![self.secret(tenant, &id, "plain-secret", None).await],
                events: None,
                preset: RetryPreset::Standard,
                rate_per_second: None,
                generation: 0,
            }),
            ..TenantApp::new(id.clone(), tenant.clone(), module, apps::new_app_key(ctx).unwrap(), ctx.now_ms())
        };
        change(&mut app);
        let writes = apps::create_writes(&app, ctx.now_ms()).unwrap();
        assert_eq!(ctx.table.transact(writes).await.unwrap(), Outcome::Done);
        app
    }

    pub async fn secret(&self, tenant: &TenantId, app: &AppId, plain: &str, until_ms: Option<i64>) -> AppSecret {
        AppSecret { secret: apps::seal(&self.ctx, tenant, app, apps::CALLBACK_SECRET, plain).await.unwrap(), until_ms }
    }

    /// Changes an app that is stored.
    pub async fn change(&self, app: &TenantApp, change: impl FnOnce(&mut TenantApp)) {
        let stored = apps::get(&self.ctx, &app.tenant, &app.id).await.unwrap().unwrap();
        let mut app = stored.data;
        change(&mut app);
        assert_eq!(apps::update(&self.ctx, &app, stored.version).await.unwrap(), Outcome::Done);
    }

    /// Hands an event in, as whoever brings one does.
    pub async fn event(&self, id: &str, kind: EventKind) {
        self.event_of(&self.tenant, id, kind).await;
    }

    pub async fn event_of(&self, tenant: &TenantId, id: &str, kind: EventKind) {
        self.try_event(tenant, id, kind).await.unwrap();
    }

    /// As [`event`](Self::event), by a process that may be dead.
    pub async fn try_event(&self, tenant: &TenantId, id: &str, kind: EventKind) -> tenon_platform::Result<()> {
        let body = format!(r#"{{"event":"{kind}","timestamp":"2026-11-22T08:00:00","data":{{"orderNo":"{id}"}}}}"#);
        let at_ms = self.ctx.now_ms();
        let (payload_hash, fanned_out, skipped) = (String::new(), false, Vec::new());
        let event = WebhookEvent { id: id.to_owned(), kind, at_ms, body, payload_hash, fanned_out, skipped };
        self.ctx.table.transact(vec![events::write(tenant, &event, at_ms)?]).await?;
        events::queue(&self.ctx, tenant, id).await
    }

    pub fn worker(&self, queue: &QueueName) -> Box<dyn Worker> {
        match queue.as_str() {
            "webhook-fan-out" => Box::new(FanOuter),
            "webhook-deliver" => Box::new(Deliverer::FIRST.with_timeout(self.timeout)),
            "webhook-retry" => Box::new(Deliverer::RETRY.with_timeout(self.timeout)),
            "webhook-resend" => Box::new(Resender),
            other => panic!("{other}"),
        }
    }

    /// One batch of one queue; how many messages it had.
    pub async fn pump(&self, queue: &QueueName) -> usize {
        tenon_testkit::pump(&self.ctx, queue, self.worker(queue).as_ref(), VISIBILITY).await
    }

    /// Everything that is due now.
    pub async fn settle(&self) {
        loop {
            let mut worked = 0;
            for queue in &QUEUES {
                worked += self.pump(queue).await;
            }
            if worked == 0 {
                return;
            }
        }
    }

    /// Epoch ms of the next message of any queue.
    pub async fn next(&self) -> Option<i64> {
        let mut next = None;
        for queue in &QUEUES {
            let at = self.local.queue.next_visible_at(queue).await.unwrap();
            next = [next, at].into_iter().flatten().min();
        }
        next
    }

    /// Works until this time, jumping from message to message.
    pub async fn run_until(&self, until_ms: i64) {
        loop {
            self.settle().await;
            let Some(next) = self.next().await.filter(|at| *at <= until_ms) else { break };
            self.at(next);
        }
        self.at(until_ms);
    }

    /// Works until the queues are empty.
    pub async fn run_out(&self) {
        for _ in 0..5_000 {
            self.settle().await;
            let Some(next) = self.next().await else { return };
            self.at(next);
        }
        panic!("the queues do not get empty");
    }

    /// Moves the clock, never back.
    pub fn at(&self, ms: i64) {
        let ahead = ms - self.clock.now_ms();
        self.clock.advance(Duration::from_millis(u64::try_from(ahead).unwrap_or(0)));
    }

    pub async fn deliveries(&self, app: &TenantApp) -> Vec<Delivery> {
        let mut all = Vec::new();
        let mut beyond = None;
        loop {
            let wanted =
                deliveries::Wanted { from_ms: 0, to_ms: i64::MAX / 4, beyond, newest_first: false, limit: 100 };
            let page = deliveries::page(&self.ctx, &app.tenant, &app.id, &wanted).await.unwrap();
            beyond = page.items.last().map(|s| s.data.id.clone());
            let last = page.next.is_none();
            all.extend(page.items.into_iter().map(|s| s.data));
            if last {
                return all;
            }
        }
    }

    /// The app's only delivery.
    pub async fn delivery(&self, app: &TenantApp) -> Delivery {
        let mut all = self.deliveries(app).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub async fn all_delivered(&self, app: &TenantApp) -> usize {
        let all = self.deliveries(app).await;
        assert!(all.iter().all(|d| d.state == State::Delivered), "{all:?}");
        all.len()
    }

    /// Pushes to an app in the call log, oldest first.
    pub async fn log(&self, app: &TenantApp) -> Vec<CallRecord> {
        let filter = call_log::Filter {
            app: Some(app.id.clone()),
            direction: Some(Direction::Outbound),
            ..call_log::Filter::default()
        };
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let page = call_log::page(&self.ctx, &app.tenant, &filter, cursor.as_deref(), 200).await.unwrap();
            all.extend(page.records);
            cursor = page.next;
            if cursor.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    pub async fn dead_letters(&self) -> Vec<Value> {
        let mut found = Vec::new();
        for queue in &QUEUES {
            let letters = self.local.queue.peek(&queue.dead_letters(), 100).await.unwrap();
            found.extend(letters.iter().map(|m| serde_json::from_str::<Value>(&m.body).unwrap()));
        }
        found
    }
}

thread_local! {
    /// One client for all processes of a test, which has a thread of its own: making one is slow.
    static CLIENT: Arc<GuardedClient> = Arc::new(GuardedClient::new(Allowances::loopback()));
}

fn process(local: &Local, clock: &Clock, seed: u64) -> Context {
    local
        .context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32]))
        .unwrap()
        .with_outgoing(CLIENT.with(Arc::clone))
        .alone_since(clock.now_ms())
}
