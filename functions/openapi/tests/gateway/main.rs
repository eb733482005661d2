#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The signed API from the gateway's event to the answer, the log and the customer's own system.

mod answers;
mod kit;
mod logging;
mod pull;
mod routes;
