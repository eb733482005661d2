//! `kind = "directory-pull"`: departments and people of an OA become those of Tenon's directory.

use super::Header;
use crate::ids::{ConnectionId, FlowId, TenantId};
use crate::{code, duration};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One pull.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryPullFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often everybody is read.
    #[serde(default = "every_default", with = "duration::text")]
    pub every: Duration,
    /// The OA connection.
    pub oa: ConnectionId,
    /// The department to begin with; what stands beside it is not read.
    #[serde(default = "root_default", deserialize_with = "code::trimmed")]
    pub root: String,
    /// The tenant whose people they are; absent for the operator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl DirectoryPullFlow {
    /// What flows of all kinds have.
    pub fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// Whose people they are.
    pub fn people_of(&self) -> TenantId {
        self.tenant.as_ref().map_or_else(TenantId::operator, TenantId::new)
    }
}

fn every_default() -> Duration {
    Duration::from_secs(86_400)
}
fn root_default() -> String {
    "1".to_owned()
}
