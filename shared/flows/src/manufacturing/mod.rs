//! Between a company and its factory's MES: items and orders go there (`items`, `orders`), reports become receipts
//! (`receipts`).
//!
//! What goes is found by a poll, queued, and worked on one by one (`work`); what is kept of each (`records`) is all that an
//! interrupted work goes on from. Where neither system marks what was taken, the newest change that was seen is kept
//! (`progress`), and never the time of day.

mod find;
mod items;
mod kind;
pub(crate) mod known;
pub mod message;
mod orders;
mod progress;
mod receipts;
mod records;
mod retry;
mod settle;
mod work;

pub(crate) use orders::line_of_seq;
pub use orders::of_code;

use crate::kinds::Scope;
use message::Manufacture;
use tenon_model::config::Flow;
use tenon_model::manufacturing::{ItemWork, OrderCode, OrderWork, ReportWork, Tracked};
use tenon_model::message::Envelope;
use tenon_platform::table::RecordKind;
use tenon_platform::{Context, Error, Result};

/// Its kinds of records.
pub(crate) const KINDS: [RecordKind; 6] = [
    RecordKind::of::<OrderCode>("MES-CODE"),
    RecordKind::of::<Tracked<ItemWork>>("MES-ITEM"),
    RecordKind::of::<Tracked<OrderWork>>("MES-ORDER"),
    RecordKind::of::<Tracked<ReportWork>>("MES-REPORT"),
    RecordKind::of::<progress::Progress<items::Mark>>("PROGRESS"),
    RecordKind::of::<progress::Progress<receipts::Mark>>("PROGRESS"),
];

/// Handles one message, whichever kind of flow it is of.
///
/// # Errors
/// When it has to come again.
pub async fn handle(ctx: &Context, message: &Envelope<Manufacture>) -> Result<()> {
    let loaded = ctx.config.load(&message.tenant).await?;
    let at = Scope { ctx, tenant: &message.tenant, loaded: &loaded };
    let flow = loaded.flow(&message.body.flow)?;
    match flow {
        Flow::MesItems(flow) => Box::pin(items::handle(at, flow, message)).await,
        Flow::MesWorkOrders(flow) => Box::pin(orders::handle(at, flow, message)).await,
        Flow::ProductionReceipts(flow) => Box::pin(receipts::handle(at, flow, message)).await,
        other => Err(of_another_kind(other)),
    }
}

/// Tells the history that a message is given up.
///
/// # Errors
/// Those of the table.
pub async fn on_dead_letter(ctx: &Context, message: &Envelope<Manufacture>, error: &Error) -> Result<()> {
    let loaded = ctx.config.load(&message.tenant).await?;
    let at = Scope { ctx, tenant: &message.tenant, loaded: &loaded };
    // Of a flow that is gone nothing is left to tell.
    let Ok(flow) = loaded.flow(&message.body.flow) else { return Ok(()) };
    match flow {
        Flow::MesItems(_) => work::give_up::<ItemWork>(at, flow, message, error).await,
        Flow::MesWorkOrders(_) => work::give_up::<OrderWork>(at, flow, message, error).await,
        Flow::ProductionReceipts(_) => work::give_up::<ReportWork>(at, flow, message, error).await,
        _ => Ok(()),
    }
}

fn of_another_kind(flow: &Flow) -> Error {
    let message = format!("flow {} is of kind {} now, and has nothing to do with an MES", flow.id(), flow.kind());
    Error::permanent("flow.kind", message)
}
