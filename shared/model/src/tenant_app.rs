//! Tenant apps: what a tenant's systems sign their calls with, and where events are pushed.

use crate::config::Secret;
use crate::ids::{AppId, TenantId};
use crate::module::{EventKind, Module};
use serde::{Deserialize, Serialize};

/// One tenant app as stored. Secrets in it are sealed under `context` of [`TenantApp::secret_context`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TenantApp {
    /// Its id, `app-…`.
    pub id: AppId,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it may call and receive.
    pub module: Module,
    /// Shown to people.
    pub name: String,
    /// The public key of calls, `os_…`.
    pub app_key: String,
    /// What calls are signed with, newest first; older ones until their time is up.
    pub secrets: Vec<AppSecret>,
    /// Switched on.
    pub enabled: bool,
    /// Whether it came with a trial.
    pub trial: bool,
    /// Epoch ms after which calls are refused; absent for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// Calls a UTC day; 0 for no limit.
    pub daily_quota: u32,
    /// Whether only signature scheme 2 is taken.
    #[serde(default)]
    pub scheme_2_only: bool,
    /// Addresses and networks calls may come from; empty for any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_ips: Vec<String>,
    /// Where pull requests are forwarded to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_api_url: Option<String>,
    /// Where events are pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<Callback>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last change.
    pub updated_ms: i64,
}

/// A secret and until when it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppSecret {
    /// Sealed text in the table, plain text once opened.
    pub secret: Secret,
    /// Epoch ms at which it dies; absent for the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// Where and how events are pushed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    /// The customer's address.
    pub url: String,
    /// What pushes are signed with, newest first; older ones sign too until their time is up.
    pub secrets: Vec<AppSecret>,
    /// Only these events; absent for every event of the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventKind>>,
    /// When failed pushes are tried again.
    #[serde(default)]
    pub preset: RetryPreset,
    /// Pushes a second, at most; absent for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// Changes whenever the address changes, so that an older address's failures are not the new one's.
    #[serde(default)]
    pub generation: u32,
}

/// Waits between the attempts of one push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryPreset {
    /// 10 attempts over 75 h 35 min 5 s.
    #[default]
    Standard,
    /// 6 attempts over about 7 h 35 min.
    Short,
    /// 3 attempts within 6 minutes.
    Quick,
}

impl RetryPreset {
    /// Seconds to wait before each attempt, counted from the one before.
    pub fn waits_s(self) -> &'static [u64] {
        const STANDARD: [u64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        match self {
            Self::Standard => &STANDARD,
            Self::Short => STANDARD.split_at(6).0,
            Self::Quick => STANDARD.split_at(3).0,
        }
    }
}

impl TenantApp {
    /// An app that is switched on, named after its module, and has no limits, secrets or addresses yet.
    pub fn new(id: AppId, tenant: TenantId, module: Module, app_key: impl Into<String>, now_ms: i64) -> Self {
        Self {
            id,
            tenant,
            module,
            name: module.name().to_owned(),
            app_key: app_key.into(),
            secrets: Vec::new(),
            enabled: true,
            trial: false,
            expires_ms: None,
            daily_quota: 0,
            scheme_2_only: false,
            allow_ips: Vec::new(),
            external_api_url: None,
            callback: None,
            created_ms: now_ms,
            updated_ms: now_ms,
        }
    }

    /// What a secret of this app is sealed with, so that it opens nowhere else.
    pub fn secret_context(tenant: &TenantId, app: &AppId, name: &str) -> String {
        format!("{tenant}/{app}/{name}")
    }

    /// Whether its time is up.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ms.is_some_and(|at| at <= now_ms)
    }

    /// Whether an event of this kind is pushed to it.
    pub fn receives(&self, kind: EventKind) -> bool {
        let subscribed = |events: &Option<Vec<EventKind>>| match events {
            Some(events) => events.contains(&kind),
            // Whoever chose nothing expects the events of the module and no others.
            None => kind.module().is_some(),
        };
        kind.is_for(self.module) && self.callback.as_ref().is_some_and(|callback| subscribed(&callback.events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_preset_makes_ten_attempts_over_seventy_five_hours() {
        let waits = RetryPreset::Standard.waits_s();
        assert_eq!(waits.len(), 10);
        assert_eq!(waits.iter().sum::<u64>(), 75 * 3600 + 35 * 60 + 5);
        assert_eq!(RetryPreset::Short.waits_s().len(), 6);
        assert_eq!(RetryPreset::Quick.waits_s(), [0, 5, 300]);
    }
}
