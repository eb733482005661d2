//! Messages whose work does not come to an end by itself, and messages that take very long.

mod slow;

use super::work;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use tenon_engine::Local;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_model::webhook::FanOut;
use tenon_platform::consumer::{MAX_RECEIVES, Worker};
use tenon_platform::http::NoHttp;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::queue::{WEBHOOK_FAN_OUT, send_envelope};
use tenon_platform::{Clock, Context, Entropy, Error, Result};

const NOW: i64 = 1_790_000_000_000;
const VISIBILITY: Duration = Duration::from_secs(60);

async fn environment() -> (Local, Context, Clock) {
    let clock = Clock::manual(NOW);
    let local = Local::memory(clock.clone()).await.unwrap();
    let key = tenon_crypto::secrets::MasterKey::from_bytes([7; 32]);
    let ctx = local.context(Arc::new(NoHttp), Entropy::seeded(1), key).unwrap();
    let envelope = Envelope::new("fan-out", "w-1", &TenantId::default(), FanOut { event: "e-1".to_owned() });
    send_envelope(ctx.queue.as_ref(), &WEBHOOK_FAN_OUT, &envelope, NOW).await.unwrap();
    (local, ctx, clock)
}

async fn turn(ctx: &Context, worker: &dyn Worker) {
    let messages = ctx.queue.receive(&WEBHOOK_FAN_OUT, 10, VISIBILITY).await.unwrap();
    work(ctx, &WEBHOOK_FAN_OUT, worker, messages).await;
}

async fn letter(local: &Local) -> Envelope {
    let letters = local.queue.peek(&WEBHOOK_FAN_OUT.dead_letters(), 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(local.queue.depth(&WEBHOOK_FAN_OUT).await.unwrap().total(), 0);
    serde_json::from_str(&letters[0].body).unwrap()
}

/// Panics at its first messages, and remembers what it was told of those given up.
#[derive(Default)]
struct Faulty {
    panics: u32,
    handled: Mutex<u32>,
    dead_lettered: Mutex<Vec<&'static str>>,
}

impl Job for Faulty {
    type Message = FanOut;
    const NAME: &'static str = "fan-out";

    fn run<'a>(&'a self, _: &'a Context, _: &'a Envelope<FanOut>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let number = {
                let mut handled = self.handled.lock().unwrap();
                *handled += 1;
                *handled
            };
            assert!(number > self.panics, "number {number} is too much");
            Ok(())
        })
    }

    fn on_dead_letter<'a>(
        &'a self,
        _: &'a Context,
        _: &'a Envelope<FanOut>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.dead_lettered.lock().unwrap().push(error.code);
            Ok(())
        })
    }
}

#[test]
fn a_queue_hands_out_more_often_than_its_consumer_takes() {
    for spec in tenon_catalog::QUEUES {
        assert_eq!(spec.max_receive_count, tenon_engine::queue::MAX_RECEIVES, "{} locally", spec.name);
        assert!(spec.max_receive_count > MAX_RECEIVES, "{} leaves no receive to say why", spec.name);
    }
}

#[tokio::test]
async fn a_message_that_no_process_survives_is_given_up_with_its_reason() {
    let (local, ctx, clock) = environment().await;
    let worker = Faulty::default();
    for _ in 0..MAX_RECEIVES {
        // Received, and never answered for.
        assert_eq!(ctx.queue.receive(&WEBHOOK_FAN_OUT, 10, VISIBILITY).await.unwrap().len(), 1);
        clock.advance(VISIBILITY);
    }
    turn(&ctx, &worker).await;
    assert_eq!(*worker.handled.lock().unwrap(), 0, "it is not risked a sixth time");
    assert_eq!(*worker.dead_lettered.lock().unwrap(), ["platform.crashed"]);
    assert_eq!(letter(&local).await.reason.unwrap().code, "platform.crashed");
}

