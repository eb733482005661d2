//! `kind = "mes-items"`: items of the ERP become materials of the factory's MES.

use super::{Field, Header};
use crate::duration;
use crate::ids::{ConnectionId, FlowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One flow of items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MesItemsFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for items that have changed.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The MES connection.
    pub mes: ConnectionId,
    /// Which items.
    #[serde(default)]
    pub source: ChangedItems,
    /// Members of a material beside the usual ones, or in place of one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Members that are the same for all materials, beside the usual ones or in place of one; an empty text leaves a usual
    /// one out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<String, String>,
    /// Whether a purchase unit that is not the inventory's goes with its factor.
    #[serde(default = "super::enabled_default")]
    pub purchase_unit: bool,
}

/// Which items of the ERP are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangedItems {
    /// OData `$filter` that an item must match too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The first look takes what was made or changed since this day, `2026-01-31`; without it every item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// How far before the newest change that was seen the next look begins.
    #[serde(with = "duration::text")]
    pub overlap: Duration,
    /// Items a page.
    pub page_size: u32,
}

impl MesItemsFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }
}

impl Default for ChangedItems {
    fn default() -> Self {
        Self { filter: None, since: None, overlap: Duration::from_secs(120), page_size: 20 }
    }
}
