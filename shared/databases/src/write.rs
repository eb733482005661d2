//! What is changed in one transaction.

use crate::dialect::Dialect;
use crate::table::{Cell, ColumnKind, FoundColumn};
use std::collections::HashMap;

/// One statement of a transaction.
#[derive(Clone, Debug)]
pub enum Statement {
    /// Text with marks, and what is bound in their places.
    Plain {
        /// The text.
        sql: String,
        /// The values.
        values: Vec<Cell>,
        /// Whether it must find a row: otherwise the transaction is lost.
        needs_row: bool,
    },
    /// Rows that are there afterwards.
    Upsert(Upsert),
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was carried out; how many rows the plain statements found.
    Done(u64),
    /// A statement that needs a row found none; nothing was changed.
    Lost,
}

/// Rows that are put in the place of those with the same key, or beside them.
#[derive(Clone, Debug)]
pub struct Upsert {
    /// The table.
    pub table: String,
    /// The columns that are written, those of the key among them. All others stay as they are.
    pub columns: Vec<FoundColumn>,
    /// The columns that tell rows apart.
    pub key: Vec<String>,
    /// The rows, a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

/// Rows that go, by their keys.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// The table.
    pub table: String,
    /// The columns of the key.
    pub key: Vec<FoundColumn>,
    /// The keys.
    pub keys: Vec<Vec<Cell>>,
}

impl Statement {
    /// A statement without values.
    pub(crate) fn definition(sql: String) -> Self {
        Self::Plain { sql, values: Vec::new(), needs_row: false }
    }

    /// A statement with values.
    #[must_use]
    pub fn plain(sql: String, values: Vec<Cell>) -> Self {
        Self::Plain { sql, values, needs_row: false }
    }
}

impl Upsert {
    /// Keeps the last row of each key: an engine refuses to put two in one place at once.
    pub(crate) fn settle(&mut self) {
        let places: Vec<usize> = self
            .key
            .iter()
            .filter_map(|name| self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)))
            .collect();
        let key = |row: &Vec<Cell>| places.iter().map(|at| row.get(*at).cloned().flatten()).collect::<Vec<_>>();
        let mut last = HashMap::with_capacity(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            last.insert(key(row), index);
        }
        if last.len() == self.rows.len() {
            return;
        }
        let mut index = 0;
        self.rows.retain(|row| {
            let keep = last.get(&key(row)) == Some(&index);
            index += 1;
            keep
        });
    }

    /// `INSERT INTO t (a, b)`.
    pub(crate) fn insert(&self, dialect: Dialect) -> String {
        let names = dialect.names(self.columns.iter().map(|column| column.name.as_str()));
        format!("INSERT INTO {} ({names})", dialect.name(&self.table))
    }

    /// What happens to a row that is there.
    pub(crate) fn on_conflict(&self, dialect: Dialect) -> String {
        let of_key = |column: &FoundColumn| self.key.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
        let others: Vec<String> =
            self.columns.iter().filter(|column| !of_key(column)).map(|column| dialect.name(&column.name)).collect();
        if dialect == Dialect::Mysql {
            let sets = match others.is_empty() {
                // The row stays as it is.
                true => self.key.iter().map(|name| dialect.name(name)).map(|name| format!("{name} = {name}")).collect(),
                false => others.iter().map(|name| format!("{name} = VALUES({name})")).collect::<Vec<_>>(),
            };
            return format!("ON DUPLICATE KEY UPDATE {}", sets.join(", "));
        }
        let key = dialect.names(self.key.iter().map(String::as_str));
        if others.is_empty() {
            return format!("ON CONFLICT ({key}) DO NOTHING");
        }
        let sets: Vec<String> = others.iter().map(|name| format!("{name} = excluded.{name}")).collect();
        format!("ON CONFLICT ({key}) DO UPDATE SET {}", sets.join(", "))
    }
}

impl Deletion {
    /// The statements, each with as many values as every engine takes.
    #[must_use]
    pub fn statements(self, dialect: Dialect) -> Vec<Statement> {
        let width = self.key.len().max(1);
        let table = dialect.name(&self.table);
        let mut statements = Vec::new();
        for keys in self.keys.chunks((900 / width).max(1)) {
            let mut number = 0;
            let alternatives: Vec<String> = keys
                .iter()
                .map(|_| {
                    let parts = self.key.iter().map(|column| {
                        number += 1;
                        format!("{} = {}", dialect.name(&column.name), bound(dialect, number, column))
                    });
                    format!("({})", parts.collect::<Vec<_>>().join(" AND "))
                })
                .collect();
            let sql = format!("DELETE FROM {table} WHERE {}", alternatives.join(" OR "));
            statements.push(Statement::plain(sql, keys.iter().flatten().cloned().collect()));
        }
        statements
    }
}

/// The mark of a value that is compared with a column: as the column's type, so that its index serves.
pub(crate) fn bound(dialect: Dialect, number: usize, column: &FoundColumn) -> String {
    let mark = dialect.mark(number);
    match (dialect, column.kind) {
        (Dialect::Postgres, _) => format!("{mark}::{}", column.declared),
        (Dialect::Sqlite, ColumnKind::Integer) => format!("CAST({mark} AS INTEGER)"),
        (Dialect::Mysql, ColumnKind::Integer) => format!("CAST({mark} AS SIGNED)"),
        _ => mark,
    }
}
