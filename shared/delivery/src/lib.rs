//! Webhooks: events fanned out to tenants' endpoints as deliveries that are tried until they succeed.

pub mod again;
pub mod deliver;
pub mod deliveries;
pub mod events;
pub mod fan_out;
pub mod health;
pub mod jobs;
pub mod lane;
mod message;
mod push;
mod rate;
pub mod record;
pub mod schedule;
pub mod sign;
mod switched_off;
pub mod work;

pub use push::TIMEOUT;
