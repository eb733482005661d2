//! Where a document is, and how it is changed.

use crate::b1::{Entity, WriteOptions};
use tenon_model::DocumentKey;

/// A document's place: what it is one of, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    object: String,
    key: DocumentKey,
}

impl Place {
    /// A document with its key.
    pub fn new(object: &str, key: &DocumentKey) -> Self {
        Self { object: object.to_owned(), key: key.clone() }
    }

    /// Its key, when it is a number.
    pub(crate) fn number(&self) -> Option<i64> {
        crate::b1::draft_number(&self.key)
    }

    /// In the words of OData.
    pub(crate) fn entity(&self) -> Entity {
        Entity::new(&self.object).key(&self.key)
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
