//! The signed API for tenants' systems, its documents, and its call log.

pub mod docs;
pub mod entry;
pub mod log;
pub mod logistics;
pub mod orders;
pub mod payment;
pub mod pull;
pub mod quality;
mod record;
