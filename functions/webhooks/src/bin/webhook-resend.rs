//! Consumer of the queue `webhook-resend`

use tenon_platform::queue::WEBHOOK_RESEND;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(Context::from_env_without_http, WEBHOOK_RESEND, tenon_webhooks::resend::Resender)
}
