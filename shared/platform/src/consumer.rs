//! Queue consumers: every message of a batch fails or succeeds alone, is tried again when that can
//! help, and goes to the dead-letter queue with its reason when it cannot.

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::queue::{QueueName, send_envelope};
use crate::retry::next_wait;
use async_trait::async_trait;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::FutureExt;
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tenon_model::message::{Envelope, Reason, Unreadable, VERSION};

/// Receives of one message that end without an answer, because the process died or ran out of time, after
/// which it is given up with a reason. The queue's own limit is higher: it moves a message in silence.
pub const MAX_RECEIVES: u32 = 5;

/// Of the time a process may run, what is kept for storing an outcome and giving messages back.
pub const TO_STORE: Duration = Duration::from_secs(6);
/// Work that is still going this long before its process has to be done is broken off, and goes on from what
/// is stored: a process that is killed answers for none of its messages.
const TO_ANSWER: Duration = Duration::from_secs(3);

/// Whoever works a queue, whatever its messages say: a [`Job`](crate::job::Job), or what stands before one.
#[async_trait]
pub trait Worker: Send + Sync {
    /// As [`Job::run`](crate::job::Job::run).
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()>;

    /// As [`Job::on_dead_letter`](crate::job::Job::on_dead_letter).
    async fn dead_letter(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()>;

    /// Whether a message is of a form it reads; what is wrong with it.
    ///
    /// # Errors
    /// What is wrong with it.
    fn reads(&self, envelope: &Envelope) -> std::result::Result<(), String>;

    /// As [`Job::on_batch_end`](crate::job::Job::on_batch_end).
    async fn finished(&self, ctx: &Context);

    /// As [`Job::at_once`](crate::job::Job::at_once).
    fn at_once(&self) -> usize;

    /// As [`Job::uneven`](crate::job::Job::uneven).
    fn uneven(&self) -> bool;

    /// As [`Job::needs`](crate::job::Job::needs).
    fn needs(&self) -> Duration;
}

/// Works a batch through. Reports as failed only what must be received again.
pub async fn consume(ctx: &Context, queue: &QueueName, worker: &dyn Worker, event: SqsEvent) -> SqsBatchResponse {
    let ctx = &tenon_catalog::consumer(queue.as_str()).map_or_else(|| ctx.clone(), |own| ctx.of_function(own));
    // The first messages of a batch always have their turn, however short the time is.
    let needs = ctx.time_left().map_or(Duration::ZERO, |left| worker.needs().min(left / 2));
    let failures: Vec<Option<BatchItemFailure>> = stream::iter(event.records)
        .map(|message| async move {
            let id = message.message_id.clone().unwrap_or_default();
            match AssertUnwindSafe(one(ctx, queue, worker, needs, message)).catch_unwind().await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => {
                    tracing::error!(queue = %queue, message = %id, error.code = error.code, error.message = %error, "message is left to be received again");
                    Some(failure(id))
                }
                Err(_) => {
                    tracing::error!(queue = %queue, message = %id, "handler panicked; message is left to be received again");
                    Some(failure(id))
                }
            }
        })
        .buffer_unordered(worker.at_once().max(1))
        .collect()
        .await;
    worker.finished(ctx).await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures.into_iter().flatten().collect();
    response
}

fn failure(id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = id;
    failure
}

