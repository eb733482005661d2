//! The app store and tenants' apps, from the gateway's event to the answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;
mod idempotency;
mod requests;
mod store;
mod tenant_app;
