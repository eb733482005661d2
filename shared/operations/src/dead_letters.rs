//! Messages that were given up: why, since when; putting one back on its queue, or dropping it.
//!
//! A queue of dead letters has no way of looking without receiving, so what is looked at is hidden for some seconds and
//! given back at once. One that is put back is sent first and taken away after that: a process that dies in between
//! leaves a copy, and whoever consumes it bears that.

use crate::At;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::Duration;
use tenon_catalog::QUEUES;
use tenon_model::message::Envelope;
use tenon_platform::queue::{QueueName, Received};
use tenon_platform::{Context, Rejection};

/// Messages of one queue that are looked at, at most.
const MAX_MESSAGES: usize = 200;
/// Messages that are received at once.
const AT_ONCE: u32 = 10;
/// How long others do not see what is looked at.
const HIDDEN: Duration = Duration::from_secs(20);

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetter {
    /// The queue it was given up in.
    pub queue: String,
    /// The message's id, which names it with its queue.
    pub id: String,
    /// The kind of work; empty when it cannot be read.
    pub job: String,
    /// Whose it is.
    pub tenant: String,
    /// Code of why.
    pub code: String,
    /// Why, in words.
    pub reason: String,
    /// Epoch ms at which it was given up, or sent where that is not known.
    pub at_ms: i64,
    /// How long it has lain there, in ms.
    pub age_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// The work, redacted.
    pub work: Value,
    /// What to do about letters of this queue.
    pub remedy: &'static str,
}

/// A queue whose dead letters could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// The queue.
    pub queue: &'static str,
    /// Why.
    pub error: String,
}

/// The dead letters of all queues.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetters {
    /// They, oldest first in each queue; two hundred of each at most.
    pub letters: Vec<DeadLetter>,
    /// Queues that could not be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Unseen>,
}

/// The dead letters, of all queues or one.
///
/// # Errors
/// 400 for a queue that is none.
pub async fn list(ctx: &Context, queue: Option<&str>) -> Result<DeadLetters, Rejection> {
    if let Some(queue) = queue {
        known(queue)?;
    }
    let (mut letters, mut unseen) = (Vec::new(), Vec::new());
    for spec in QUEUES.iter().filter(|spec| queue.is_none_or(|queue| queue == spec.name)) {
        let name = QueueName::new(spec.name);
        // Counting costs one request and hides nothing: most queues have none.
        match ctx.queue.backlog(&name.dead_letters()).await {
            Ok(backlog) if backlog.messages == 0 => continue,
            Ok(_) => {}
            Err(error) => {
                unseen.push(Unseen { queue: spec.name, error: error.to_string() });
                continue;
            }
        }
        match look(ctx, &name).await {
            Ok(found) => letters.extend(found.iter().map(|message| letter(ctx, spec.name, spec.remedy, message))),
            Err(error) => unseen.push(Unseen { queue: spec.name, error: error.to_string() }),
        }
    }
    Ok(DeadLetters { letters, unseen })
}

fn known(queue: &str) -> Result<QueueName, Rejection> {
    let spec = tenon_catalog::queue(queue);
    let names = || QUEUES.iter().map(|spec| spec.name).collect::<Vec<_>>().join("、");
    spec.map(|spec| QueueName::new(spec.name)).ok_or_else(|| Rejection::field("queue", format!("应为{}", names())))
}

/// Receives what is there, and gives it back.
async fn look(ctx: &Context, queue: &QueueName) -> tenon_platform::Result<Vec<Received>> {
    let found = take(ctx, queue, |_| false).await?.0;
    give_back(ctx, queue, &found).await?;
    Ok(found)
}

/// Receives what is there until one of them is meant; all of it, and that one.
async fn take(
    ctx: &Context,
    queue: &QueueName,
    meant: impl Fn(&Received) -> bool,
) -> tenon_platform::Result<(Vec<Received>, Option<Received>)> {
    let dead = queue.dead_letters();
    let mut found: Vec<Received> = Vec::new();
    while found.len() < MAX_MESSAGES {
        let messages = ctx.queue.receive(&dead, AT_ONCE, HIDDEN).await?;
        if messages.is_empty() {
            break;
        }
        let (mut wanted, others): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| meant(message));
        found.extend(others);
        if let Some(message) = wanted.pop() {
            return Ok((found, Some(message)));
        }
    }
    found.sort_by(|one, other| (one.sent_ms, &one.id).cmp(&(other.sent_ms, &other.id)));
    Ok((found, None))
}

