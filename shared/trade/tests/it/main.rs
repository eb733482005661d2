#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! Orders, inspections, shipments and reconciliations on the embedded engine.

mod bodies;
mod common;
mod inbound_events;
mod isolation;
mod orders;
mod payments;
