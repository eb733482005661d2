//! A WeCom app.

use super::OaTimes;
use crate::config::Secret;
use crate::ids::ConnectionId;
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A self-built app of WeCom that may call the approval app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WecomConnection {
    /// Letters, digits and dashes; part of the callback URL.
    pub id: ConnectionId,
    /// The API's host.
    #[serde(default = "api_url_default")]
    pub api_url: String,
    /// 企业ID, also sealed into every envelope.
    #[serde(deserialize_with = "code::trimmed")]
    pub corp_id: String,
    /// The app's Secret.
    pub secret: Secret,
    /// The app's AgentId, as messages to people name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<i64>,
    /// Token of the app's 接收消息.
    pub token: Secret,
    /// EncodingAESKey of the app's 接收消息, 43 letters and digits.
    pub aes_key: Secret,
    /// Files by which WeCom checks that the domain is ours: name and text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domain_files: BTreeMap<String, String>,
    /// IANA name; the days and minutes in WeCom's forms are of this zone.
    #[serde(default = "super::time_zone_default")]
    pub time_zone: String,
    /// How far a callback's timestamp may be from now.
    #[serde(default = "super::freshness_default", with = "duration::text")]
    pub freshness: Duration,
    /// How often forms are listed and long-open approvals are looked up.
    #[serde(default = "super::reconcile_default", with = "duration::text")]
    pub reconcile_every: Duration,
    /// How long an approval is open before it is looked up.
    #[serde(default = "super::open_after_default", with = "duration::text")]
    pub check_open_after: Duration,
    /// Where people see a form in a browser, with `{instance}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Time-out of one call.
    #[serde(default = "super::oa_timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

impl WecomConnection {
    /// What reconciling its approvals goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

fn api_url_default() -> String {
    "https://qyapi.weixin.qq.com".to_owned()
}
