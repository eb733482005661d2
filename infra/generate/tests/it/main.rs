//! What is generated: up to date, and within AWS's limits now and later.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

#[test]
fn what_is_generated_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stale: Vec<String> = tenon_generate::stale(&root).unwrap().into_iter().map(|file| file.path).collect();
    assert!(stale.is_empty(), "{stale:?} no longer follow from the catalog; run `cargo run -p tenon-generate`");
}
