//! Functions for operators, and the health check for anyone.

pub mod bulk_retries;
pub mod bulk_retry;
mod calls;
pub mod dead_letters;
pub mod flows;
pub mod healthz;
pub mod mapping;
pub mod outbox;
pub mod records;
pub mod tokens;
