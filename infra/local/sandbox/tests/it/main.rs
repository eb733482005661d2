#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! What a client of the simulated vendors sees, one module for each area. Only `socket` opens one.

mod approvals;
mod batch;
mod callbacks;
mod drafts;
mod faults;
mod goods;
mod instances;
mod odata;
mod prices;
mod production;
mod session;
mod socket;
mod sql;
mod support;
mod tokens;
