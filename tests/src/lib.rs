//! What the suites that cross functions share: a site with both vendors' sandboxes, an embedded
//! table and queue, a clock that is a parameter, and processes that can be killed at any boundary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod crash;
mod faulty;
pub mod histories;
mod test_app;

pub use faulty::{Boundary, CrashInjector};
pub use test_app::{TestApp, TestAppOptions, standard_config};
