//! Queue consumer: takes decisions to the ERP.

use std::sync::Arc;
use tenon_approvals::write_back::WriteBacker;
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(|| Context::from_env(Arc::new(HttpClient::new())), APPROVALS_WRITE_BACK, WriteBacker)
}
