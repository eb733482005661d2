//! `/openapi/v1/orders/…`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_without_http, tenon_openapi::orders::handler)
}
