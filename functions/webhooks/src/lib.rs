//! Business events in from the production system, and out to tenants' endpoints.

pub mod deliver;
pub mod fan_out;
pub mod resend;
