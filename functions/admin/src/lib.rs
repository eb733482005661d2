//! Functions for operators, and the health check for anyone.

pub mod healthz;
pub mod outbox;
pub mod tokens;
