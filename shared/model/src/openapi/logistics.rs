//! Shipments of orders.

use serde::{Deserialize, Serialize};

/// Answer of `GET /openapi/v1/logistics/{orderNo}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LogisticsStatus {
    /// The order.
    pub order_no: String,
    /// Shipments there are.
    pub total_shipments: i64,
    /// The newest 200 shipments, newest first.
    pub shipments: Vec<Shipment>,
}

/// One shipment. What is not known is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// Number of the delivery note.
    pub outstock_no: String,
    /// Pieces.
    pub quantity: i64,
    /// Kind, in the production system's word.
    pub outstock_type: Option<String>,
    /// Warehouse the goods left.
    pub warehouse: Option<String>,
    /// Carrier.
    pub logistics_company: Option<String>,
    /// The carrier's number.
    pub tracking_no: Option<String>,
    /// When the goods left.
    pub create_time: String,
}
