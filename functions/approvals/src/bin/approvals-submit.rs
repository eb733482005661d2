//! Queue consumer: takes ERP documents to the OA.

use std::sync::Arc;
use tenon_approvals::submit::Submitter;
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(|| Context::from_env(Arc::new(HttpClient::new())), APPROVALS_SUBMIT, Submitter)
}
