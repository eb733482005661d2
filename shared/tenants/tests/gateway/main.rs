#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The gateway of signed calls, its quota, and the call log.

mod checks;
mod kit;
mod log;
mod quota;
mod trouble;
