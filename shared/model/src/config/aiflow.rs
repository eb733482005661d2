//! Callers of aiflow's interface.

use super::{ProcessSettings, Secret};
use crate::ids::TenantId;
use serde::{Deserialize, Serialize};

/// An ERP that calls aiflow's interface, with signatures of its own secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiflowApp {
    /// The enterprise it calls for: its codes of people and departments are those of this enterprise.
    pub enterprise_code: String,
    /// Its id.
    pub app_id: String,
    /// Signs its calls.
    pub app_secret: Secret,
    /// The header its signature stands in, beside `A-Signature` and `X-A-Signature`, which are always read.
    #[serde(default = "header_default")]
    pub header: String,
    /// Addresses and networks it may come from; empty means any.
    #[serde(default)]
    pub allow_ips: Vec<String>,
    /// Calls it may make in a minute; 0 for any number.
    #[serde(default = "rate_default")]
    pub rate_per_minute: u32,
    /// The tenant whose data it works on; absent for the operator's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What becomes of an order with people whom the directory does not know.
    #[serde(default)]
    pub unknown_people: UnknownPeople,
    /// Codes of the groups of people that its flows may name; empty where the ERP alone knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_groups: Vec<String>,
    /// How its processes run.
    #[serde(default, skip_serializing_if = "ProcessSettings::is_default")]
    pub process: ProcessSettings,
}

/// What becomes of an order with people whom the directory does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownPeople {
    /// It is refused, and the answer names them.
    #[default]
    Refuse,
    /// It is taken. Their tasks are in their lists once their codes are bound at sign-on; until then they are not told.
    Accept,
}

impl AiflowApp {
    /// The tenant whose data it works on.
    pub fn tenant(&self) -> TenantId {
        self.tenant.as_ref().map_or_else(TenantId::operator, TenantId::new)
    }

    /// What its sealed secret is bound to: all the rest of it.
    pub fn bound_to(&self) -> String {
        let without = Self { app_secret: Secret::default(), ..self.clone() };
        serde_json::to_string(&("aiflow", without)).unwrap_or_default()
    }
}

fn header_default() -> String {
    "A-Signature".to_owned()
}

fn rate_default() -> u32 {
    600
}
