//! Tenant apps of a local start.

use super::Secret;
use serde::{Deserialize, Serialize};

/// A tenant app given in the configuration file, for a local start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenapiApp {
    /// Begins with `os_`.
    pub app_key: String,
    /// Signs the calls.
    pub app_secret: Secret,
    /// The tenant.
    pub tenant: String,
    /// The module the key opens.
    pub module: String,
}
