//! Work of the queue `master-data-plm`.

use serde::{Deserialize, Serialize};
use tenon_model::{DocumentKey, FlowId};

/// Go on with records that a PLM pushed, in this order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResumePlm {
    /// The flow.
    pub flow: FlowId,
    /// The records' keys.
    pub keys: Vec<DocumentKey>,
    /// Whether an operator wishes it, so that what has failed is tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wished: bool,
}
