//! Tenants, their apps, orders and tokens on the embedded engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod call_rate;
mod common;
mod gateway;
mod manage;
mod store;
mod store_crash;
