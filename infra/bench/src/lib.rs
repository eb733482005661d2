//! What the measurements of the program `tenon-bench` and the benchmark of the callback share: genuine pushes, the flow
//! that is measured, the calls that were seen, and rows of one Markdown table.
//!
//! The measurements are modules of the program, which no test builds.

pub mod fixture;
pub mod push;
pub mod report;
pub mod watched;
pub mod wecom;

/// Any failure; a measurement that fails has no rows.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
