//! Reports of the MES become receipts from production in the ERP, each once, however often it is seen.
//!
//! What was reported is found by its time, with an overlap and a daily sweep (`find`). Whether a report is to be received is
//! decided by what is known of its order (`decide`); then one receipt is posted (`post`), which carries the report's id and
//! is looked for by it before anything is posted again.

mod compare;
mod decide;
mod find;
mod kind;
mod post;

pub(super) use post::handle;

pub(crate) use find::Mark;

use super::find::Way;
use crate::jobs::ErpPoster;
use tenon_model::config::{Flow, ProductionReceiptsFlow};
use tenon_platform::job::Job;
use tenon_platform::queue::MANUFACTURING_POST;

/// The ERP's receipts.
const RECEIPTS: &str = "InventoryGenEntries";
/// Their key.
const KEY: &str = "DocEntry";
/// What a receipt is based on.
const PRODUCTION_ORDER: i64 = 202;

/// The way of the flow's messages.
fn way<'a>(flow: &'a Flow, of: &ProductionReceiptsFlow) -> Way<'a> {
    Way { flow, queue: MANUFACTURING_POST, job: ErpPoster::NAME, group: of.erp.to_string() }
}

/// What carries a report's id in its receipt.
fn mark(report: i64) -> String {
    format!("MES {report}")
}
