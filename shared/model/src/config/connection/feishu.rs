//! A Feishu app.

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An app of Feishu (飞书) with the bot ability, by which people are told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeishuConnection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// The API's host; Lark has another.
    #[serde(default = "base_url_default")]
    pub base_url: String,
    /// App ID.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_id: String,
    /// App Secret.
    pub app_secret: Secret,
    /// Time-out of one call.
    #[serde(default = "super::oa_timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

fn base_url_default() -> String {
    "https://open.feishu.cn".to_owned()
}
