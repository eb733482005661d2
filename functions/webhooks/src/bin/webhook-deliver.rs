//! Consumer of the queue `webhook-deliver`

use tenon_platform::queue::WEBHOOK_DELIVER;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(Context::from_env_guarded, WEBHOOK_DELIVER, tenon_webhooks::deliver::Deliverer::FIRST)
}
