//! The judge against corpora: hostile texts of which none gets through, honest ones of which all do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod corpus;
mod properties;
