//! Measurements of the whole product on one machine: how fast a function starts, how fast a callback
//! is acknowledged, how many documents a B1 server lets through, and what a poll costs.
//!
//! Each measurement gives rows of one Markdown table; `scripts/bench.sh` runs them all.

pub mod approvals;
pub mod callbacks;
pub mod criterion;
pub mod polls;
pub mod push;
pub mod report;
pub mod runtime_api;
pub mod site;
pub mod size;
pub mod start;
pub mod watched;

/// Any failure; a measurement that fails has no rows.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
