//! The whole system: approvals and routes through real events, clients in other languages, and the
//! documents and template against the code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod aiflow;
mod approvals;
mod audit;
mod authorisation;
mod barcode;
mod base_data;
mod budgets;
mod calls;
mod certificates;
mod clients;
mod config_cache;
mod data_sync;
mod docs;
mod documents;
mod issues;
mod keys;
mod leased;
mod manifests;
mod mes;
mod people;
mod plm;
mod promises;
mod requests;
mod silent;
mod template;
mod versions;
mod weaver;
mod wecom;
