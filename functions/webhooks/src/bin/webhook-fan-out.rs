//! Consumer of the queue `webhook-fan-out`

use tenon_platform::queue::WEBHOOK_FAN_OUT;
use tenon_platform::{Context, lambda};

fn main() -> lambda::Exit {
    lambda::serve_queue(Context::from_env_without_http, WEBHOOK_FAN_OUT, tenon_webhooks::fan_out::FanOuter)
}
