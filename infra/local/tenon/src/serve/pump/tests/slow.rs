//! First attempts to endpoints that are well, beside a hundred that take their time.

use super::super::{Ending, consumers, run, work};
use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tenon_crypto::secrets::MasterKey;
use tenon_delivery::events;
use tenon_engine::Local;
use tenon_model::tenant_app::{AppSecret, Callback, RetryPreset, TenantApp};
use tenon_model::webhook::WebhookEvent;
use tenon_model::{EventKind, Module, TenantId};
use tenon_platform::http::NoHttp;
use tenon_platform::outgoing::{Allowances, GuardedClient, Outgoing, OutgoingAnswer, OutgoingCall, OutgoingFailure};
use tenon_platform::queue::{QueueName, WEBHOOK_DELIVER, WEBHOOK_FAN_OUT, WEBHOOK_RETRY};
use tenon_platform::{Clock, Context, Entropy};
use tenon_tenants::apps;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

/// Endpoints that do not answer while the test lasts.
const SLOW: usize = 100;
/// Events for each of them: more than may be under way.
const EVENTS: usize = 3;
/// Endpoints that answer at once.
const WELL: usize = 10;

/// What became of the requests of a receiver.
#[derive(Default)]
struct Requests {
    begun: AtomicUsize,
    /// Given up by their sender, who waited for their answer.
    given_up: AtomicUsize,
}

/// A receiver; it answers at once, or never.
async fn receiver(answers: bool) -> (String, Arc<Requests>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let requests = Arc::new(Requests::default());
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                counted.begun.fetch_add(1, Ordering::SeqCst);
                if answers {
                    let _ =
                        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
                } else {
                    while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
                    counted.given_up.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (url, requests)
}

/// Calls whose time-out is beyond this test: an endpoint that does not answer then holds whoever waits for it to the
/// end, however slow the machine is.
struct Unhurried(GuardedClient);

#[async_trait]
impl Outgoing for Unhurried {
    async fn check(&self, url: &str) -> Result<(), OutgoingFailure> {
        self.0.check(url).await
    }

    async fn call(&self, mut call: OutgoingCall) -> Result<OutgoingAnswer, OutgoingFailure> {
        call.timeout = Duration::from_secs(3_600);
        self.0.call(call).await
    }
}

async fn app(ctx: &Context, tenant: &TenantId, url: &str) {
    let id = apps::new_id(ctx).unwrap();
    let secret = apps::seal(ctx, tenant, &id, apps::CALLBACK_SECRET, "plain-secret").await.unwrap();
    let app = TenantApp {
        callback: Some(Callback {
            url: url.to_owned(),
            secrets: vec![AppSecret { secret, until_ms: None }],
            events: None,
            preset: RetryPreset::Standard,
            rate_per_second: None,
            generation: 0,
        }),
        ..TenantApp::new(id, tenant.clone(), Module::OrderSync, apps::new_app_key(ctx).unwrap(), ctx.now_ms())
    };
    ctx.table.transact(apps::create_writes(&app, ctx.now_ms()).unwrap()).await.unwrap();
}

async fn event(ctx: &Context, tenant: &TenantId, id: &str) {
    let at_ms = ctx.now_ms();
    let body = format!(r#"{{"event":"ORDER_STATUS","timestamp":"2026-11-22T08:00:00","data":{{"orderNo":"{id}"}}}}"#);
    let (id, kind, skipped) = (id.to_owned(), EventKind::OrderStatus, Vec::new());
    let event = WebhookEvent { id, kind, at_ms, body, payload_hash: String::new(), fanned_out: false, skipped };
    ctx.table.transact(vec![events::write(tenant, &event, at_ms).unwrap()]).await.unwrap();
    events::queue(ctx, tenant, &event.id).await.unwrap();
}

/// Makes the deliveries of every event that waits.
async fn fanned_out(ctx: &Context) {
    let (queue, _, worker) = consumers().find(|(queue, _, _)| *queue == WEBHOOK_FAN_OUT).unwrap();
    loop {
        let messages = ctx.queue.receive(&queue, 10, Duration::from_secs(60)).await.unwrap();
        if messages.is_empty() {
            return;
        }
        work(ctx, &queue, worker.as_ref(), messages).await;
    }
}

/// Waits for so many requests, and for nothing else: as long as the machine takes. The end of a delivery's function
/// comes before the end of this time, and is seen by what it gives up.
async fn reached(requests: &Requests, wanted: usize) -> Duration {
    let (begun, within) = (Instant::now(), Duration::from_secs(55));
    while requests.begun.load(Ordering::SeqCst) < wanted {
        let seen = requests.begun.load(Ordering::SeqCst);
        assert!(begun.elapsed() < within, "{seen} of {wanted} after {within:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_endpoints_that_take_their_time_do_not_hold_up_the_others() {
    let local = Local::memory(Clock::system()).await.unwrap();
    let ctx = local.context(Arc::new(NoHttp), Entropy::system(), MasterKey::from_bytes([7; 32])).unwrap();
    let ctx = ctx.with_outgoing(Arc::new(Unhurried(GuardedClient::new(Allowances::loopback()))));
    let ((slow_url, hanging), (well_url, arrived)) = (receiver(false).await, receiver(true).await);
    let slow: Vec<TenantId> = (0..SLOW).map(|n| TenantId::new(format!("slow-{n}"))).collect();
    let well: Vec<TenantId> = (0..WELL).map(|n| TenantId::new(format!("well-{n}"))).collect();
    for tenant in &slow {
        app(&ctx, tenant, &slow_url).await;
        for n in 0..EVENTS {
            event(&ctx, tenant, &format!("e-{n}")).await;
        }
    }
    for tenant in &well {
        app(&ctx, tenant, &well_url).await;
    }
    fanned_out(&ctx).await;
    let (stop, stopped) = watch::channel(Ending::NotYet);
    let mut pumps = JoinSet::new();
    let delivering = |queue: &QueueName| [WEBHOOK_DELIVER, WEBHOOK_RETRY].contains(queue);
    for (queue, spec, worker) in consumers().filter(|(queue, _, _)| delivering(queue)) {
        let wake = Arc::new(Notify::new());
        pumps.spawn(run(ctx.clone(), local.queue.clone(), queue, spec, worker, wake, stopped.clone()));
    }
    // Every place of every slow endpoint is taken, and a third event waits for each.
    reached(&hanging, 2 * SLOW).await;
    for tenant in &well {
        event(&ctx, tenant, "e-well").await;
    }
    fanned_out(&ctx).await;
    let took = reached(&arrived, WELL).await;
    println!("first attempts to {WELL} endpoints that are well, beside {SLOW} that hang: {} ms", took.as_millis());
    // Those that hang hang still: nobody who arrived waited for one of them.
    assert_eq!(hanging.given_up.load(Ordering::SeqCst), 0);
    assert!(hanging.begun.load(Ordering::SeqCst) <= 2 * SLOW, "two attempts at a time to each, and no more");
    pumps.abort_all();
    drop(stop);
}
