//! A department.

use crate::history::{Change, Recorded};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A department of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Department {
    /// Our id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of the department above; none for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// A code that people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Ids of the people who manage it, where an OA tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<String>,
    /// Its place among its siblings.
    #[serde(default)]
    pub order: i64,
    /// Whether it is in use.
    pub active: bool,
    /// Ids at OAs, by connection.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, String>,
    /// Codes in ERPs, by enterprise code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub external: BTreeMap<String, String>,
    /// Epoch ms at which it came to be known.
    #[serde(default)]
    pub created_ms: i64,
    /// The latest changes, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl Recorded for Department {
    fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn changes_mut(&mut self) -> &mut Vec<Change> {
        &mut self.changes
    }
}
