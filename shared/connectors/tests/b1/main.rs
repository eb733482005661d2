#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The B1 connector against the sandbox: sessions, errors, pages, writes, batches, queries,
//! approvals.

mod approvals;
mod breaker;
mod keyset;
mod kit;
mod logins;
mod reading;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod versions;
mod writing;

use kit::{MINUTE, all, draft, plain, world};
use tenon_model::config::ServiceLayer;
use tenon_sandbox::ServedVersions;

const API: ServiceLayer = ServiceLayer::V1;
const SERVED: ServedVersions = ServedVersions::V1;
