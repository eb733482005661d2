//! An E-cology of Weaver.

use super::OaTimes;
use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An E-cology OA, by its interfaces for other systems (paService, and the cube's data interfaces).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeaverConnection {
    /// Letters, digits and dashes; part of the callback URLs.
    pub id: ConnectionId,
    /// Scheme, host and port of the OA, and any path before `/api`.
    pub base_url: String,
    /// The `appid` that was registered at the OA.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_id: String,
    /// The secret that its registration gave (`secrit`), as it was given.
    pub secret: Secret,
    /// The public key that its registration gave, base64.
    pub spk: Secret,
    /// Where tokens are asked for.
    #[serde(default = "token_path_default")]
    pub token_path: String,
    /// How long a token is to live; what is sent as `time`.
    #[serde(default = "token_life_default", with = "duration::text")]
    pub token_life: Duration,
    /// OA user id that requests are read as; whoever may see them all.
    #[serde(default = "read_as_default", deserialize_with = "text::filled")]
    pub read_as: String,
    /// Whether the site lets an app list a user's requests, by which the request of a lost create is found.
    #[serde(default = "yes")]
    pub list_requests: bool,
    /// The cube's systemid, for base data.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub system_id: Option<String>,
    /// Its password.
    #[serde(default, skip_serializing_if = "Secret::is_empty")]
    pub system_password: Secret,
    /// OA user id that base data is written as.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub operator: Option<String>,
    /// The one of `[[apps]]` whose app code opens this connection's callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// How a pushed result reads.
    #[serde(default)]
    pub result: WeaverResult,
    /// IANA name; the OA's own clock.
    #[serde(default = "super::time_zone_default")]
    pub time_zone: String,
    /// How often open requests are looked through.
    #[serde(default = "super::reconcile_default", with = "duration::text")]
    pub reconcile_every: Duration,
    /// How long a request is open before it is looked up.
    #[serde(default = "super::open_after_default", with = "duration::text")]
    pub check_open_after: Duration,
    /// Where people see a form in a browser, with `{instance}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Time-out of one call.
    #[serde(default = "super::oa_timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

/// How the body reads that the site's outgoing action pushes: names of its members, and what their words mean. Both
/// are the site's own, so none is guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeaverResult {
    /// The member with the request's id.
    pub request: String,
    /// The member with the result.
    pub status: String,
    /// Results that mean agreed.
    #[serde(deserialize_with = "text::list")]
    pub approved: Vec<String>,
    /// Results that mean refused.
    #[serde(deserialize_with = "text::list")]
    pub rejected: Vec<String>,
    /// The member with who decided.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub approver: String,
    /// The member with when.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time: String,
    /// The member with the words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comments: String,
}

impl WeaverConnection {
    /// What reconciling its requests goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

impl Default for WeaverResult {
    fn default() -> Self {
        Self {
            request: "requestid".to_owned(),
            status: "status".to_owned(),
            approved: Vec::new(),
            rejected: Vec::new(),
            approver: String::new(),
            time: String::new(),
            comments: String::new(),
        }
    }
}

fn token_path_default() -> String {
    "/api/ec/dev/auth/applytoken".to_owned()
}
fn token_life_default() -> Duration {
    Duration::from_secs(1_800)
}
/// E-cology's own administrator has this id everywhere.
fn read_as_default() -> String {
    "1".to_owned()
}
fn yes() -> bool {
    true
}
