//! Sizes of zipped bootstraps.

use std::path::PathBuf;
use tenon_bench::Result;
use tenon_bench::report::{Row, mb};

/// Shows a zip's size as a row.
#[derive(clap::Args, Debug)]
pub struct SizeArgs {
    /// The zip.
    zip: PathBuf,
    /// What it is.
    #[arg(long)]
    what: String,
    /// Most bytes wanted.
    #[arg(long)]
    target: u64,
}

/// The row.
pub fn run(args: SizeArgs) -> Result<Vec<Row>> {
    let bytes = std::fs::metadata(&args.zip).map_err(|e| format!("{}: {e}", args.zip.display()))?.len();
    Ok(vec![Row::judged(args.what, mb(bytes), format!("≤ {}", mb(args.target)), bytes <= args.target)])
}
