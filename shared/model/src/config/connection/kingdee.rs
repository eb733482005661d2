//! A Kingdee K3Cloud (云星空).

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A data centre (账套) of a K3Cloud, by its WebAPI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KingdeeConnection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host, port and `/k3cloud`.
    pub base_url: String,
    /// The data centre's id (账套ID).
    #[serde(deserialize_with = "code::trimmed")]
    pub account: String,
    /// The user that calls are made as.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// The user's password. Either this, or `app_id` with `app_secret`.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub password: Secret,
    /// The id of a third-party login authorisation (第三方系统登录授权).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::text::optional")]
    pub app_id: Option<String>,
    /// Its secret.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub app_secret: Secret,
    /// Whether every call is signed, and there is no session. Needs `app_id`.
    #[serde(default)]
    pub signed: bool,
    /// With signed calls: the organisation's number that they are made in.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::text::optional")]
    pub organisation: Option<String>,
    /// Kingdee's language number; 2052 is Simplified Chinese.
    #[serde(default = "language_default")]
    pub language: i64,
    /// IANA name; dates are the server's local dates.
    #[serde(default = "super::time_zone_default")]
    pub time_zone: String,
    /// Rows of one answer, at most. The site caps it (`WebAPIMaxQueryLimit`).
    #[serde(default = "page_size_default")]
    pub page_size: u32,
    /// Calls a second, at most.
    #[serde(default = "rate_default")]
    pub calls_per_second: u32,
    /// How long a session is idle before the server ends it.
    #[serde(default = "session_life_default", with = "duration::text")]
    pub session_life: Duration,
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

fn language_default() -> i64 {
    2052
}
fn page_size_default() -> u32 {
    2_000
}
fn rate_default() -> u32 {
    10
}
fn session_life_default() -> Duration {
    Duration::from_secs(1_200)
}
/// A function that answers a call of ours has 30 s for everything.
fn timeout_default() -> Duration {
    Duration::from_secs(20)
}
