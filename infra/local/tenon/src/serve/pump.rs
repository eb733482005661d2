//! The pump: receives from a queue, makes real SQS events, hands them to the consumer, and deletes
//! what it did not report as failed. As Lambda's event source mapping does.

use super::registry::{self, Handler};
use super::{Ending, reached};
use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tenon_catalog::{QueueSpec, Trigger};
use tenon_engine::TableQueue;
use tenon_model::message::Envelope;
use tenon_platform::consumer::{Worker, consume};
use tenon_platform::queue::{QueueName, Received};
use tenon_platform::{Context, Error, Result};
use tokio::sync::{Notify, Semaphore, watch};

/// How long a message that nobody has answered for stays hidden. Longer than a link's lease, so that a
/// message that comes back after a crash finds the link free.
pub const VISIBILITY: Duration = Duration::from_secs(180);
/// How long a batch that may have more than [`AT_A_TIME`] messages waits for them. Lambda waits for whole
/// seconds; here people look at what they did a moment ago.
const WINDOW: Duration = Duration::from_millis(50);
/// Messages such a batch has here, at most. Records that are stored together keep everybody else from the
/// table meanwhile: a hundred of them for about 15 ms, which callers would notice.
const MAX: u32 = 20;
/// Messages SQS hands out at a time, at most.
const AT_A_TIME: u32 = 10;
/// A batch that lasts longer waits for somebody, and is no longer counted among those under way. What
/// bounds these is the places each connection and each endpoint has in a process.
const LONG: Duration = Duration::from_secs(1);
/// Batches of one queue that are not counted, at most.
const MAX_LONG: usize = 32;
/// Longest sleep of an idle pump: messages of another process wake nobody.
const IDLE: Duration = Duration::from_millis(500);

/// The consumers of the catalog with their queues.
pub fn consumers() -> impl Iterator<Item = (QueueName, &'static QueueSpec, Arc<dyn Worker>)> {
    registry::all().filter_map(|(function, handler)| match (function.trigger, handler) {
        (Trigger::Queue(_), Handler::Queue(worker)) => {
            Some((QueueName::new(function.name), tenon_catalog::queue(function.name)?, worker))
        }
        _ => None,
    })
}

/// Works one queue until told to stop; batches under way are finished, or in the end cut off and given back.
pub async fn run(
    ctx: Context,
    engine: TableQueue,
    queue: QueueName,
    spec: &'static QueueSpec,
    worker: Arc<dyn Worker>,
    wake: Arc<Notify>,
    mut ends: watch::Receiver<Ending>,
) {
    if worker.uneven() {
        return alone::run(ctx, engine, queue, spec, worker, wake, ends).await;
    }
    let batches = Arc::new(Semaphore::new(usize::try_from(spec.max_concurrency).unwrap_or(2)));
    let over_time = Arc::new(Semaphore::new(MAX_LONG));
    loop {
        let woken = wake.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let permit = tokio::select! {
            permit = Arc::clone(&batches).acquire_owned() => permit,
            () = reached(&mut ends, Ending::Finishing) => break,
        };
        let Ok(permit) = permit else { break };
        match gather(&ctx, &queue, spec.batch_size).await {
            Ok(messages) if !messages.is_empty() => {
                let (ctx, queue, worker, wake) = (ctx.clone(), queue.clone(), Arc::clone(&worker), Arc::clone(&wake));
                let (over_time, ends) = (Arc::clone(&over_time), ends.clone());
                tokio::spawn(async move {
                    let batch = work_or_give_back(&ctx, &queue, worker.as_ref(), messages, ends);
                    tokio::pin!(batch);
                    if tokio::time::timeout(LONG, &mut batch).await.is_err() {
                        // It waits for a vendor, who must not keep others waiting. Its place is another's
                        // while there are few such.
                        let long = over_time.try_acquire_owned();
                        let permit = if long.is_ok() {
                            drop(permit);
                            None
                        } else {
                            Some(permit)
                        };
                        wake.notify_waiters();
                        batch.await;
                        drop(permit);
                    }
                    wake.notify_waiters();
                });
            }
            Ok(_) => {
                drop(permit);
                let pause = pause(&ctx, &engine, &queue).await;
                tokio::select! {
                    () = &mut woken => {}
                    () = tokio::time::sleep(pause) => {}
                    () = reached(&mut ends, Ending::Finishing) => break,
                }
            }
            Err(error) => {
                tracing::error!(queue = %queue, error.message = %error, "queue could not be received from");
                drop(permit);
                tokio::time::sleep(IDLE).await;
            }
        }
    }
    // Every permit back means every batch is done.
    let _ = batches.acquire_many(spec.max_concurrency).await;
    let _ = over_time.acquire_many(u32::try_from(MAX_LONG).unwrap_or(1)).await;
}

/// Works one batch; one that is cut off in the end is given back.
async fn work_or_give_back(
    ctx: &Context,
    queue: &QueueName,
    worker: &dyn Worker,
    messages: Vec<Received>,
    mut ends: watch::Receiver<Ending>,
) {
    let receipts: Vec<String> = messages.iter().map(|m| m.receipt.clone()).collect();
    tokio::select! {
        _ = work(ctx, queue, worker, messages) => {}
        () = reached(&mut ends, Ending::CutOff) => give_back(ctx, queue, &receipts).await,
    }
}

