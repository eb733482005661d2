//! What DingTalk holds: all of it, and narrow looks for tests that look at every step.

use super::{DingTalk, read};
use crate::system::Handle;
use serde::Serialize;
use serde_json::Value;

/// What DingTalk holds.
#[derive(Clone, Debug, Serialize)]
pub struct DingTalkSnapshot {
    /// Instances in the order of their creation, in the shape they are read, with `instanceId`,
    /// `processCode` and `deleted` added.
    pub instances: Vec<Value>,
    /// Events and their deliveries.
    pub callbacks: Vec<CallbackRecord>,
    /// Messages sent to people.
    pub messages: Vec<MessageRecord>,
    /// Tokens that were issued anew.
    pub tokens_issued: u64,
}

/// One event and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct CallbackRecord {
    /// Delivery id.
    pub id: u64,
    /// The event in clear.
    pub event: Value,
    /// `pending`, `in-flight`, `delivered`, `failed`, `collected` (read from the failed list),
    /// `unsubscribed` (no callback URL when it happened).
    pub state: String,
    /// Attempts so far.
    pub attempts: Vec<AttemptRecord>,
}

/// One attempt to deliver.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct AttemptRecord {
    /// When it was sent, epoch ms.
    pub at_ms: i64,
    /// `success`, or what was wrong with the reply.
    pub result: String,
}

/// One work message.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct MessageRecord {
    /// Task id.
    pub task_id: u64,
    /// When it was taken, epoch ms.
    pub at_ms: i64,
    /// Recipients.
    pub users: Vec<String>,
    /// The message.
    pub message: Value,
    /// To whom it was not delivered, and why. DingTalk does not tell.
    pub dropped: Vec<(String, String)>,
}

impl DingTalk {
    fn shown(&self) -> Vec<Value> {
        self.instances.list().map(|i| read::for_snapshot(i, &self.options, &self.directory)).collect()
    }

    pub(super) fn snapshot_of(&self) -> DingTalkSnapshot {
        DingTalkSnapshot {
            instances: self.shown(),
            callbacks: self.callbacks.records(),
            messages: self.messages.clone(),
            tokens_issued: self.tokens.issued(),
        }
    }
}

impl Handle<'_, DingTalk> {
    /// The instances in the order of their creation, in the shape of a snapshot.
    pub fn instances(&self) -> Vec<Value> {
        self.with(|s| s.shown())
    }

    /// How many instances there are, deleted ones too.
    pub fn instance_count(&self) -> usize {
        self.with(|s| s.instances.count())
    }

    /// Events and their deliveries.
    pub fn callbacks(&self) -> Vec<CallbackRecord> {
        self.with(|s| s.callbacks.records())
    }

    /// Whether no event is left to tell.
    pub fn callbacks_are_settled(&self) -> bool {
        self.with(|s| s.callbacks.are_settled())
    }

    /// Messages sent to people.
    pub fn messages(&self) -> Vec<MessageRecord> {
        self.with(|s| s.messages.clone())
    }

    /// Tokens that were issued anew.
    pub fn tokens_issued(&self) -> u64 {
        self.with(|s| s.tokens.issued())
    }
}
