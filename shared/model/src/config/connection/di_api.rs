//! A DI API of SAP Business One over HTTP (b1dis).

use crate::config::Secret;
use crate::{code, duration, ids::ConnectionId, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A company's DI API, which runs SQL as it is given. It has no public document, so what an answer looks like is a
/// setting; the defaults are what sites' own flows rely on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiApiConnection {
    /// Letters, digits and dashes.
    pub id: ConnectionId,
    /// Scheme, host, port and any path before `/b1dis`.
    pub base_url: String,
    /// What stands between `base_url` and `login` or `exec-sql`.
    #[serde(default = "root_default")]
    pub root: String,
    /// The company database (账套).
    pub company_db: String,
    /// The B1 user.
    #[serde(deserialize_with = "code::trimmed")]
    pub username: String,
    /// Its password.
    pub password: Secret,
    /// The `code` of a good answer.
    #[serde(default = "success_default")]
    pub success: String,
    /// Codes that mean that the session is over, beside HTTP status 401.
    #[serde(default, deserialize_with = "text::list")]
    pub session_over: Vec<String>,
    /// What an empty statement is answered with by a DI API that is well.
    #[serde(default = "empty_sql_default")]
    pub empty_sql: String,
    /// How long a session lives without a call, where a login does not say so.
    #[serde(default = "session_life_default", with = "duration::text")]
    pub session_life: Duration,
    /// A PEM file with the authority that signed the server's certificate. Read when the configuration is applied; its
    /// text goes to `ca_pem`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// The PEM text itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// Time-out of one call.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
}

fn root_default() -> String {
    "/b1dis/v1".to_owned()
}
fn success_default() -> String {
    "RIS.10000000".to_owned()
}
fn empty_sql_default() -> String {
    "Sql不能为空".to_owned()
}
fn session_life_default() -> Duration {
    Duration::from_secs(1_800)
}
fn timeout_default() -> Duration {
    Duration::from_secs(20)
}
