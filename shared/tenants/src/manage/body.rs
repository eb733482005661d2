//! The body that makes or changes an app.

use crate::store::AppRef;
use serde::{Deserialize, Deserializer};
use tenon_model::module::EventKind;
use tenon_model::tenant_app::RetryPreset;

/// What an app shall be. What is absent stays as it is; null or an empty text takes a setting away.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppBody {
    /// The module; only when it is made.
    #[serde(default, alias = "appId")]
    pub app_type: Option<AppRef>,
    /// 1 to 64 characters.
    #[serde(default)]
    pub app_name: Option<String>,
    /// Where events are pushed; none stops pushing.
    #[serde(default, deserialize_with = "given")]
    pub callback_url: Option<Option<String>>,
    /// What pushes are signed with, 16 to 128 characters; made when absent.
    #[serde(default)]
    pub callback_secret: Option<String>,
    /// Only these events; null for every event of the module.
    #[serde(default, deserialize_with = "given")]
    pub callback_events: Option<Option<Vec<EventKind>>>,
    /// `STANDARD`, `SHORT` or `QUICK`.
    #[serde(default)]
    pub retry_preset: Option<RetryPreset>,
    /// Pushes a second, 1 to 1000; null for no limit.
    #[serde(default, deserialize_with = "given")]
    pub rate_per_second: Option<Option<u32>>,
    /// Where pull requests go.
    #[serde(default, deserialize_with = "given")]
    pub external_api_url: Option<Option<String>>,
    /// Addresses and networks calls may come from, at most 50; empty for any.
    #[serde(default)]
    pub allow_ips: Option<Vec<String>>,
    /// Whether only signature scheme 2 is taken.
    #[serde(default)]
    pub scheme_2_only: Option<bool>,
    /// Calls a UTC day, 0 for no limit; for operators alone.
    #[serde(default)]
    pub daily_quota: Option<u32>,
}

/// Tells null from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
