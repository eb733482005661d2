//! What differs between two documents, path by path.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Differences that are told, at most.
const MAX_DIFFERENCES: usize = 200;

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Where: `DocumentLines[0].Quantity`.
    pub path: String,
    /// What it was; null where there was nothing.
    pub before: Value,
    /// What it is; null where there is nothing.
    pub after: Value,
}

/// What differs, in the order of the names; against nothing, each value of the other.
pub fn between(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    let nothing = Value::Object(Map::new());
    let of = |value: &'_ Value| if value.is_null() { nothing.clone() } else { value.clone() };
    walk("", &of(before), &of(after), &mut changes);
    changes.truncate(MAX_DIFFERENCES);
    changes
}

fn walk(path: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    if changes.len() > MAX_DIFFERENCES || before == after {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(&below, old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for place in 0..old.len().max(new.len()) {
                let (old, new) = (old.get(place).unwrap_or(&Value::Null), new.get(place).unwrap_or(&Value::Null));
                walk(&format!("{path}[{place}]"), old, new, changes);
            }
        }
        _ => changes.push(Change { path: path.to_owned(), before: before.clone(), after: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_differs_is_told_with_its_path() {
        let before = json!({"a": 1, "lines": [{"q": 5}, {"q": 6}], "gone": "x", "same": [1]});
        let after = json!({"a": 1, "lines": [{"q": 7}], "new": null, "same": [1]});
        let found: Vec<_> = between(&before, &after).into_iter().map(|c| (c.path, c.before, c.after)).collect();
        assert_eq!(
            found,
            [
                ("gone".to_owned(), json!("x"), Value::Null),
                ("lines[0].q".to_owned(), json!(5), json!(7)),
                ("lines[1]".to_owned(), json!({"q": 6}), Value::Null),
            ]
        );
    }
}
