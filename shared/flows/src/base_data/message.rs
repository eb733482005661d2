//! Work of the queue `master-data-send`.

use serde::{Deserialize, Serialize};
use tenon_model::{DocumentKey, FlowId, RunId};

/// Take records of base data to the system that keeps rows of them, in one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecords {
    /// The flow.
    pub flow: FlowId,
    /// The records.
    pub records: Vec<SendRecord>,
}

/// One record of base data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SendRecord {
    /// Its key.
    pub key: DocumentKey,
    /// The run that tells of it.
    pub run: RunId,
    /// What the poll's page showed of it, while that is small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<RecordPage>,
    /// An operator's word that a saving whose answer was lost did not happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept: bool,
}

/// A record as a page showed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordPage {
    /// The fields that are mapped, JSON, as the ERP wrote them.
    pub fields: String,
    /// Fingerprint of all fields that were read.
    pub fingerprint: String,
    /// Its version, where the page gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Epoch ms of the reading.
    pub read_ms: i64,
}
