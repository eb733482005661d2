//! Tables: those to be made, and those that are there.

/// A value: text, or nothing.
pub type Cell = Option<String>;

/// How the comment of a table begins that Tenon made. A table without it is nobody's to drop.
pub const MARKER: &str = "tenon data-sync";

/// Whether a table with this comment was made by Tenon.
#[must_use]
pub fn is_ours(comment: &str) -> bool {
    comment.starts_with(MARKER)
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Whole numbers of 64 bits.
    Integer,
    /// Decimals, exact.
    Decimal,
    /// Dates with a time of day, without a zone.
    Time,
    /// Anything else.
    Text,
}

/// A column to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// What people call it.
    pub comment: String,
}

/// A table to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTable {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Names of the columns that tell rows apart.
    pub key: Vec<String>,
    /// Begins with [`MARKER`].
    pub comment: String,
}

/// A column that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// The engine's word for its type, which a text can be cast to.
    pub declared: String,
    /// What it holds.
    pub kind: ColumnKind,
}

/// A table that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<FoundColumn>,
    /// The columns of each unique index, its primary key among them.
    pub unique: Vec<Vec<String>>,
    /// Its comment.
    pub comment: String,
}

impl Table {
    /// Whether Tenon made it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        is_ours(&self.comment)
    }

    /// A column, whatever the case of its letters.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&FoundColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether these columns tell its rows apart, by an index.
    #[must_use]
    pub fn is_unique(&self, key: &[String]) -> bool {
        let same = |index: &Vec<String>| {
            index.len() == key.len() && key.iter().all(|name| index.iter().any(|one| one.eq_ignore_ascii_case(name)))
        };
        self.unique.iter().any(same)
    }
}
