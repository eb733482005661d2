//! Reading in pages.

use crate::b1::{self, B1};
use serde_json::Value;
use tenon_model::DocumentKey;
use tenon_platform::Result;

/// What is read in pages.
#[derive(Clone, Debug)]
pub enum Rows<'r> {
    /// Documents.
    Documents {
        /// What they are: an entity set, a table.
        object: &'r str,
        /// Which of them.
        filter: Filter<'r>,
        /// Fields that are wanted.
        select: &'r [&'r str],
    },
    /// The rows of a query in the ERP's own language.
    Query {
        /// Its text.
        text: &'r str,
        /// A key before all others, when the query can be told behind which key to begin (`:last`).
        before_all: Option<DocumentKey>,
    },
}

/// Which documents are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter<'r> {
    /// A filter in the ERP's own language, as the configuration gives it.
    Own(&'r str),
    /// Those whose field has this value.
    Equal {
        /// The field.
        field: &'r str,
        /// Its value.
        value: &'r str,
    },
}

/// A reader of pages.
pub enum Pages<'e> {
    /// Of B1.
    B1(&'e B1<'e>, Box<b1::Pages>),
}

impl Pages<'_> {
    /// The rows of the next page that were not in one before; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        match self {
            Self::B1(client, pages) => Box::pin(pages.next(client)).await,
        }
    }
}
