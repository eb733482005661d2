#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The same suites at a site that serves `/b1s/v2` only.

#[path = "../b1/approvals.rs"]
mod approvals;
#[path = "../b1/breaker.rs"]
mod breaker;
#[path = "../b1/keyset.rs"]
mod keyset;
#[path = "../b1/kit.rs"]
mod kit;
#[path = "../b1/logins.rs"]
mod logins;
#[path = "../b1/reading.rs"]
mod reading;
#[path = "../b1/sessions.rs"]
mod sessions;
#[path = "../support/mod.rs"]
mod support;
#[path = "../b1/versions.rs"]
mod versions;
#[path = "../b1/writing.rs"]
mod writing;

use kit::{MINUTE, all, draft, plain, world};
use tenon_model::config::ServiceLayer;
use tenon_sandbox::ServedVersions;

const API: ServiceLayer = ServiceLayer::V2;
const SERVED: ServedVersions = ServedVersions::V2;
