//! `/api/system/tenant-app/{id}/webhook/…`

use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_http(Context::from_env_guarded, tenon_webhooks::manage::handler)
}
