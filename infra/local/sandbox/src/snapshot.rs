//! The state of all systems, for a person who wants to look. A test that looks at every step uses the narrow
//! getters of the systems: a [`Snapshot`] copies everything.

use crate::registry::Snapshot;
use crate::sandbox::Sandbox;
use serde::Serialize;

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
    /// The state of all systems.
    pub fn snapshot(&self) -> Snapshot {
        self.lock().snapshot()
    }

    /// How often a method and entity set or path was called, without a snapshot.
    pub fn calls(&self, label: &str) -> u64 {
        self.lock().traffic.by_entity.get(label).copied().unwrap_or(0)
    }

    /// All requests that arrived, without a snapshot.
    pub fn total_calls(&self) -> u64 {
        self.lock().traffic.by_entity.values().sum()
    }
}
