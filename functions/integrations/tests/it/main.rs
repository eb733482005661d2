//! The pages of flows and runs, as a browser without script uses them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails"
)]

mod acts;
mod beside;
mod correct;
mod crawl;
mod fixture;
mod new_flow;
mod pages;
mod scale;
mod vendors;
