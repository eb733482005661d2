//! Work of the queues `manufacturing-send` and `manufacturing-post`.

use serde::{Deserialize, Serialize};
use tenon_model::{DocumentKey, FlowId, RunId};

/// Take one thing between a company and its factory's MES: an item or an order to the MES, a report to the ERP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manufacture {
    /// The flow.
    pub flow: FlowId,
    /// The thing, in the system it comes from.
    pub key: DocumentKey,
    /// The run that tells of it.
    pub run: RunId,
    /// What the poll saw of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Seen>,
    /// An operator wishes it: what was refused before is tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wished: bool,
}

/// A thing as a poll saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// What matters of it, JSON; empty when that is large, or read anew in any case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fields: String,
    /// Fingerprint of what matters.
    pub fingerprint: String,
    /// Epoch ms of the reading.
    pub read_ms: i64,
}
