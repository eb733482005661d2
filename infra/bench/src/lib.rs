//! Measurements of the whole product on one machine: how fast a function starts, how fast a callback
//! is acknowledged, how many documents a B1 server lets through, what a poll costs, how fast a signed call
//! is answered, and how fast events reach the tenants' endpoints.
//!
//! Each measurement gives rows of one Markdown table; `scripts/bench.sh` runs them all.

pub mod aiflow;
pub mod approvals;
pub mod barcode;
pub mod base_data;
pub mod blacklake;
pub mod callbacks;
pub mod criterion;
pub mod data_sync;
pub mod fixture;
pub mod mapping;
pub mod oa;
pub mod openapi;
pub mod pace;
pub mod plm;
pub mod polls;
pub mod process;
pub mod push;
pub mod receipts;
pub mod report;
pub mod runs;
pub mod runtime_api;
pub mod served;
pub mod sign_in;
pub mod sink;
pub mod size;
pub mod start;
pub mod tenant;
pub mod watch;
pub mod watched;
pub mod weaver;
pub mod webhooks;
pub mod wecom;

/// Any failure; a measurement that fails has no rows.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
