//! `/openapi/v1/payment/…`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_without_http, tenon_openapi::payment::handler)
}
