//! `kind = "directory-push"`: departments and employees of an ERP are pushed to an aiflow.

use super::Header;
use crate::ids::{ConnectionId, FlowId};
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryPushFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often what changed is looked for.
    #[serde(default = "every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The aiflow connection.
    pub aiflow: ConnectionId,
    /// Which departments, and what of them.
    #[serde(default)]
    pub departments: PushedDepartments,
    /// Which employees, and what of them.
    #[serde(default)]
    pub people: PushedPeople,
}

/// Departments that are pushed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushedDepartments {
    /// Odoo's domain as JSON text; without one all of them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub filter: Option<String>,
    /// The field that is the department's code.
    #[serde(deserialize_with = "code::trimmed")]
    pub code: String,
}

/// Employees that are pushed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushedPeople {
    /// Odoo's domain as JSON text; without one all of them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub filter: Option<String>,
    /// The field that is the person's code.
    #[serde(deserialize_with = "code::trimmed")]
    pub code: String,
    /// The field of the login name; the code where it is empty.
    #[serde(deserialize_with = "code::trimmed")]
    pub user_name: String,
    /// The field of the mobile number.
    #[serde(deserialize_with = "code::trimmed")]
    pub mobile: String,
    /// The field of the e-mail address.
    #[serde(deserialize_with = "code::trimmed")]
    pub email: String,
    /// aiflow's numbers of Odoo's employee types; others are 1.
    pub personnel_types: BTreeMap<String, u8>,
}

impl Default for PushedDepartments {
    fn default() -> Self {
        Self { filter: None, code: "id".to_owned() }
    }
}

impl Default for PushedPeople {
    fn default() -> Self {
        let types = [("employee", 1), ("student", 2), ("trainee", 2), ("contractor", 3), ("freelance", 5)];
        Self {
            filter: None,
            code: "id".to_owned(),
            user_name: "work_email".to_owned(),
            mobile: "mobile_phone".to_owned(),
            email: "work_email".to_owned(),
            personnel_types: types.map(|(word, number)| (word.to_owned(), number)).into(),
        }
    }
}

impl DirectoryPushFlow {
    /// What flows of all kinds have.
    pub fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }
}

fn every_default() -> Duration {
    Duration::from_secs(3_600)
}
