//! `kind = "mes-work-orders"`: production orders of the ERP become work orders of the factory's MES.

use super::{Field, Header};
use crate::duration;
use crate::ids::{ConnectionId, FlowId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One flow of work orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MesWorkOrdersFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for orders.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The MES connection.
    pub mes: ConnectionId,
    /// Which orders.
    #[serde(default)]
    pub source: UnsyncedOrders,
    /// What stands before an order's number in its code; without it, the prefix that the MES connection has for the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_prefix: Option<String>,
    /// The ERP fields that say whether the MES has an order as it is.
    #[serde(default)]
    pub marks: WorkOrderMarks,
    /// `workOrderType`.
    #[serde(default = "work_order_type_default")]
    pub work_order_type: String,
    /// The time of day at which orders are planned to begin.
    #[serde(default = "midnight")]
    pub start_time: String,
    /// The time of day at which they are planned to end.
    #[serde(default = "midnight")]
    pub finish_time: String,
    /// Whether an order that was closed in the ERP is closed in the MES, as one that was cancelled is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub close_on_close: bool,
    /// Why a work order is closed; `{{number}}` stands for the document's number.
    #[serde(default = "close_reason_default")]
    pub close_reason: String,
    /// Members of the work order beside the usual ones: of the order itself when it is made, of `workOrderBaseCO` when it is
    /// edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// Which orders of the ERP are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnsyncedOrders {
    /// OData `$filter` that an order must match, beside being released or cancelled and not marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Orders a page.
    pub page_size: u32,
}

/// The ERP fields that say whether the MES has an order as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkOrderMarks {
    /// The field.
    pub synced: String,
    /// Its value when the MES has the order.
    pub synced_value: String,
    /// Its value when the order, or a change of it, is to be sent.
    pub unsynced_value: String,
    /// The field by which our own mark is told from a person's change.
    pub flag: String,
    /// Its value with our own mark.
    pub flag_value: String,
}

impl MesWorkOrdersFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }
}

impl Default for UnsyncedOrders {
    fn default() -> Self {
        Self { filter: None, page_size: 20 }
    }
}

impl Default for WorkOrderMarks {
    fn default() -> Self {
        Self {
            synced: "U_SyncStatus".to_owned(),
            synced_value: "Y".to_owned(),
            unsynced_value: "N".to_owned(),
            flag: "U_SyncFlag".to_owned(),
            flag_value: "Y".to_owned(),
        }
    }
}

fn work_order_type_default() -> String {
    "普通".to_owned()
}
fn midnight() -> String {
    "00:00:00".to_owned()
}
fn close_reason_default() -> String {
    "B1 {{number}} 已取消".to_owned()
}
