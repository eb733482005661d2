//! Business events in from the production system, and out to tenants' endpoints.

pub mod deliver;
pub mod events;
pub mod fan_out;
pub mod manage;
pub mod renewals;
pub mod resend;
