//! An aiflow that is pushed to.

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An aiflow, of the vendor or another Tenon, whose interfaces are called with an `A-Signature`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiflowConnection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host and port; `/aflow/api/…` is appended.
    #[serde(default = "base_url_default")]
    pub base_url: String,
    /// The enterprise's code.
    #[serde(deserialize_with = "code::trimmed")]
    pub enterprise_code: String,
    /// The app's id.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_id: String,
    /// Its secret.
    pub app_secret: Secret,
    /// The header that carries the signature: `A-Signature` or `X-A-Signature`.
    #[serde(default = "header_default")]
    pub header: String,
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

fn base_url_default() -> String {
    "https://api.aiflow.fan".to_owned()
}
fn header_default() -> String {
    "A-Signature".to_owned()
}
fn timeout_default() -> Duration {
    Duration::from_secs(30)
}
