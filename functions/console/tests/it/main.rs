//! The console's pages, as a browser without script uses them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

mod browser;
mod crawl;
mod scenario;
mod sessions;
