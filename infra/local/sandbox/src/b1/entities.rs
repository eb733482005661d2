//! Entity sets: rows of JSON by key.

use super::errors::{B1Error, Result};
use super::schema;
use super::target::{KeyPart, WrittenKey};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Row = Map<String, Value>;

/// How a set is keyed.
#[derive(Clone, Debug)]
pub(crate) struct KeyShape {
    pub names: Vec<String>,
    pub numeric: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub row: Row,
    pub version: u64,
}

/// One entity set.
#[derive(Clone, Debug)]
pub(crate) struct EntitySet {
    pub name: String,
    pub key: KeyShape,
    /// Whether the vendor gives its entities an ETag.
    pub etag: bool,
    /// Whether every property name is taken, as for custom objects.
    pub open: bool,
    pub rows: BTreeMap<Vec<KeyPart>, Stored>,
    /// Fields that were taken away.
    pub removed: BTreeSet<String>,
    last: i64,
    changes: u64,
}

impl EntitySet {
    pub(crate) fn new(name: &str, key: &[&str], numeric: bool, etag: bool, open: bool) -> Self {
        Self {
            name: name.to_owned(),
            key: KeyShape { names: key.iter().map(|k| (*k).to_owned()).collect(), numeric },
            etag,
            open,
            rows: BTreeMap::new(),
            removed: BTreeSet::new(),
            last: 0,
            changes: 0,
        }
    }

    /// Puts a written key into the set's order; a single part needs no name.
    pub(crate) fn resolve(&self, written: &WrittenKey) -> Result<Vec<KeyPart>> {
        let bad = || B1Error::malformed(format!("Invalid key for '{}'", self.name));
        if written.len() != self.key.names.len() {
            return Err(bad());
        }
        let part = |(place, name): (usize, &String)| {
            let found = written.iter().find(|(n, _)| n.as_deref() == Some(name.as_str()));
            let unnamed = written.get(place).filter(|(n, _)| n.is_none() && written.len() == 1);
            let (_, part) = found.or(unnamed).ok_or_else(bad)?;
            if matches!(part, KeyPart::Int(_)) == self.key.numeric { Ok(part.clone()) } else { Err(bad()) }
        };
        self.key.names.iter().enumerate().map(part).collect()
    }

    pub(crate) fn key_of(&self, row: &Row) -> Option<Vec<KeyPart>> {
        let part = |name: &String| match row.get(name)? {
            Value::String(text) if !self.key.numeric && !text.is_empty() => Some(KeyPart::Text(text.clone())),
            Value::Number(n) if self.key.numeric => n.as_i64().map(KeyPart::Int),
            _ => None,
        };
        self.key.names.iter().map(part).collect()
    }

    pub(crate) fn get(&self, key: &[KeyPart]) -> Result<&Stored> {
        self.rows.get(key).ok_or_else(B1Error::not_found)
    }

    /// The row of a numeric key.
    pub(crate) fn by_number(&self, key: i64) -> Option<&Row> {
        self.rows.get([KeyPart::Int(key)].as_slice()).map(|s| &s.row)
    }

    /// Changes a row; its version, and so its ETag, moves on.
    pub(crate) fn change(&mut self, key: &[KeyPart], change: impl FnOnce(&mut Row)) -> Result<()> {
        let stored = self.rows.get_mut(key).ok_or_else(B1Error::not_found)?;
        change(&mut stored.row);
        self.changes += 1;
        stored.version = self.changes;
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: &[KeyPart]) -> Result<Row> {
        self.rows.remove(key).map(|s| s.row).ok_or_else(B1Error::not_found)
    }

    /// Stores a new row; numbers it when its key is a missing number.
    pub(crate) fn insert(&mut self, mut row: Row) -> Result<Vec<KeyPart>> {
        if self.key.numeric
            && let [name] = self.key.names.as_slice()
            && row.get(name).is_none_or(Value::is_null)
        {
            row.insert(name.clone(), Value::from(self.last + 1));
        }
        let key = self.key_of(&row).ok_or_else(|| {
            B1Error::validation(format!("[{}] is missing or not of its type", self.key.names.join(", ")))
        })?;
        if self.rows.contains_key(&key) {
            return Err(B1Error::exists());
        }
        if let [KeyPart::Int(n)] = key.as_slice() {
            self.last = self.last.max(*n);
        }
        self.changes += 1;
        self.rows.insert(key.clone(), Stored { row, version: self.changes });
        Ok(key)
    }

    /// Whether a property may be named in a query or a body.
    pub(crate) fn knows(&self, property: &str) -> bool {
        if self.removed.contains(property) {
            return false;
        }
        self.open
            || property.starts_with("U_")
            || self.key.names.iter().any(|k| k == property)
            || schema::knows(&self.name, property)
            || self.rows.values().any(|s| s.row.contains_key(property))
    }

    pub(crate) fn check_properties<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<()> {
        match names.into_iter().find(|n| !n.starts_with("odata.") && !n.starts_with('@') && !self.knows(n)) {
            Some(name) => Err(B1Error::unknown_property(&self.name, name)),
            None => Ok(()),
        }
    }

    /// Weak, as the vendor's.
    pub(crate) fn etag_of(&self, stored: &Stored) -> Option<String> {
        self.etag.then(|| format!("W/\"{:040X}\"", u128::from(stored.version) * 0x9e37_79b9_7f4a_7c15))
    }
}
