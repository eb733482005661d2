//! Tenants: who may manage what, which modules they have, their apps, and the gateway of their signed
//! calls. Knows neither Lambda nor HTTP servers.

pub mod access;
pub mod apps;
mod attempts;
pub mod call_log;
pub mod contention;
pub mod credentials;
pub mod gateway;
pub mod manage;
pub mod often;
pub mod quota;
mod refusal;
pub mod store;
pub mod times;

pub use refusal::Refusal;
