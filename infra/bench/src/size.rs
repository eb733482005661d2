//! Sizes of zipped bootstraps.

use crate::Result;
use crate::report::{Row, mb};
use std::path::PathBuf;

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
