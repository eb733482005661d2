//! Mapping between ERP documents and OA forms: pure, every problem found at once.

mod document;
mod form;
mod near;
mod range;
mod row;
mod typed;
mod value;

pub use document::Wrong;
pub(crate) use document::{cells, find, table_rows};
pub(crate) use document::{correct, digest, of_row, put, row_of, wrong};
pub use document::{of_form, of_pushed};
pub use form::{form_draft, is_sql, price_rows, title, unknown_fields};
pub use near::nearest;
pub use row::{Columns, MappedRow, row};
pub(crate) use typed::tidy;
pub use value::{decimal_text, format_value};

use std::fmt;

/// What cannot be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where in the source document: `DocumentLines[2].Quantity`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.message)
    }
}

/// All problems as one sentence.
pub fn join(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
