//! Tenants: who may manage what, which modules they have, their apps, and the gateway of their signed
//! calls. Only [`entry`] knows HTTP requests.

pub mod access;
pub mod apps;
pub mod call_log;
pub mod contention;
pub mod credentials;
pub mod entry;
pub mod gateway;
pub mod manage;
mod optimistic;
pub mod quota;
pub mod store;
pub mod throttle;
pub mod times;
