//! The signed API, from the gateway's event to the answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod gateway;
mod idempotency;
mod trade;
