//! Reads what a criterion benchmark measured.

use serde_json::Value;
use std::path::PathBuf;
use tenon_bench::Result;
use tenon_bench::report::Row;

/// Shows a criterion estimate as a row.
#[derive(clap::Args, Debug)]
pub struct EstimateArgs {
    /// `estimates.json` of the benchmark.
    file: PathBuf,
    /// What was measured.
    #[arg(long)]
    what: String,
    /// Most microseconds wanted.
    #[arg(long)]
    target: Option<f64>,
}

/// The row.
pub fn run(args: EstimateArgs) -> Result<Vec<Row>> {
    let text = std::fs::read(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let estimates: Value = serde_json::from_slice(&text)?;
    let nanoseconds = estimates.pointer("/median/point_estimate").and_then(Value::as_f64);
    let microseconds = nanoseconds.ok_or("the file holds no median")? / 1000.0;
    let measured = format!("{microseconds:.1} µs");
    Ok(vec![match args.target {
        Some(target) => Row::judged(args.what, measured, format!("≤ {target} µs"), microseconds <= target),
        None => Row::plain(args.what, measured),
    }])
}