async fn give_back(ctx: &Context, queue: &QueueName, found: &[Received]) -> tenon_platform::Result<()> {
    for message in found {
        ctx.queue.release(&queue.dead_letters(), &message.receipt, Duration::ZERO).await?;
    }
    Ok(())
}

fn letter(ctx: &Context, queue: &str, remedy: &'static str, message: &Received) -> DeadLetter {
    let now = ctx.now_ms();
    let reason_of = |code: &str, reason: &str, at_ms: i64| (code.to_owned(), reason.to_owned(), at_ms);
    let (envelope, (code, reason, at_ms)) = match Envelope::read(&message.body) {
        Ok(envelope) => {
            let reason_of = match &envelope.reason {
                Some(reason) => reason_of(&reason.code, &reason.message, reason.at_ms),
                None => reason_of("platform.crashed", "received too often and never answered for", message.sent_ms),
            };
            (Some(envelope), reason_of)
        }
        Err(_) => (None, unreadable(&message.body, message.sent_ms)),
    };
    DeadLetter {
        queue: queue.to_owned(),
        id: message.id.clone(),
        job: envelope.as_ref().map_or_else(String::new, |e| e.job.clone()),
        tenant: envelope.as_ref().map_or_else(String::new, |e| e.tenant.to_string()),
        code,
        reason,
        at_ms,
        age_ms: (now - at_ms).max(0),
        attempts: envelope.as_ref().map_or(0, |e| e.attempt + 1),
        work: envelope.map_or(Value::Null, |e| tenon_platform::runs::redact(e.body)),
        remedy,
    }
}

/// What is told of a message that nobody reads: it is wrapped with its reason.
fn unreadable(body: &str, sent_ms: i64) -> (String, String, i64) {
    let wrapped: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |pointer: &str| wrapped.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let code = text("/reason/code").unwrap_or_else(|| "platform.message".to_owned());
    let reason = text("/reason/message").unwrap_or_else(|| "the message cannot be read".to_owned());
    let at_ms = wrapped.pointer("/reason/at_ms").and_then(Value::as_i64).unwrap_or(sent_ms);
    (code, reason, at_ms)
}

/// Puts a message back on its queue, to be tried as if for the first time.
///
/// # Errors
/// 404 when it is not there; 400 when nobody can read it; those of the queue.
pub async fn put_back(at: &At<'_>, queue: &str, id: &str) -> Result<(), Rejection> {
    let name = known(queue)?;
    let message = found(at, &name, id).await?;
    let envelope = Envelope::read(&message.body);
    let Ok(mut envelope) = envelope else {
        give_back(at.ctx, &name, std::slice::from_ref(&message)).await?;
        return Err(Rejection::NotSupported(Cow::Borrowed("消息无法读取，不能放回；处理后可丢弃")));
    };
    let detail = json!({ "job": envelope.job, "tenant": envelope.tenant, "reason": envelope.reason });
    at.note("put-back-dead-letter", &format!("{queue}/{id}"), detail).await?;
    (envelope.attempt, envelope.due, envelope.reason) = (0, None, None);
    tenon_platform::queue::send_envelope(at.ctx.queue.as_ref(), &name, &envelope, at.ctx.now_ms()).await?;
    Ok(at.ctx.queue.delete(&name.dead_letters(), &message.receipt).await?)
}

/// Drops a message for good.
///
/// # Errors
/// 404 when it is not there; those of the queue.
pub async fn drop(at: &At<'_>, queue: &str, id: &str) -> Result<(), Rejection> {
    let name = known(queue)?;
    let message = found(at, &name, id).await?;
    let body: Value = serde_json::from_str(&message.body).unwrap_or_default();
    at.note("drop-dead-letter", &format!("{queue}/{id}"), body).await?;
    Ok(at.ctx.queue.delete(&name.dead_letters(), &message.receipt).await?)
}

async fn found(at: &At<'_>, queue: &QueueName, id: &str) -> Result<Received, Rejection> {
    let (others, message) = take(at.ctx, queue, |message| message.id == id).await?;
    give_back(at.ctx, queue, &others).await?;
    message.ok_or_else(|| Rejection::NotFound(Cow::Owned(format!("队列{queue}的死信中没有消息{id}，或正被他人查看"))))
}
