//! Who changed what: the latest changes of a record, kept with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Changes that are kept of one record.
const KEPT: usize = 20;

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Epoch ms.
    pub at_ms: i64,
    /// Who: an app of an ERP, a flow, a sign-on.
    pub by: String,
    /// What; empty for the first one, which made the record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name in the record.
    pub field: String,
    /// What it was; null where there was none.
    pub from: Value,
    /// What it is; null where there is none.
    pub to: Value,
}

/// A record that keeps its changes.
pub(crate) trait Recorded: Serialize + Clone {
    /// Its changes.
    fn changes(&self) -> &[Change];
    /// Its changes, to be added to.
    fn changes_mut(&mut self) -> &mut Vec<Change>;
}

/// The record with what is new noted in it; `None` when nothing is.
pub(crate) fn noted<T: Recorded>(before: Option<&T>, after: &T, by: &str, now_ms: i64) -> Option<T> {
    let fields = before.map(|before| differences(before, after)).unwrap_or_default();
    if before.is_some() && fields.is_empty() {
        return None;
    }
    let mut noted = after.clone();
    let changes = noted.changes_mut();
    *changes = before.map(|before| before.changes().to_vec()).unwrap_or_default();
    changes.push(Change { at_ms: now_ms, by: by.to_owned(), fields });
    if let Some(beyond) = changes.len().checked_sub(KEPT) {
        changes.drain(..beyond);
    }
    Some(noted)
}

fn differences<T: Serialize>(before: &T, after: &T) -> Vec<FieldChange> {
    let (before, after) = (fields_of(before), fields_of(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let own = ["changes", "created_ms"];
    let value = |of: &Map<String, Value>, name: &String| of.get(name).cloned().unwrap_or_default();
    names
        .into_iter()
        .filter(|name| !own.contains(&name.as_str()) && before.get(*name) != after.get(*name))
        .map(|name| FieldChange { field: name.clone(), from: value(&before, name), to: value(&after, name) })
        .collect()
}

fn fields_of<T: Serialize>(record: &T) -> Map<String, Value> {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Person;

    #[test]
    fn a_change_names_the_fields_and_what_they_were_and_no_change_is_none() {
        let first = noted(None, &Person::new("U1", "zhang"), "aiflow/C/A", 1).unwrap();
        assert_eq!(first.changes, [Change { at_ms: 1, by: "aiflow/C/A".to_owned(), fields: Vec::new() }]);
        assert_eq!(noted(Some(&first), &first, "again", 2), None);
        let after = Person { mobile: Some("13800000000".to_owned()), active: false, ..first.clone() };
        let second = noted(Some(&first), &after, "pull", 3).unwrap();
        let fields: Vec<_> = second.changes[1].fields.iter().map(|f| (f.field.as_str(), &f.from, &f.to)).collect();
        let (no, yes) = (Value::from(false), Value::from(true));
        assert_eq!(fields, [("active", &yes, &no), ("mobile", &Value::Null, &Value::from("13800000000"))]);
    }

    #[test]
    fn the_latest_changes_are_kept() {
        let mut person = noted(None, &Person::new("U1", "0"), "a", 0).unwrap();
        for n in 1..50 {
            let after = Person { user_name: n.to_string(), ..person.clone() };
            person = noted(Some(&person), &after, "a", n).unwrap();
        }
        assert_eq!((person.changes.len(), person.changes[0].at_ms, person.changes[19].at_ms), (20, 30, 49));
    }
}
