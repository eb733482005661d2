//! Reading the golden files.

use std::fs;

use serde_json::Value;

/// One of the files under `tests/vectors` of the workspace.
pub fn load(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");
    let text = fs::read_to_string(format!("{folder}/{name}")).expect("golden file");
    serde_json::from_str(&text).expect("golden file is JSON")
}

/// The vectors of one list; an empty or missing list is a failure, since a test
/// over nothing proves nothing.
pub fn list<'a>(root: &'a Value, pointer: &str) -> &'a [Value] {
    let found = root.pointer(pointer).and_then(Value::as_array);
    let found = found.unwrap_or_else(|| panic!("{pointer} is missing"));
    assert!(!found.is_empty(), "{pointer} is empty");
    found
}

/// A text member of one vector.
pub fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    let found = vector.get(name).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{name} is missing in {vector}"))
}
