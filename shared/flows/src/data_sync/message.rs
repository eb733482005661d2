//! The work of the queue `data-sync`.

use serde::{Deserialize, Serialize};
use tenon_model::RunId;

/// The name of its job in messages.
pub const JOB: &str = "data-sync";

/// The next slice of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextSlice {
    /// The run.
    pub run: RunId,
}
