//! Consumer of the queue `openapi-log`

use tenon_platform::queue::OPENAPI_LOG;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(Context::from_env_without_http, OPENAPI_LOG, tenon_openapi::log::CallLogger)
}
