//! Queues behind one small trait, with two engines: SQS, and a table-backed one for the local run.

mod names;

pub use names::*;

use crate::error::{Error, Result};
use async_trait::async_trait;
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;
use tenon_model::message::Envelope;

/// A queue's name, as in the catalog.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueueName(Cow<'static, str>);

/// The longest delay SQS takes; longer ones travel in the envelope as a due time.
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

impl QueueName {
    /// A queue of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The queue for messages that cannot be handled.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self(Cow::Owned(format!("{}-dlq", self.0)))
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A message as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The engine's id of the message.
    pub id: String,
    /// What deletes it or makes it visible again; valid for this receive only.
    pub receipt: String,
    /// The body.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
    /// Epoch ms it was sent.
    pub sent_ms: i64,
}

/// How a queue stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueBacklog {
    /// Messages that wait, are delayed or in hand.
    pub messages: u64,
    /// Epoch ms at which the oldest of them was sent, where the engine tells.
    pub oldest_ms: Option<i64>,
}

/// A queue engine.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends one message, to become visible after the delay (at most [`LONGEST_DELAY`]).
    async fn send(&self, queue: &QueueName, body: String, delay: Duration) -> Result<()>;

    /// Sends several; all are stored when it returns `Ok`. After an error some may have been.
    async fn send_all(&self, queue: &QueueName, bodies: Vec<String>) -> Result<()> {
        for body in bodies {
            self.send(queue, body, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Receives up to `most` messages and hides them for `visibility`.
    async fn receive(&self, queue: &QueueName, most: u32, visibility: Duration) -> Result<Vec<Received>>;

    /// Deletes a received message.
    async fn delete(&self, queue: &QueueName, receipt: &str) -> Result<()>;

    /// Deletes several; all are gone when it returns `Ok`. After an error some may be.
    async fn delete_all(&self, queue: &QueueName, receipts: &[String]) -> Result<()> {
        for receipt in receipts {
            self.delete(queue, receipt).await?;
        }
        Ok(())
    }

    /// Makes a received message visible again after the delay.
    async fn release(&self, queue: &QueueName, receipt: &str, delay: Duration) -> Result<()>;

    /// How the queue stands, without receiving from it.
    async fn backlog(&self, queue: &QueueName) -> Result<QueueBacklog> {
        Err(Error::permanent("platform.queue", format!("how queue {queue} stands is not told by its engine")))
    }
}

/// The body of a message.
///
/// # Errors
/// `platform.message` when it cannot be written.
pub fn body_of<T: Serialize>(envelope: &Envelope<T>) -> Result<String> {
    serde_json::to_string(envelope)
        .map_err(|e| Error::permanent("platform.message", format!("a message could not be written: {e}")))
}

/// Sends an envelope not before its due time: longer delays than the engine takes are cut, and the
/// consumer sends the message on when it comes too early.
pub async fn send_envelope<T: Serialize + Sync>(
    queue: &dyn Queue,
    name: &QueueName,
    envelope: &Envelope<T>,
    now_ms: i64,
) -> Result<()> {
    let body = body_of(envelope)?;
    let wait = envelope.due.map_or(0, |due| (due - now_ms).max(0));
    let delay = Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(LONGEST_DELAY);
    queue.send(name, body, delay).await
}
