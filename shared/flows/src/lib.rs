//! The domain: approval flows and price flows as state machines over the platform and the
//! connectors. Knows neither Lambda nor HTTP servers.

pub mod approvals;
pub mod compare;
pub mod desk;
pub mod map;
pub mod messages;
pub mod prices;
pub mod schedule;
pub mod trouble;
mod zone;
