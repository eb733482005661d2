//! Work of the queue `approvals-submit`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_model::{DocumentKey, FlowId, RunId};

/// Take one ERP document to the OA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Submit {
    /// The flow.
    pub flow: FlowId,
    /// The document.
    pub key: DocumentKey,
    /// The main row, when the source is SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Map<String, Value>>,
    /// The run that tells of it, named when the work is queued, so that a message which comes twice tells of
    /// one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// What the poll's page showed of it, while that is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// A document as a page showed it. As texts, so that they are what B1 wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The whole entity, JSON.
    pub document: String,
    /// Its ETag, where the list gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// A draft's approval requests, a JSON list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// Epoch ms of the reading.
    pub read_ms: i64,
}
