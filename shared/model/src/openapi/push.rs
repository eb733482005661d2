//! What is pushed to tenants' endpoints.

use super::{NumberOrText, OrderState, ReconciliationState, Yuan};
use crate::EventKind;
use serde::{Deserialize, Serialize};

/// Body of a push. Its bytes are made once, when the event comes in, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushBody<T> {
    /// What happened.
    pub event: EventKind,
    /// When we learned of it.
    pub timestamp: String,
    /// What it is about.
    pub data: T,
}

/// `data` of `ORDER_STATUS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderStatusData {
    /// The order.
    pub order_no: String,
    /// The customer's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_order_no: Option<String>,
    /// The new state.
    pub status: OrderState,
    /// The state before.
    pub old_status: OrderState,
    /// The new state once more.
    pub new_status: OrderState,
    /// For people.
    pub message: String,
    /// When it changed.
    pub changed_at: String,
    /// Pieces finished.
    pub completed_quantity: i64,
    /// Pieces ordered.
    pub order_quantity: i64,
}

/// `data` of `QUALITY_RESULT`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QualityResultData {
    /// The order.
    pub order_no: String,
    /// What was inspected after.
    pub process_name: String,
    /// Good pieces.
    pub qualified_quantity: i64,
    /// Bad pieces.
    pub unqualified_quantity: i64,
    /// Bad pieces in percent of the inspected, two decimals.
    #[serde(serialize_with = "crate::decimal::as_javascript")]
    pub defect_rate: f64,
    /// The verdict in the inspector's word.
    pub result: String,
    /// When.
    pub inspected_at: String,
}

/// `data` of `LOGISTICS_UPDATE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogisticsUpdateData {
    /// The order.
    pub order_no: String,
    /// Number of the delivery note.
    pub outstock_no: String,
    /// Pieces.
    pub quantity: i64,
    /// Warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
    /// When the goods left.
    pub shipped_at: String,
    /// Style of the order.
    pub style_no: String,
    /// Kind, in the production system's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstock_type: Option<String>,
    /// Carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logistics_company: Option<String>,
    /// The carrier's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_no: Option<String>,
}

/// `data` of `RECONCILIATION_CREATED`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReconciliationCreatedData {
    /// The order it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// Id.
    pub reconciliation_id: NumberOrText,
    /// Number.
    pub reconciliation_no: String,
    /// What is to be paid.
    pub total_amount: Yuan,
    /// Where it is.
    pub status: ReconciliationState,
    /// When it was created.
    pub created_at: String,
    /// Path where the payment is confirmed.
    pub confirm_url: String,
    /// Where it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_status: Option<ReconciliationState>,
}
