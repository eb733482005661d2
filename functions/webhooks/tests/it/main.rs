//! Webhooks, from the business event to the endpoint.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod batch;
mod common;
mod crash;
mod deliver;
mod earlier;
mod events;
mod manage;
mod outbox;
mod renewals;
mod switched_off;
