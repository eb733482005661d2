//! The OA integration: users of an OA, their tokens and rights, the `[oa_integration]` table.

mod queries;

pub use queries::{OaQueries, OaQuery};

use super::Secret;
use crate::ids::{ConnectionId, DatabaseId};
use crate::{duration, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How the OA's users are shown to other systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OaIntegration {
    /// Where users and bindings come from.
    pub source: OaSource,
    /// Whose codes the assistants' ids are, where they come from the directory: an enterprise of an ERP.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub enterprise_code: Option<String>,
    /// The same: the OA whose user ids they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// The database that is the OA's own, where they come from it: one of `[[databases]]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseId>,
    /// What is asked of it.
    #[serde(skip_serializing_if = "OaQueries::is_default")]
    pub queries: OaQueries,
    /// How long what it answered counts.
    #[serde(with = "duration::text")]
    pub remember: Duration,
    /// Keys of tokens: the first signs, all of them count. Without any the installation's own sign.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_keys: Vec<Secret>,
    /// Whether anybody may have a token, without an app code.
    pub open: bool,
    /// Tokens that one address may have in a minute where anybody may have one; 0 for any number.
    pub open_rate_per_minute: u32,
    /// Addresses and networks calls may come from; empty means any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_ips: Vec<String>,
    /// Whether 401, 403 and 404 stand in the body alone, for clients that expect HTTP 200.
    pub always_200: bool,
    /// OA user ids who may see other users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub may_see_others: Vec<String>,
    /// Role ids whose users may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles_see_others: Vec<String>,
    /// Which data rights are shown.
    pub data_rights: ShownRights,
}

/// Where the OA's users and bindings come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OaSource {
    /// From `tenon oa import` and the administrators' routes.
    #[default]
    Stored,
    /// People and departments from the directory; what it does not know, as above.
    Directory,
    /// From the OA's own database.
    Database,
}

/// Which data rights of all there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownRights {
    /// Those that name the user.
    #[default]
    Own,
    /// All of them, with everybody they name.
    All,
}

impl Default for OaIntegration {
    fn default() -> Self {
        Self {
            source: OaSource::default(),
            enterprise_code: None,
            connection: None,
            database: None,
            queries: OaQueries::default(),
            remember: Duration::from_secs(30),
            token_keys: Vec::new(),
            open: false,
            open_rate_per_minute: 60,
            allow_ips: Vec::new(),
            always_200: false,
            may_see_others: Vec::new(),
            roles_see_others: Vec::new(),
            data_rights: ShownRights::default(),
        }
    }
}

impl OaIntegration {
    /// What the keys are sealed for.
    pub const BOUND_TO: &'static str = "oa-integration";

    /// What a key is called by its place.
    pub fn key_name(place: usize) -> String {
        format!("token_keys[{place}]")
    }
}
