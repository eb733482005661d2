//! Webhooks: events fanned out to tenants' endpoints as deliveries that are tried until they succeed.

pub mod again;
mod claim;
pub mod deliver;
pub mod deliveries;
pub mod events;
pub mod fan_out;
pub mod health;
pub mod jobs;
pub mod lane;
mod look;
pub mod manage;
mod message;
mod places;
mod push;
mod rate;
pub mod record;
pub mod retry_times;
mod settle;
pub mod sign;
mod switched_off;
pub mod work;

pub use push::TIMEOUT;

use tenon_model::webhook::WebhookEvent;
use tenon_platform::table::RecordKind;

/// The kinds of records of this crate.
pub fn record_kinds() -> Vec<RecordKind> {
    vec![
        RecordKind::of::<record::Delivery>("DELIVERY"),
        RecordKind::of::<health::Health>("ENDPOINT"),
        RecordKind::of::<jobs::Job>("RESEND"),
        RecordKind::of::<WebhookEvent>("WEBHOOK-EVENT"),
    ]
}
