//! An app of DingTalk.

use super::OaTimes;
use crate::config::Secret;
use crate::ids::ConnectionId;
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A DingTalk internal app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingtalkConnection {
    /// Letters, digits and dashes; part of the callback URL.
    pub id: ConnectionId,
    /// The new API's host.
    #[serde(default = "api_url_default")]
    pub api_url: String,
    /// The old API's host.
    #[serde(default = "oapi_url_default")]
    pub oapi_url: String,
    /// AppKey, now also called Client ID.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_key: String,
    /// AppSecret.
    pub app_secret: Secret,
    /// AgentId of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// Token of the event subscription.
    pub token: Secret,
    /// aes_key of the event subscription, 43 letters and digits.
    pub aes_key: Secret,
    /// The id sealed into every envelope: the AppKey for a subscription made in the developer
    /// console, the CorpId for a callback registered by the old API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// When given, events of another company are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corp_id: Option<String>,
    /// How far a callback's timestamp may be from now.
    #[serde(default = "super::freshness_default", with = "duration::text")]
    pub freshness: Duration,
    /// How often the failed-callback list is read and long-open instances are looked up.
    #[serde(default = "super::reconcile_default", with = "duration::text")]
    pub reconcile_every: Duration,
    /// How long an instance is open before it is looked up.
    #[serde(default = "super::open_after_default", with = "duration::text")]
    pub check_open_after: Duration,
    /// Time-out of one call.
    #[serde(default = "super::oa_timeout_default", with = "duration::text")]
    pub timeout: Duration,
    /// Where people see a form in a browser, with `{instance}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Calls a second, evenly, when a whole tree of departments or a long attendance is read; 0 for any number.
    #[serde(default = "calls_per_second_default")]
    pub calls_per_second: u32,
}

impl DingtalkConnection {
    /// The id expected inside the envelopes.
    pub fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or(&self.app_key)
    }

    /// What reconciling its instances goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

fn api_url_default() -> String {
    "https://api.dingtalk.com".to_owned()
}

fn oapi_url_default() -> String {
    "https://oapi.dingtalk.com".to_owned()
}

fn calls_per_second_default() -> u32 {
    140
}
