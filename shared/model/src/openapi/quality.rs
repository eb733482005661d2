//! Quality reports.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Answer of `GET /openapi/v1/quality/{orderNo}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QualityReport {
    /// The order.
    pub order_no: String,
    /// Inspections there are.
    pub total_records: i64,
    /// When this was put together.
    pub report_time: String,
    /// Inspected pieces by process.
    pub process_summary: BTreeMap<String, i64>,
    /// Good pieces of all inspections.
    pub qualified_quantity: i64,
    /// Bad pieces of all inspections.
    pub unqualified_quantity: i64,
    /// Bad pieces in percent of all, two decimals.
    #[serde(serialize_with = "crate::decimal::as_javascript")]
    pub defect_rate: f64,
    /// The newest 200 inspections, newest first.
    pub records: Vec<QualityItem>,
}

/// One inspection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct QualityItem {
    /// Its id.
    pub id: String,
    /// The order.
    pub order_no: String,
    /// What was inspected after.
    pub process_name: String,
    /// Inspected pieces.
    pub quantity: i64,
    /// Good ones.
    pub qualified_quantity: i64,
    /// Bad ones.
    pub unqualified_quantity: i64,
    /// Bad pieces in percent of the inspected, two decimals.
    #[serde(serialize_with = "crate::decimal::as_javascript")]
    pub defect_rate: f64,
    /// The verdict in the inspector's word.
    pub result: String,
    /// When.
    pub scan_time: String,
}
