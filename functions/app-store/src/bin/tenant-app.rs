//! `/api/system/tenant-app/…`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_guarded, tenon_app_store::tenant_app::handler)
}
