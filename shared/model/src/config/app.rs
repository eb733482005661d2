//! Systems of the operator's own that call.

use super::Secret;
use crate::ids::{ConnectionId, TenantId};
use serde::{Deserialize, Serialize};

/// A caller that authenticates with an app code in `X-ApiG-AppCode`, or by where it calls from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Letters, digits and dashes.
    pub id: String,
    /// The code. Absent for a caller of plain services that cannot send one: its address alone lets it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_code: Option<Secret>,
    /// Addresses and networks the caller may come from; empty means any.
    #[serde(default)]
    pub allow_ips: Vec<String>,
    /// The connections it may use where a path names one; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionId>,
    /// The one tenant the caller hands events in for; absent for a caller that serves all of them. Plain services
    /// work on this tenant's data, or on the operator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The plain services it may call; none unless they are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Whether plain services take its code in the query parameter `appCode` too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_in_query: bool,
    /// Calls of plain services it may make in a minute; 0 for any number.
    #[serde(default = "rate_default")]
    pub rate_per_minute: u32,
}

/// A service without a protocol of its own: plain requests, answered with `{code, msg, data}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Flows of the process engine: `/flow/…` and `/message/…`.
    Flow,
    /// An ERP's data in a database: `/dataSync/…`.
    DataSync,
    /// Looking at DingTalk's people and attendance: `/dingtalk/…`.
    Dingtalk,
    /// Users of an OA, their tokens and rights: `/api/oa_integration/…`.
    OaIntegration,
}

impl Service {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Flow, Self::DataSync, Self::Dingtalk, Self::OaIntegration];

    /// As the configuration and the catalog's routes call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::DataSync => "data-sync",
            Self::Dingtalk => "dingtalk",
            Self::OaIntegration => "oa-integration",
        }
    }

    /// What its paths begin with.
    pub const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Flow => &["/flow/", "/message/"],
            Self::DataSync => &["/dataSync/"],
            Self::Dingtalk => &["/dingtalk/"],
            Self::OaIntegration => &["/api/oa_integration/"],
        }
    }

    /// The service that a path belongs to.
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.paths().iter().any(|prefix| path.starts_with(prefix)))
    }
}

/// A caller as stored: the code itself is nowhere, only its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCaller {
    /// Its id.
    pub id: String,
    /// SHA-256 of the code, lower-case hex; empty for a caller without one.
    pub code_sha256: String,
    /// Addresses and networks it may come from; empty means any.
    #[serde(default)]
    pub allow_ips: Vec<String>,
    /// The connections it may use; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionId>,
    /// The one tenant it acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// The plain services it may call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Whether they take its code in the query.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_in_query: bool,
    /// Calls of them it may make in a minute; 0 for any number.
    #[serde(default = "rate_default", skip_serializing_if = "is_rate_default")]
    pub rate_per_minute: u32,
}

impl AppCaller {
    /// Whether it may use this connection.
    pub fn may_use(&self, connection: &ConnectionId) -> bool {
        self.connections.is_empty() || self.connections.contains(connection)
    }

    /// Whether it may call this plain service.
    pub fn may_call(&self, service: &str) -> bool {
        self.services.iter().any(|own| own.name() == service)
    }
}

fn rate_default() -> u32 {
    600
}

fn is_rate_default(rate: &u32) -> bool {
    *rate == rate_default()
}
