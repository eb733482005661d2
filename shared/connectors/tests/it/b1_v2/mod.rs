//! The same suites at a site that serves `/b1s/v2` only.

#[path = "../b1/approvals.rs"]
mod approvals;
#[path = "../b1/breaker.rs"]
mod breaker;
#[path = "../b1/fixture.rs"]
mod fixture;
#[path = "../b1/keyset.rs"]
mod keyset;
#[path = "../b1/logins.rs"]
mod logins;
#[path = "../b1/reading.rs"]
mod reading;
#[path = "../b1/sessions.rs"]
mod sessions;
#[path = "../b1/versions.rs"]
mod versions;
#[path = "../b1/writing.rs"]
mod writing;

use tenon_model::config::ServiceLayer;
use tenon_sandbox::ServedVersions;

const API: ServiceLayer = ServiceLayer::V2;
const SERVED: ServedVersions = ServedVersions::V2;
