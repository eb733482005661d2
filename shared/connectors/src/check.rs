//! What a connection check found.

use serde::Serialize;
use tenon_model::ConnectionId;

/// A connection that works. A check that fails is an error, with its code and its mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The connection.
    pub connection: ConnectionId,
    /// What answered: a product and version when the vendor names them.
    pub answered: String,
    /// Time from the first request to the last answer, in ms.
    pub took_ms: i64,
    /// What was tried, in order, each with its own time.
    pub steps: Vec<CheckStep>,
}

/// One thing a check tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckStep {
    /// What: `login`, `read Users`.
    pub name: String,
    /// How long it took, in ms.
    pub took_ms: i64,
}