/// Lets messages be received again at once.
async fn give_back(ctx: &Context, queue: &QueueName, receipts: &[String]) {
    tracing::warn!(queue = %queue, messages = receipts.len(), "a batch was cut off; its messages go on at the next start");
    for receipt in receipts {
        if let Err(error) = ctx.queue.release(queue, receipt, Duration::ZERO).await {
            tracing::debug!(queue = %queue, error.message = %error, "a message was not given back; its time out does that");
        }
    }
}

/// The messages of one batch. A large batch is given time to fill, as Lambda does where a queue has a
/// batching window: what is worked off together costs less than message by message.
async fn gather(ctx: &Context, queue: &QueueName, batch_size: u32) -> Result<Vec<Received>> {
    let batch_size = batch_size.min(MAX);
    let mut messages = ctx.queue.receive(queue, batch_size.min(AT_A_TIME), VISIBILITY).await?;
    if messages.is_empty() || batch_size <= AT_A_TIME {
        return Ok(messages);
    }
    tokio::time::sleep(WINDOW).await;
    loop {
        let room = batch_size.saturating_sub(u32::try_from(messages.len()).unwrap_or(batch_size));
        if room == 0 {
            return Ok(messages);
        }
        match ctx.queue.receive(queue, room.min(AT_A_TIME), VISIBILITY).await {
            Ok(more) if !more.is_empty() => messages.extend(more),
            // What was received is worked on; a queue that fails says so again next time.
            Ok(_) | Err(_) => return Ok(messages),
        }
    }
}

async fn pause(ctx: &Context, engine: &TableQueue, queue: &QueueName) -> Duration {
    let due = engine.next_visible_at(queue).await.ok().flatten();
    let wait = due.map_or(IDLE, |at| Duration::from_millis(u64::try_from((at - ctx.now_ms()).max(1)).unwrap_or(1)));
    wait.min(IDLE)
}

/// Lets the HTTP front go first before each message. The embedded table answers without waiting, so
/// that a batch would otherwise keep its thread to the end while a callback waits.
struct Courteous<'w>(&'w dyn Worker);

#[async_trait]
impl Worker for Courteous<'_> {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        tenon_engine::turn::pass().await;
        self.0.handle(ctx, envelope).await
    }

    async fn dead_letter(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        self.0.dead_letter(ctx, envelope, error).await
    }

    fn reads(&self, envelope: &Envelope) -> std::result::Result<(), String> {
        self.0.reads(envelope)
    }

    async fn finished(&self, ctx: &Context) {
        self.0.finished(ctx).await;
    }

    fn at_once(&self) -> usize {
        self.0.at_once()
    }

    fn uneven(&self) -> bool {
        self.0.uneven()
    }

    fn needs(&self) -> Duration {
        self.0.needs()
    }
}

/// Works one batch; returns how many messages were finished.
pub async fn work(ctx: &Context, queue: &QueueName, worker: &dyn Worker, messages: Vec<Received>) -> usize {
    let consumer = tenon_catalog::consumer(queue.as_str());
    let ctx = &consumer.map_or_else(|| ctx.clone(), |function| registry::within(ctx, function));
    let failed: HashSet<String> = consume(ctx, queue, &Courteous(worker), event(queue, &messages))
        .await
        .batch_item_failures
        .into_iter()
        .map(|f| f.item_identifier)
        .collect();
    let handled = messages.iter().filter(|m| !failed.contains(&m.id)).map(|m| m.receipt.clone());
    let handled: Vec<String> = handled.collect();
    match ctx.queue.delete_all(queue, &handled).await {
        Ok(()) => handled.len(),
        Err(error) => {
            tracing::error!(queue = %queue, error.message = %error, "handled messages could not all be deleted and will come again");
            0
        }
    }
}

/// A real SQS event of these messages.
pub fn event(queue: &QueueName, messages: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = messages
        .iter()
        .map(|m| {
            let mut record = SqsMessage::default();
            record.message_id = Some(m.id.clone());
            record.receipt_handle = Some(m.receipt.clone());
            record.body = Some(m.body.clone());
            record.attributes = [
                ("ApproximateReceiveCount".to_owned(), m.receives.to_string()),
                ("SentTimestamp".to_owned(), m.sent_ms.to_string()),
            ]
            .into();
            record.event_source = Some("aws:sqs".to_owned());
            record.event_source_arn = Some(format!("arn:aws:sqs:local:000000000000:{queue}"));
            record.aws_region = Some("local".to_owned());
            record
        })
        .collect();
    event
}

/// Works every queue until nothing is due any more.
pub async fn drain(ctx: &Context) -> Result<usize> {
    let mut total = 0;
    loop {
        let mut round = 0;
        for (queue, spec, worker) in consumers() {
            let messages = ctx.queue.receive(&queue, spec.batch_size, VISIBILITY).await?;
            if !messages.is_empty() {
                round += work(ctx, &queue, worker.as_ref(), messages).await;
            }
        }
        if round == 0 {
            return Ok(total);
        }
        total += round;
    }
}

mod alone;

#[cfg(test)]
mod tests;
