//! `GET /openapi/v1/quality/{orderNo}`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_without_http, tenon_openapi::quality::handler)
}
