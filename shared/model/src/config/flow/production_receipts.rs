//! `kind = "production-receipts"`: reports of the last operation in the MES become receipts from production in the ERP.

use super::Header;
use crate::blacklake::LastOperation;
use crate::duration;
use crate::ids::{ConnectionId, FlowId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One flow of receipts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductionReceiptsFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for reports.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The MES connection.
    pub mes: ConnectionId,
    /// Which reports.
    #[serde(default)]
    pub source: NewReports,
    /// By what the last operation is told.
    #[serde(default)]
    pub last_operation: LastOperation,
    /// What becomes of a report by its quality.
    #[serde(default)]
    pub quality: ByQuality,
    /// Whether a report of a by-product becomes a receipt too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_products: bool,
    /// The field of a receipt that carries the report's id.
    #[serde(default = "key_field_default")]
    pub key_field: String,
    /// The field of a receipt that says what kind of receipt it is; an empty one is not written.
    #[serde(default = "inbound_field_default")]
    pub inbound_field: String,
    /// What it says.
    #[serde(default = "inbound_value_default")]
    pub inbound_value: String,
    /// The batch of a report that names none, where the item is managed in batches.
    #[serde(default)]
    pub without_batch: WithoutBatch,
    /// The bin of each warehouse that is managed in bins, by `BinAbsEntry`; the others' is the ERP's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bins: BTreeMap<String, i64>,
    /// The day of a receipt.
    #[serde(default)]
    pub date: ReceiptDate,
}

/// Which reports of the MES are looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NewReports {
    /// How far before the end of the last look the next one begins.
    #[serde(with = "duration::text")]
    pub overlap: Duration,
    /// How old a report must be: what is being written down just now is left for the next look.
    #[serde(with = "duration::text")]
    pub delay: Duration,
    /// How far back a sweep looks for reports that were dated back; also the first look.
    #[serde(with = "duration::text")]
    pub sweep: Duration,
    /// How often it sweeps.
    #[serde(with = "duration::text")]
    pub sweep_every: Duration,
    /// Reports a page.
    pub page_size: u32,
}

/// What becomes of a report by its quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ByQuality {
    /// 合格.
    pub qualified: OnQuality,
    /// 让步合格.
    pub conceded: OnQuality,
    /// 待检.
    pub to_inspect: OnQuality,
    /// 不合格.
    pub unqualified: OnQuality,
}

/// What becomes of a report of some quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnQuality {
    /// It is received as complete.
    Receive,
    /// It is received as rejected.
    Reject,
    /// It waits until its quality is another.
    Wait,
    /// It is passed over.
    PassOver,
}

/// The batch of a report that names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutBatch {
    /// There is none, and the run says so.
    #[default]
    Refuse,
    /// The report's code.
    ReportCode,
}

/// The day of a receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptDate {
    /// The day of the report, in the company's time zone.
    #[default]
    Report,
    /// The day on which it is posted.
    Today,
}

impl ProductionReceiptsFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }
}

impl Default for NewReports {
    fn default() -> Self {
        Self {
            overlap: Duration::from_secs(600),
            delay: Duration::from_secs(60),
            sweep: Duration::from_secs(72 * 3_600),
            sweep_every: Duration::from_secs(86_400),
            page_size: 200,
        }
    }
}

impl Default for ByQuality {
    fn default() -> Self {
        Self {
            qualified: OnQuality::Receive,
            conceded: OnQuality::Receive,
            to_inspect: OnQuality::Wait,
            unqualified: OnQuality::PassOver,
        }
    }
}

fn key_field_default() -> String {
    "Comments".to_owned()
}
fn inbound_field_default() -> String {
    "U_InboundType".to_owned()
}
fn inbound_value_default() -> String {
    "1".to_owned()
}
