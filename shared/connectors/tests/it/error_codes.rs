//! `docs/ERRORS.md` lists the codes of the connectors, the configuration and the platform: all of
//! them and no others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const FAMILIES: [&str; 4] = ["b1.", "dingtalk.", "config.", "platform."];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// What stands between these marks and looks like a code.
fn codes(text: &str, mark: char) -> BTreeSet<String> {
    let is_code = |piece: &&str| {
        FAMILIES.iter().any(|family| piece.strip_prefix(family).is_some_and(|rest| !rest.is_empty()))
            && piece.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-')
    };
    text.lines().flat_map(|line| line.split(mark)).filter(is_code).map(str::to_owned).collect()
}

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for package in ["connectors", "platform"] {
        sources(&shared.join(package).join("src"), &mut files);
    }
    let used: BTreeSet<String> = files.iter().flat_map(|f| codes(&std::fs::read_to_string(f).unwrap(), '"')).collect();
    let document = std::fs::read_to_string(shared.parent().unwrap().join("docs/ERRORS.md")).unwrap();
    let rows: String = document
        .lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| format!("{}\n", l.split('|').nth(1).unwrap()))
        .collect();
    assert_eq!(codes(&rows, '`'), used);
    assert!(used.len() > 30);
}
