//! Writes what follows from the catalog.
//!
//! ```text
//! cargo run -p tenon-generate                      writes what is stale
//! cargo run -p tenon-generate -- --check           writes nothing; fails and names what is stale
//! cargo run -p tenon-generate -- --made-up DIR     the templates of 80 functions that do not exist, to be counted
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let done = match words.as_slice() {
        [] => write(&root),
        ["--check"] => check(&root),
        ["--made-up", folder] => tenon_generate::made_up::write(&PathBuf::from(folder)),
        _ => Err("usage: tenon-generate [--check | --made-up DIR]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(root: &Path) -> Result<(), String> {
    for file in tenon_generate::stale(root)? {
        let path = root.join(&file.path);
        match &file.text {
            Some(text) => tenon_generate::put(&path, text)?,
            None => std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?,
        }
        eprintln!("{}", file.path);
    }
    Ok(())
}

fn check(root: &Path) -> Result<(), String> {
    let stale: Vec<String> = tenon_generate::stale(root)?.into_iter().map(|file| file.path).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "these no longer follow from functions/catalog: {}. Run `cargo run -p tenon-generate` and commit the result.",
        stale.join(", ")
    ))
}