#[tokio::test]
async fn work_of_another_job_goes_to_the_dead_letters_with_its_reason() {
    let (local, ctx, _) = environment().await;
    turn(&ctx, &Faulty::default()).await;
    let stray = Envelope::new("submit", "w-2", &TenantId::default(), FanOut { event: "e-1".to_owned() });
    send_envelope(ctx.queue.as_ref(), &WEBHOOK_FAN_OUT, &stray, NOW).await.unwrap();
    let worker = Faulty::default();
    turn(&ctx, &worker).await;
    assert_eq!((*worker.handled.lock().unwrap(), worker.dead_lettered.lock().unwrap().len()), (0, 0));
    let reason = letter(&local).await.reason.unwrap();
    let message = "work of the job submit lies where the job fan-out is done";
    assert_eq!((reason.code.as_str(), reason.message.as_str()), ("platform.message", message));
}

#[tokio::test]
async fn an_older_process_works_off_before_a_newer_one_and_leaves_to_it_what_it_wrote() {
    let (local, ctx, clock) = environment().await;
    turn(&ctx, &Faulty::default()).await;
    let before = r#"{"v":1,"id":"w-2","tenant":"default","body":{"kind":"fan-out","event":"e-1"}}"#;
    let after = r#"{"v":3,"id":"w-3","something":"else"}"#;
    for body in [before, after] {
        ctx.queue.send(&WEBHOOK_FAN_OUT, body.to_owned(), Duration::ZERO).await.unwrap();
    }
    let worker = Faulty::default();
    turn(&ctx, &worker).await;
    assert_eq!(*worker.handled.lock().unwrap(), 1);
    clock.advance(VISIBILITY);
    let left = ctx.queue.receive(&WEBHOOK_FAN_OUT, 10, VISIBILITY).await.unwrap();
    assert_eq!(left.iter().map(|m| m.body.as_str()).collect::<Vec<_>>(), [after]);
    assert_eq!(local.queue.depth(&WEBHOOK_FAN_OUT.dead_letters()).await.unwrap().total(), 0);
}

#[tokio::test]
async fn a_panic_is_tried_again_and_says_what_it_was() {
    let (local, ctx, clock) = environment().await;
    let worker = Faulty { panics: 2, ..Faulty::default() };
    turn(&ctx, &worker).await;
    let waiting = local.queue.peek(&WEBHOOK_FAN_OUT, 10).await.unwrap();
    let reason = serde_json::from_str::<Envelope>(&waiting[0].body).unwrap().reason.unwrap();
    assert_eq!(reason.code, "platform.panic");
    assert!(reason.message.contains("number 1 is too much"), "{}", reason.message);
    for _ in 0..2 {
        clock.advance(Duration::from_secs(10));
        turn(&ctx, &worker).await;
    }
    assert_eq!(*worker.handled.lock().unwrap(), 3);
    assert_eq!(local.queue.depth(&WEBHOOK_FAN_OUT).await.unwrap().total(), 0);
    assert_eq!(*worker.dead_lettered.lock().unwrap(), [""; 0]);
}

/// Never comes to an end.
struct Hanging(tokio::sync::Notify);

impl Job for Hanging {
    type Message = FanOut;
    const NAME: &'static str = "fan-out";

    fn run<'a>(&'a self, _: &'a Context, _: &'a Envelope<FanOut>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.0.notify_one();
            std::future::pending().await
        })
    }

    fn on_dead_letter<'a>(
        &'a self,
        _: &'a Context,
        _: &'a Envelope<FanOut>,
        _: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { Ok(()) })
    }
}

#[tokio::test]
async fn a_batch_that_does_not_end_is_given_back_at_the_end() {
    let (local, ctx, _) = environment().await;
    let worker = Arc::new(Hanging(tokio::sync::Notify::new()));
    let (ending, ends) = tokio::sync::watch::channel(super::Ending::NotYet);
    let spec = tenon_catalog::queue(WEBHOOK_FAN_OUT.as_str()).unwrap();
    let engine = local.queue.clone();
    let running = tokio::spawn(super::run(ctx, engine, WEBHOOK_FAN_OUT, spec, worker.clone(), Arc::default(), ends));
    worker.0.notified().await;
    ending.send_replace(super::Ending::Finishing);
    tokio::task::yield_now().await;
    assert!(!running.is_finished(), "it is given time");
    ending.send_replace(super::Ending::CutOff);
    running.await.unwrap();
    let depth = local.queue.depth(&WEBHOOK_FAN_OUT).await.unwrap();
    assert_eq!((depth.visible, depth.total()), (1, 1));
}
