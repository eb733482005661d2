//! `POST /openapi/v1/pull/pattern-order`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_guarded, tenon_openapi::pull::handler)
}
