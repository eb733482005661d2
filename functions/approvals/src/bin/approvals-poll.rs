//! Schedule: finds ERP documents to submit.

use std::sync::Arc;
use tenon_platform::http_client::HttpClient;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_schedule(|| Context::from_env(Arc::new(HttpClient::new())), tenon_approvals::poll::handler)
}
