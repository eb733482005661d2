//! Calls to addresses that tenants gave: what is refused, and what hostile servers can do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod addresses;
mod allowances;
mod forms;
mod kit;
mod rebinding;
mod servers;
mod tls;
mod urls;
