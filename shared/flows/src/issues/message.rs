//! Work of the queue `production-issues`.

use serde::{Deserialize, Serialize};
use tenon_model::blacklake::FedRecord;
use tenon_model::{ConnectionId, FlowId};

/// See to what became known of feedings in an MES.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedingWork {
    /// The MES.
    pub mes: ConnectionId,
    /// What became known.
    pub news: FeedingNews,
    /// The remembered event, so that it can be ticked off; none of what was found by looking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The flow whose it is, where an operator has it tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
    /// An operator's wish to try a failed one again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// What became known of feedings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedingNews {
    /// These were fed.
    Fed {
        /// They.
        records: Vec<FedRecord>,
    },
    /// A feeding was tried and refused by the MES.
    Failed {
        /// Its records, where it has any.
        records: Vec<FedRecord>,
        /// Why.
        reason: String,
    },
    /// Feedings were taken back; the event's data, as JSON.
    TakenBack {
        /// It.
        said: String,
    },
    /// Reports were changed; the event's data, as JSON.
    ReportChanged {
        /// It.
        said: String,
    },
}
