//! Consumer of the queue `webhook-retry`

use tenon_platform::queue::WEBHOOK_RETRY;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(Context::from_env_guarded, WEBHOOK_RETRY, tenon_webhooks::deliver::Deliverer::RETRY)
}
