#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! The process engine: files, checks, moves, and what is stored of them.

mod build;
mod check;
mod compare;
mod drawn;
mod files;
mod reference;
mod run;
mod store;
