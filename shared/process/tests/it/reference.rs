//! The reference models of the BPMN Model Interchange Working Group, where they are at hand (`TENON_BPMN_MIWG` names the
//! folder): all are read, and what is not run is named.

use std::path::PathBuf;
use tenon_process::bpmn::{Kind, parse};

fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("TENON_BPMN_MIWG").map(PathBuf::from);
    named.filter(|folder| folder.is_dir())
}

#[test]
fn every_reference_model_is_read_and_what_is_not_run_is_named() {
    let Some(folder) = folder() else {
        eprintln!("passed over: TENON_BPMN_MIWG names no folder with the reference models");
        return;
    };
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "bpmn") {
            continue;
        }
        let xml = std::fs::read_to_string(&path).unwrap();
        let document = parse(&xml).unwrap_or_else(|why| panic!("{}: {why:?}", path.display()));
        read += 1;
        if let Some(folder) = std::env::var_os("TENON_PROCESS_MODELS") {
            let name = format!("{}.json", path.file_name().unwrap().to_string_lossy());
            std::fs::write(PathBuf::from(folder).join(name), serde_json::to_vec(&document.counts).unwrap()).unwrap();
        }
        // A plain count of opening tags, which knows nothing of how the file is read.
        for (name, count) in &document.counts {
            let tags = opening_tags(&xml, name);
            assert!(tags >= *count, "{}: {name}: {count} read, {tags} written", path.display());
        }
        let one = document.processes.len() == 1;
        let executable: Vec<_> = document.processes.iter().filter(|p| p.is_executable || one).collect();
        let [process] = executable.as_slice() else { continue };
        let found = crate::build::checked(&xml);
        for element in process.elements.iter().filter(|element| element.kind == Kind::Unsupported) {
            let named =
                found.findings.iter().any(|f| f.code == "unsupported" && f.element.as_deref() == Some(&element.id));
            assert!(named, "{}: {} {}", path.display(), element.word, element.id);
        }
    }
    assert_eq!(read, 21);
}

fn opening_tags(xml: &str, name: &str) -> usize {
    let ends = |rest: &str| rest.starts_with([' ', '>', '/', '\n', '\r', '\t']);
    xml.split('<')
        .filter(|tag| {
            let local = tag.split_once(':').map_or(*tag, |(prefix, local)| {
                if prefix.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') { local } else { tag }
            });
            local.strip_prefix(name).is_some_and(ends)
        })
        .count()
}
