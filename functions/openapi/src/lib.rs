//! The signed API for tenants' systems, its documents, and its call log.

pub mod entry;
pub mod log;
pub mod pull;
mod record;
