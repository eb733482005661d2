//! Bearer tokens of people and systems that manage Tenon: roles, and the stored record.

use crate::ids::TenantId;
use serde::{Deserialize, Serialize};

/// What a token's holder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs this installation; acts for no tenant.
    Operator,
    /// Administers one tenant.
    TenantAdmin,
}

/// A token as stored; the token itself is nowhere, only its SHA-256 as the record's key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRecord {
    /// Its id, `tok-…`, which may be shown.
    pub id: String,
    /// What it was issued for.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The tenant a tenant administrator acts for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms after which it is refused.
    pub expires_ms: i64,
    /// Epoch ms at which it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_ms: Option<i64>,
}
