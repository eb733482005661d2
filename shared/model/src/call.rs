//! The call log: one record for each signed call a tenant's system made, and for each push to it.

use crate::ids::AppId;
use crate::module::Module;
use serde::{Deserialize, Serialize};

/// Longest body kept in the log, in characters.
pub const BODY_LIMIT: usize = 2_000;
/// Longest error text kept in the log, in characters.
pub const ERROR_LIMIT: usize = 500;

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// Its id, which sorts by time.
    pub id: String,
    /// The app.
    pub app_id: AppId,
    /// Its module.
    pub module: Module,
    /// Who called whom.
    pub direction: Direction,
    /// HTTP method.
    pub method: String,
    /// Path of an inbound call, URL of an outbound one.
    pub path: String,
    /// HTTP status of the answer; 0 when there was none.
    pub http_status: u16,
    /// How it went.
    pub result: CallResult,
    /// Stable word for what went wrong: `signature`, `timestamp`, `quota`, `timeout`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What went wrong, for people; at most [`ERROR_LIMIT`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Epoch ms of its beginning.
    pub at_ms: i64,
    /// How long it took.
    pub duration_ms: i64,
    /// Finds an inbound call in the logs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// Where an inbound call came from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub client_ip: String,
    /// What was sent, at most [`BODY_LIMIT`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_body: String,
    /// What was answered: [`BODY_LIMIT`] characters of an inbound call, the first 16 KB of a push.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response_body: String,
    /// The delivery a push belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
    /// Which attempt of its delivery a push was, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// How many calls this one stands for that named the app and were not signed by it. Whoever knows the
    /// public key can make them, so they are counted apart and only some of them are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsigned: Option<u32>,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Direction {
    /// The tenant's system called us.
    Inbound,
    /// We called the tenant's system.
    Outbound,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CallResult {
    /// As wanted.
    Success,
    /// Refused or answered with an error that the caller can mend.
    Failed,
    /// We, or the network, failed.
    Error,
}

/// The first `limit` characters.
pub fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
