//! Where a document is, and how it is changed.

use crate::b1::{Entity, WriteOptions};
use tenon_model::DocumentKey;

/// A document's place: what it is one of, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    object: String,
    key: Key,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    One(DocumentKey),
    Parts(Vec<(&'static str, DocumentKey)>),
}

impl Place {
    /// A document with a key of one field.
    pub fn new(object: &str, key: &DocumentKey) -> Self {
        Self { object: object.to_owned(), key: Key::One(key.clone()) }
    }

    /// A document with a key of several fields.
    pub fn of_parts(object: &str, parts: Vec<(&'static str, DocumentKey)>) -> Self {
        Self { object: object.to_owned(), key: Key::Parts(parts) }
    }

    /// Its key, when it is a number.
    pub(crate) fn number(&self) -> Option<i64> {
        match &self.key {
            Key::One(key) => crate::b1::draft_number(key),
            Key::Parts(_) => None,
        }
    }

    /// In the words of OData.
    pub(crate) fn entity(&self) -> Entity {
        match &self.key {
            Key::One(key) => Entity::new(&self.object).key(key),
            Key::Parts(parts) => {
                let parts: Vec<(&str, &DocumentKey)> = parts.iter().map(|(name, key)| (*name, key)).collect();
                Entity::composite(&self.object, &parts)
            }
        }
    }
}

/// A file that is attached to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its name, with its extension.
    pub name: String,
    /// What the ERP says of when it was attached, as it says it.
    pub changed: String,
}

/// How a document is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// The version it must still have.
    pub version: Option<String>,
    /// Lines that the new fields do not name are removed.
    pub replace_lines: bool,
}

impl From<Update> for WriteOptions {
    fn from(update: Update) -> Self {
        Self { if_match: update.version, replace_collections: update.replace_lines, ..Self::default() }
    }
}
