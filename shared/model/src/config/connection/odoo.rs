//! An Odoo.

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A database of Odoo, read over JSON-RPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdooConnection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host and port; `/jsonrpc` is appended.
    pub base_url: String,
    /// The database.
    #[serde(deserialize_with = "code::trimmed")]
    pub database: String,
    /// The user's login.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// An API key of the user, or its password.
    pub api_key: Secret,
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

fn timeout_default() -> Duration {
    Duration::from_secs(30)
}
