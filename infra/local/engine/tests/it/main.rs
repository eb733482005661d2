//! The embedded engines: one suite on each way to them, and what they keep.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod aws_stand_in;
mod differential;
mod durability;
mod embedded;
mod events;
mod in_process;
mod leases;
mod limits;
mod outbox;
mod over_http;
mod served;
mod suite;
mod table_queue;
