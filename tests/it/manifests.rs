//! What the packages' manifests say of themselves.

use crate::docs::{root, sources};

#[test]
fn a_library_that_is_not_built_for_tests_has_none() {
    let workspace: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let members = workspace["workspace"]["members"].as_array().unwrap();
    let mut untested = 0;
    for member in members.iter().filter_map(toml::Value::as_str) {
        let folder = root().join(member);
        let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap();
        if manifest.get("lib").and_then(|lib| lib.get("test")) != Some(&toml::Value::Boolean(false)) {
            continue;
        }
        untested += 1;
        let mut files = Vec::new();
        sources(&folder.join("src"), &[], &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let has_tests = ["#[cfg(test)]", "#[test]", "#[tokio::test"].iter().any(|mark| text.contains(mark));
            assert!(
                !has_tests,
                "{} has tests and nobody runs them: take `test = false` out of {member}/Cargo.toml",
                file.display()
            );
        }
    }
    assert!(untested > 0);
}
