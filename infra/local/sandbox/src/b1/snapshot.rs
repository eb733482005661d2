//! What B1 holds: all of it, and narrow looks for tests that look at every step.

use super::{B1, ServiceLayer, StockPosting};
use crate::system::Handle;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Sets that are no documents.
const NOT_DOCUMENTS: [&str; 10] = [
    "Drafts",
    "ApprovalRequests",
    "ApprovalStages",
    "ApprovalTemplates",
    "Attachments2",
    "ItemGroups",
    "UnitOfMeasurements",
    "Users",
    "SpecialPrices",
    "SQLQueries",
];

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
    /// Booked lines of goods receipts and issues, in order.
    pub postings: Vec<StockPosting>,
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

impl B1 {
    pub(super) fn snapshot(&self) -> B1Snapshot {
        let of = |name: &str| self.rows(name).map(|row| Value::Object(row.clone())).collect::<Vec<_>>();
        let filled = self.sets.values().filter(|s| !s.rows.is_empty() && !NOT_DOCUMENTS.contains(&s.name.as_str()));
        B1Snapshot {
            drafts: of("Drafts"),
            approval_requests: of("ApprovalRequests"),
            decisions: self.decisions.clone(),
            documents: filled.map(|s| (s.name.clone(), of(&s.name))).collect(),
            postings: super::production::postings(self),
            special_prices: of("SpecialPrices"),
            sessions: self.sessions.open(),
            logins: self.sessions.logins,
            failed_logins: self.sessions.failed,
        }
    }
}

impl Handle<'_, ServiceLayer> {
    /// The row of an entity set whose field has this value.
    pub fn row(&self, set: &str, field: &str, value: &Value) -> Option<Value> {
        self.with(|s| s.b1.rows(set).find(|row| row.get(field) == Some(value)).map(|row| Value::Object(row.clone())))
    }

    /// The rows of an entity set, in the order of their keys.
    pub fn rows(&self, set: &str) -> Vec<Value> {
        self.with(|s| s.b1.rows(set).map(|row| Value::Object(row.clone())).collect())
    }

    /// How many rows an entity set has.
    pub fn count(&self, set: &str) -> usize {
        self.with(|s| s.b1.rows(set).count())
    }

    /// Every decision that was tried, in order.
    pub fn decisions(&self) -> Vec<DecisionRecord> {
        self.with(|s| s.b1.decisions.clone())
    }

    /// The accepted decisions on the approval requests of one draft, in order.
    pub fn accepted_decisions(&self, draft: i64) -> Vec<DecisionRecord> {
        self.with(|s| s.b1.decisions.iter().filter(|d| d.draft == draft && d.accepted).cloned().collect())
    }

    /// Open sessions, logins that succeeded, logins that were refused.
    pub fn sessions(&self) -> (usize, u64, u64) {
        self.with(|s| (s.b1.sessions.open(), s.b1.sessions.logins, s.b1.sessions.failed))
    }
}
