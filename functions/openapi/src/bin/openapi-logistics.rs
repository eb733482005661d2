//! `GET /openapi/v1/logistics/{orderNo}`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_without_http, tenon_openapi::logistics::handler)
}
