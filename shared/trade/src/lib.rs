//! What tenants trade in: orders, quality results, shipments and reconciliations.
//!
//! There are two ways in. Tenants' systems create orders, read everything of their own and confirm
//! payments; the tenant is always that of the app that signed. The production system hands business
//! events in through [`inbound_events`], each of which is stored in one transaction with what it changes and
//! then queued for the fan-out.

mod error;
pub mod inbound_events;
pub mod logistics;
pub mod orders;
pub mod quality;
pub mod reconciliations;
mod rules;
mod time;

pub use error::TradeError;

use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    let mut kinds = vec![
        RecordKind::of::<quality::Inspection>("QUALITY"),
        RecordKind::of::<logistics::Shipped>("SHIPMENT"),
        RecordKind::of::<logistics::Shipped>("SHIPMENTS"),
    ];
    kinds.extend(orders::KINDS);
    kinds.extend(reconciliations::KINDS);
    kinds
}
