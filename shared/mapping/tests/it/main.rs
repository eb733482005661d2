//! The mapper by what a consultant notices: what it maps and what it leaves to a person, and the file it writes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod choose;
mod file;
mod matches;
mod measured;
mod support;
