//! Production orders of the ERP become work orders of the MES.
//!
//! What is released or cancelled and not marked is found (`find`). Whose a code is, is stored before it is used (`codes`);
//! then the work order is made, edited or closed as the MES has it (`send`), and the order is marked when it is still what
//! was sent (`mark`).

mod codes;
mod compare;
mod find;
mod kind;
mod mark;
mod order;
mod send;

pub use codes::of_code;
pub(crate) use order::line_of_seq;
pub(super) use send::handle;

use super::find::Way;
use crate::jobs::MesSender;
use tenon_model::config::{Flow, MesWorkOrdersFlow};
use tenon_platform::job::Job;
use tenon_platform::queue::MANUFACTURING_SEND;

/// The ERP's orders.
pub(super) const ORDERS: &str = "ProductionOrders";
/// Their key.
const KEY: &str = "AbsoluteEntry";

/// The way of the flow's messages.
fn way<'a>(flow: &'a Flow, of: &MesWorkOrdersFlow) -> Way<'a> {
    Way { flow, queue: MANUFACTURING_SEND, job: MesSender::NAME, group: of.mes.to_string() }
}
