//! Items of the ERP become materials of the MES.
//!
//! What has changed is found by the ERP's own stamps (`find`); what an item is as a material (`material`) is compared with
//! what the MES was told last, and told it when it differs (`send`). Importing makes or changes a material, so a call whose
//! answer was lost is made again once it can no longer arrive.

mod compare;
mod find;
mod kind;
mod material;
mod send;

pub(super) use send::handle;

pub(crate) use find::Mark;

use super::find::Way;
use crate::jobs::MesSender;
use tenon_model::config::{Flow, MesItemsFlow};
use tenon_platform::job::Job;
use tenon_platform::queue::MANUFACTURING_SEND;

/// The ERP's items.
const ITEMS: &str = "Items";
/// Their key.
const KEY: &str = "ItemCode";

/// The way of the flow's messages.
fn way<'a>(flow: &'a Flow, of: &MesItemsFlow) -> Way<'a> {
    Way { flow, queue: MANUFACTURING_SEND, job: MesSender::NAME, group: of.mes.to_string() }
}
