//! How the engines differ in what they are told.

use crate::table::ColumnKind;
use std::fmt::Write as _;

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
    /// MySQL's and MariaDB's.
    Mysql,
}

impl Dialect {
    /// A name that cannot end where it is quoted, whatever is in it.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        let quote = if self == Self::Mysql { '`' } else { '"' };
        let mut quoted = String::with_capacity(name.len() + 2);
        quoted.push(quote);
        // No engine has a name with NUL in it.
        for c in name.chars().filter(|c| *c != '\0') {
            if c == quote {
                quoted.push(quote);
            }
            quoted.push(c);
        }
        quoted.push(quote);
        quoted
    }

    /// Names, quoted and joined by commas.
    #[must_use]
    pub fn names<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        names.into_iter().map(|name| self.name(name)).collect::<Vec<_>>().join(", ")
    }

    /// The mark of a bound value, counted from 1.
    #[must_use]
    pub fn mark(self, number: usize) -> String {
        match self {
            Self::Postgres => format!("${number}"),
            Self::Sqlite => format!("?{number}"),
            // MySQL's have no numbers: they are bound in the order they stand in.
            Self::Mysql => "?".to_owned(),
        }
    }

    /// A text of the definition of a table, which cannot be bound there.
    pub(crate) fn text(self, text: &str) -> String {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('\'');
        for c in text.chars().filter(|c| *c != '\0') {
            match c {
                '\'' => quoted.push_str("''"),
                // Only MySQL takes it for the beginning of an escape.
                '\\' if self == Self::Mysql => quoted.push_str("\\\\"),
                c => quoted.push(c),
            }
        }
        quoted.push('\'');
        quoted
    }

    /// A remark in the definition of a table.
    pub(crate) fn remark(text: &str) -> String {
        let mut remark = String::with_capacity(text.len() + 6);
        let clean = text.replace("*/", "* /").replace("/*", "/ *").replace(['\0', '\n', '\r'], " ");
        let _ = write!(remark, "/* {clean} */");
        remark
    }

    /// What a column of this kind is declared as.
    pub(crate) fn type_of(self, kind: ColumnKind, in_key: bool) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, ColumnKind::Integer) => "INTEGER",
            // Without a type nothing is converted: a number with more digits than a float holds stays a text.
            (Self::Sqlite, ColumnKind::Decimal) => "",
            (Self::Sqlite, ColumnKind::Time) => "DATETIME",
            (Self::Sqlite, ColumnKind::Text) => "TEXT",
            (Self::Postgres, ColumnKind::Integer) | (Self::Mysql, ColumnKind::Integer) => "bigint",
            (Self::Postgres, ColumnKind::Decimal) => "numeric",
            (Self::Postgres, ColumnKind::Time) => "timestamp",
            (Self::Postgres, ColumnKind::Text) => "text",
            (Self::Mysql, ColumnKind::Decimal) => "decimal(65,20)",
            (Self::Mysql, ColumnKind::Time) => "datetime(3)",
            // Keys of up to 191 characters fit every index; case and blanks tell keys apart.
            (Self::Mysql, ColumnKind::Text) if in_key => "varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            (Self::Mysql, ColumnKind::Text) => "mediumtext CHARACTER SET utf8mb4",
        }
    }

    /// The longest name of a table or column, in bytes.
    #[must_use]
    pub fn longest_name(self) -> usize {
        // PostgreSQL cuts longer ones without a word, and MySQL refuses more than 64 characters.
        63
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_within_its_quotes() {
        assert_eq!(Dialect::Postgres.name(r#"a"; DROP TABLE x; --"#), r#""a""; DROP TABLE x; --""#);
        assert_eq!(Dialect::Sqlite.name("a\0b"), "\"ab\"");
        assert_eq!(Dialect::Mysql.name("a`b\"c"), "`a``b\"c`");
    }

    #[test]
    fn a_remark_and_a_text_end_where_they_should() {
        assert_eq!(Dialect::remark("客户 */ DROP"), "/* 客户 * / DROP */");
        assert_eq!(Dialect::Postgres.text(r"it's \"), r"'it''s \'");
        assert_eq!(Dialect::Mysql.text(r"it's \"), r"'it''s \\'");
    }
}
