//! Signing in at an Odoo, as browsers do it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod binding;
mod check;
mod common;
mod crash;
mod families;
mod process;
mod scenario;
mod tasks;
mod threats;
