//! `/admin/v1/tokens`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_without_http, tenon_admin::tokens::handler)
}