async fn one(
    ctx: &Context,
    queue: &QueueName,
    worker: &dyn Worker,
    needs: Duration,
    message: SqsMessage,
) -> Result<()> {
    let receives = message.attributes.get("ApproximateReceiveCount").and_then(|n| n.parse().ok()).unwrap_or(1);
    let body = message.body.unwrap_or_default();
    let mut envelope = match Envelope::read(&body) {
        Ok(envelope) => envelope,
        Err(Unreadable::Newer(version)) => {
            // While a deployment goes on there are processes that read it.
            let why = format!("the message has version {version}, which a newer process reads");
            return Err(Error::transient("platform.message", why));
        }
        Err(Unreadable::Never(why)) => return unreadable(ctx, queue, body, why).await,
    };
    if envelope.due.is_some_and(|due| due > ctx.now_ms()) {
        return send_envelope(ctx.queue.as_ref(), queue, &envelope, ctx.now_ms()).await;
    }
    if ctx.time_left().is_some_and(|left| left < needs) {
        // As a copy: left alone it would come back much later, and count as received.
        return send_envelope(ctx.queue.as_ref(), queue, &envelope, ctx.now_ms()).await;
    }
    let Err(error) = handled(ctx, worker, &envelope, receives).await else {
        return Ok(());
    };
    let now = ctx.now_ms();
    let before = envelope.reason.take();
    let since = before.as_ref().filter(|reason| reason.code == error.code).and_then(|reason| reason.since_ms);
    let since = since.unwrap_or(now);
    let failing = Duration::from_millis(u64::try_from(now.saturating_sub(since)).unwrap_or(0));
    let present = Reason { code: error.code.to_owned(), message: error.to_string(), at_ms: now, since_ms: Some(since) };
    // What was only put off still fails as it did.
    envelope.reason = before.filter(|_| matches!(error.retry, Retry::PutOff(_))).or(Some(present));
    match next_wait(envelope.attempt, error.retry, failing, &ctx.entropy) {
        Some(wait) if matches!(error.retry, Retry::PutOff(_)) => {
            tracing::debug!(queue = %queue, work = %envelope.id, error.code = error.code, wait.ms = crate::clock::millis(wait), "message is put off");
            envelope.due = Some(now.saturating_add(crate::clock::millis(wait)));
            send_envelope(ctx.queue.as_ref(), queue, &envelope, now).await
        }
        Some(wait) => {
            tracing::warn!(queue = %queue, work = %envelope.id, attempt = envelope.attempt, error.code = error.code, error.message = %error, wait.ms = crate::clock::millis(wait), "message is tried again");
            envelope.attempt += 1;
            envelope.due = Some(now.saturating_add(crate::clock::millis(wait)));
            send_envelope(ctx.queue.as_ref(), queue, &envelope, now).await
        }
        None => {
            tracing::error!(queue = %queue, work = %envelope.id, attempt = envelope.attempt, error.code = error.code, error.message = %error, "message goes to the dead-letter queue");
            worker.dead_letter(ctx, &envelope, &error).await?;
            envelope.due = None;
            send_envelope(ctx.queue.as_ref(), &queue.dead_letters(), &envelope, now).await
        }
    }
}

async fn handled(ctx: &Context, worker: &dyn Worker, envelope: &Envelope, receives: u32) -> Result<()> {
    if receives > MAX_RECEIVES {
        let message = format!(
            "the message was received {MAX_RECEIVES} times and never answered for: each time the process died, ran \
             out of time or could not reach its queue; look for the cause in the function's log"
        );
        return Err(Error::permanent("platform.crashed", message));
    }
    let Some(left) = ctx.time_left() else { return unpanicked(ctx, worker, envelope).await };
    let work = ctx.within(left.saturating_sub(TO_STORE));
    tokio::time::timeout(left.saturating_sub(TO_ANSWER), unpanicked(&work, worker, envelope)).await.unwrap_or_else(
        |_| {
            let message = "the work was not done when its process had to end, and was broken off; it goes on from \
                           what is stored";
            Err(Error::transient("platform.deadline", message).with_kind(ErrorKind::OutOfTime))
        },
    )
}

async fn unpanicked(ctx: &Context, worker: &dyn Worker, envelope: &Envelope) -> Result<()> {
    AssertUnwindSafe(worker.handle(ctx, envelope)).catch_unwind().await.unwrap_or_else(|panic| {
        let message = format!("the handler panicked, which is a fault of Tenon's: {}", crate::text::of_panic(&*panic));
        Err(Error::transient("platform.panic", message))
    })
}

async fn unreadable(ctx: &Context, queue: &QueueName, body: String, why: String) -> Result<()> {
    tracing::error!(queue = %queue, reason = %why, "unreadable message goes to the dead-letter queue");
    let reason = Reason { code: "platform.message".to_owned(), message: why, at_ms: ctx.now_ms(), since_ms: None };
    let wrapped = json!({ "v": VERSION, "reason": reason, "unreadable": body }).to_string();
    ctx.queue.send(&queue.dead_letters(), wrapped, Duration::ZERO).await
}
