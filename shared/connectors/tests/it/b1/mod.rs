//! The B1 connector against the sandbox: sessions, errors, pages, writes, batches, queries,
//! approvals.

mod approvals;
mod breaker;
mod fixture;
mod keyset;
mod logins;
mod reading;
mod sessions;
mod versions;
mod writing;

use tenon_model::config::ServiceLayer;
use tenon_sandbox::ServedVersions;

const API: ServiceLayer = ServiceLayer::V1;
const SERVED: ServedVersions = ServedVersions::V1;
