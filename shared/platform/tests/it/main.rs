//! The platform over real sockets, and events of the gateway as requests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http_event;
mod outgoing;
