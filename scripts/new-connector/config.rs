//! A connection to {{Type}}.

{{#oa}}
use super::OaTimes;
{{/oa}}
use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A connection to {{Type}}. FILL IN: its keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct {{Type}}Connection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host and port.
    pub base_url: String,
    /// The app's key.
    #[serde(deserialize_with = "code::trimmed")]
    pub app_key: String,
    /// Its secret.
    pub app_secret: Secret,
{{#oa}}
    /// How often what was missed is looked for.
    #[serde(default = "reconcile_default", with = "duration::text")]
    pub reconcile_every: Duration,
    /// How long an instance is open before it is looked up.
    #[serde(default = "open_after_default", with = "duration::text")]
    pub check_open_after: Duration,
{{/oa}}
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

{{#oa}}
impl {{Type}}Connection {
    /// What reconciling its instances goes by.
    pub fn times(&self) -> OaTimes {
        let Self { reconcile_every, check_open_after, timeout, .. } = *self;
        OaTimes { reconcile_every, check_open_after, timeout }
    }
}

fn reconcile_default() -> Duration {
    Duration::from_secs(600)
}

fn open_after_default() -> Duration {
    Duration::from_secs(1_800)
}

{{/oa}}
fn timeout_default() -> Duration {
    Duration::from_secs(10)
}
