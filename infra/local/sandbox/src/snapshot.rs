//! The state of both systems, for assertions and for a person who wants to look.

use crate::core::{Sandbox, State};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Both systems at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    /// SAP Business One.
    pub b1: B1Snapshot,
    /// DingTalk.
    pub dingtalk: DingTalkSnapshot,
    /// Requests that arrived, by method and entity set or path: `PATCH Drafts`,
    /// `POST /v1.0/workflow/processInstances`. Parts of a batch count too.
    pub requests: BTreeMap<String, u64>,
    /// B1 requests by method, entity set and key: `PATCH Drafts(16)`.
    pub requests_by_key: BTreeMap<String, u64>,
    /// The latest requests, oldest first, at most 2000.
    pub log: Vec<RequestRecord>,
}

/// What B1 holds.
#[derive(Clone, Debug, Serialize)]
pub struct B1Snapshot {
    /// All drafts, open and closed.
    pub drafts: Vec<Value>,
    /// Approval requests that still exist; converting a draft deletes its own.
    pub approval_requests: Vec<Value>,
    /// Every decision that was tried, in order.
    pub decisions: Vec<DecisionRecord>,
    /// Everything else by entity set: posted documents, custom objects, items, partners. Empty sets
    /// are left out.
    pub documents: BTreeMap<String, Vec<Value>>,
    /// Special prices.
    pub special_prices: Vec<Value>,
    /// Open sessions.
    pub sessions: usize,
    /// Logins that succeeded.
    pub logins: u64,
    /// Logins that were refused.
    pub failed_logins: u64,
}

/// One decision on an approval request.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct DecisionRecord {
    /// When, epoch ms.
    pub at_ms: i64,
    /// Code of the request.
    pub request: i64,
    /// The draft it is about.
    pub draft: i64,
    /// Internal key of the deciding user, when one was recognised.
    pub user: Option<i64>,
    /// `ardApproved` or `ardNotApproved`.
    pub status: String,
    /// The remarks.
    pub remarks: String,
    /// Whether it took effect.
    pub accepted: bool,
}

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
    /// Recipients.
    pub users: Vec<String>,
    /// The message.
    pub message: Value,
}

/// One request.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct RequestRecord {
    /// When, epoch ms.
    pub at_ms: i64,
    /// Method.
    pub method: String,
    /// Decoded path without its query, which may carry secrets.
    pub path: String,
    /// Status, or `dropped before commit`, `dropped after commit`.
    pub outcome: String,
}

impl Snapshot {
    /// How often a method and entity set or path was called; `PATCH Drafts`.
    pub fn calls(&self, label: &str) -> u64 {
        self.requests.get(label).copied().unwrap_or(0)
    }

    /// How often one entity was called; `PATCH Drafts(16)`.
    pub fn calls_of(&self, label: &str) -> u64 {
        self.requests_by_key.get(label).copied().unwrap_or(0)
    }
}

impl Sandbox {
    /// The state of both systems.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().snapshot()
    }
}

impl State {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            b1: self.b1.snapshot(),
            dingtalk: self.dingtalk.snapshot(&self.options),
            requests: self.traffic.by_entity.clone(),
            requests_by_key: self.traffic.by_key.clone(),
            log: self.traffic.log.iter().cloned().collect(),
        }
    }
}
