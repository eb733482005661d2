//! The work of the queue `directory-sync`.

use serde::{Deserialize, Serialize};
use tenon_model::{FlowId, RunId};

/// The next slice of a pull.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextSlice {
    /// The flow.
    pub flow: FlowId,
    /// The pull, by its run.
    pub run: RunId,
}
