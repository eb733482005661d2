//! Business events as the production system hands them in. `eventId` is 1 to 100 printable ASCII
//! characters, unique within the tenant: a repeat with the same content changes nothing, one with other
//! content is refused. `tenantId` may be left out by a caller that is bound to one tenant.

use super::{NumberOrText, OrderState, ReconciliationState, Yuan};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Body of `POST /admin/v1/events/order-status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderStatusEvent {
    /// The event's id.
    pub event_id: String,
    /// Whose order it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The order.
    pub order_no: String,
    /// The new state; needed unless `newStatus` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderState>,
    /// The same by another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_status: Option<OrderState>,
    /// The state before; what is stored when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_status: Option<OrderState>,
    /// For people, at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it changed; now when left out. An older change than the last one is pushed, but does not
    /// turn the order back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Pieces finished, 0 to 10,000,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_quantity: Option<i64>,
    /// Percent, 0 to 100; from the quantities when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production_progress: Option<i64>,
    /// Percent, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material_arrival_rate: Option<i64>,
    /// At most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_name: Option<String>,
    /// Date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_start_date: Option<String>,
    /// Date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_end_date: Option<String>,
    /// Date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_start_date: Option<String>,
    /// Date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_end_date: Option<String>,
    /// Date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ship_date: Option<String>,
}

/// Body of `POST /admin/v1/events/quality-result`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QualityResultEvent {
    /// The event's id.
    pub event_id: String,
    /// Whose order it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The order.
    pub order_no: String,
    /// What was inspected after, at most 100 characters; 入库质检 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process_name: Option<String>,
    /// Good pieces, 0 to 10,000,000.
    pub qualified_quantity: i64,
    /// Bad pieces, 0 to 10,000,000; 0 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unqualified_quantity: Option<i64>,
    /// The verdict, at most 50 characters; `qualified` or `unqualified` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// When; now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected_at: Option<String>,
}

/// Body of `POST /admin/v1/events/logistics-update`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogisticsUpdateEvent {
    /// The event's id.
    pub event_id: String,
    /// Whose order it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The order.
    pub order_no: String,
    /// Number of the delivery note, 1 to 100 characters. A further event of the same one replaces it.
    pub outstock_no: String,
    /// Pieces, 1 to 10,000,000.
    pub quantity: i64,
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    /// When the goods left; now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<String>,
    /// Kind, at most 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstock_type: Option<String>,
    /// Carrier, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logistics_company: Option<String>,
    /// The carrier's number, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_no: Option<String>,
}

/// Body of `POST /admin/v1/events/reconciliation-created`. Id or number is needed; the one left out is
/// the same as the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReconciliationCreatedEvent {
    /// The event's id.
    pub event_id: String,
    /// Whose reconciliation it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Id of the reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation_id: Option<NumberOrText>,
    /// Number of the reconciliation, 1 to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation_no: Option<String>,
    /// The order it is for, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// What is to be paid, more than 0.
    pub total_amount: Yuan,
    /// `approved` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ReconciliationState>,
    /// Where it was before; what is stored when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<ReconciliationState>,
    /// When it was created; now when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
}

/// Answer to one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventTaken {
    /// The event's id.
    pub event_id: String,
    /// Whether it was known already.
    pub repeated: bool,
    /// With a known event: apps it was not pushed to because their endpoint was off, and still was not.
    /// Send it by `resend-jobs` once they are on again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_apps: Vec<String>,
}

/// Body of `POST /admin/v1/events/…/bulk`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BulkEvents {
    /// The tenant of events that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// 1 to 200 events of the kind the path names; those of one order are taken in order. Each succeeds or fails alone.
    pub events: Vec<Value>,
}

/// Answer to several events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkTaken {
    /// Events handed in.
    pub total: usize,
    /// Events taken in.
    pub success_count: usize,
    /// Events not taken in.
    pub failed_count: usize,
    /// Those taken in.
    pub success_records: Vec<BulkSuccess>,
    /// Those not taken in.
    pub failed_records: Vec<BulkFailure>,
    /// For people.
    pub message: String,
}

/// An event of several that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkSuccess {
    /// Its place, from 1.
    pub index: usize,
    /// Its id.
    pub event_id: String,
    /// Whether it was known already.
    pub repeated: bool,
    /// With a known event: apps it was not pushed to because their endpoint was off, and still was not.
    /// Send it by `resend-jobs` once they are on again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped_apps: Vec<String>,
}

/// An event of several that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BulkFailure {
    /// Its place, from 1.
    pub index: usize,
    /// Its id, when it has one.
    pub event_id: Option<String>,
    /// 400, 403, 404 or 500; after 500 the same event may be handed in again.
    pub code: u16,
    /// What is wrong, with the field's name in front.
    pub error: String,
}
