//! A company of SAP Business One.

use crate::config::Secret;
use crate::ids::ConnectionId;
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A B1 company reached through the Service Layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct B1Connection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host, port and any path before `/b1s`, which is appended with the version.
    pub base_url: String,
    /// The version of the Service Layer that the site serves.
    #[serde(default)]
    pub api: ServiceLayer,
    /// The company database (账套).
    #[serde(deserialize_with = "code::trimmed")]
    pub company_db: String,
    /// The B1 user.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// B1's language number; 15 is Simplified Chinese.
    #[serde(default = "language_default")]
    pub language: i64,
    /// IANA name; B1 dates are the company's local dates.
    #[serde(default = "super::time_zone_default")]
    pub time_zone: String,
    /// A PEM file with the authority that signed the server's certificate. Read when the
    /// configuration is applied; its text goes to `ca_pem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The PEM text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Sessions held at once. The server serialises the calls of one session, and each session
    /// takes licence capacity.
    #[serde(default = "max_sessions_default")]
    pub max_sessions: u32,
    /// Where people see a document in a browser, with `{object}` and `{key}` in it; pages lead there.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub link: Option<String>,
    /// Time-outs per kind of call.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// Versions of the Service Layer. The same entities, read and written alike; what differs are the names of
/// what is no field (`odata.nextLink`) and how errors are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceLayer {
    /// OData 3, `/b1s/v1`; deprecated from FP 2405.
    #[default]
    V1,
    /// OData 4, `/b1s/v2`.
    V2,
}

impl ServiceLayer {
    /// The path of the service root.
    pub fn root(self) -> &'static str {
        match self {
            Self::V1 => "/b1s/v1",
            Self::V2 => "/b1s/v2",
        }
    }

    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// The version that it is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::V1 => Self::V2,
            Self::V2 => Self::V1,
        }
    }
}

/// B1 time-outs per kind of call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// `Login`.
    #[serde(with = "duration::text")]
    pub login: Duration,
    /// Reads.
    #[serde(with = "duration::text")]
    pub read: Duration,
    /// Creates, changes and deletes.
    #[serde(with = "duration::text")]
    pub write: Duration,
    /// `ApprovalRequests`, an entity seen to take up to ten seconds.
    #[serde(with = "duration::text")]
    pub approval: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            login: Duration::from_secs(20),
            read: Duration::from_secs(30),
            write: Duration::from_secs(30),
            approval: Duration::from_secs(30),
        }
    }
}

fn language_default() -> i64 {
    15
}

fn max_sessions_default() -> u32 {
    4
}
