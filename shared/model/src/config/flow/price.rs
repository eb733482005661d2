//! `kind = "price"`: forms born in the OA become special prices in the ERP when they are approved.

use super::{Field, Header, Lines};
use crate::ids::{ConnectionId, FlowId};
use crate::{code, duration};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One price flow. It begins in the OA, so it has no source and looks for nothing in the ERP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// Of no effect: its forms come as events, and those that did not come are found with the OA connection's
    /// reconciliation.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// The OA form.
    pub form: PriceForm,
}

/// The OA form whose rows are prices. `from` names its controls, `to` fields of a special price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceForm {
    /// The OA's code of the form.
    #[serde(deserialize_with = "code::trimmed")]
    pub template: String,
    /// Header controls; they hold for every row.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The table control. Without one the header is the one row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
}

impl PriceFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }
}
