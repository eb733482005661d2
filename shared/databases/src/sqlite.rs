//! A SQLite file. Readers see the last transaction that was committed, and stand in nobody's way (WAL).

use crate::dialect::Dialect;
use crate::error::{failed, of_sqlite};
use crate::table::{Cell, ColumnKind, FoundColumn};
use crate::watch::{Seen, Watching};
use crate::write::{Outcome, Statement, Upsert};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, TransactionBehavior};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tenon_platform::error::Result;

/// How long a writer waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);
/// A float holds so many decimal digits, whichever they are.
const DIGITS: usize = 15;

/// A file. It is opened to be written when that is wanted for the first time: one that others keep is only read.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    connection: Arc<Mutex<Option<Connection>>>,
    path: Arc<str>,
}

impl Sqlite {
    pub fn new(path: &str) -> Self {
        Self { connection: Arc::default(), path: path.into() }
    }

    /// Opens it.
    pub async fn open(&self) -> Result<()> {
        self.with(|_| Ok(())).await
    }

    pub async fn rows(&self, sql: String, values: Vec<Cell>) -> Result<Vec<Vec<Cell>>> {
        self.with(move |connection| {
            read(connection, &sql, &values, usize::MAX).map(|(_, rows)| rows).map_err(|error| of_sqlite(&error))
        })
        .await
    }

    /// Does it with the one connection that may write.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (connection, path) = (Arc::clone(&self.connection), Arc::clone(&self.path));
        in_background(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *connection {
                Some(open) => work(open),
                closed => work(closed.insert(open(&path).map_err(|error| of_sqlite(&error))?)),
            }
        })
        .await
    }

    /// Over a connection of its own that can only read.
    pub async fn query(&self, sql: String, values: Vec<Cell>, most: usize) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
        let path = Arc::clone(&self.path);
        in_background(move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let queried = Connection::open_with_flags(&*path, flags).and_then(|connection| {
                connection.busy_timeout(BUSY)?;
                read(&connection, &sql, &values, most.saturating_add(1))
            });
            queried.map_err(|error| of_sqlite(&error))
        })
        .await
    }

    pub async fn transact(&self, statements: Vec<Statement>, watching: &Watching) -> Result<Outcome> {
        let watching = watching.clone();
        self.with(move |connection| transact(connection, statements, &watching)).await
    }
}

/// What the file's calls do, away from the threads that serve others.
async fn in_background<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

fn open(path: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // Views that name a table are left as they are while another takes its place.
    connection.pragma_update(None, "legacy_alter_table", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn read(
    connection: &Connection,
    sql: &str,
    values: &[Cell],
    most: usize,
) -> rusqlite::Result<(Vec<String>, Vec<Vec<Cell>>)> {
    let mut statement = connection.prepare_cached(sql)?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let width = names.len();
    let mut found = statement.query(rusqlite::params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..width).map(|at| row.get_ref(at).map(text)).collect::<rusqlite::Result<Vec<Cell>>>()?);
        if rows.len() >= most {
            break;
        }
    }
    Ok((names, rows))
}

fn text(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn transact(connection: &mut Connection, statements: Vec<Statement>, watching: &Watching) -> Result<Outcome> {
    let wrong = |error: rusqlite::Error| of_sqlite(&error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(wrong)?;
    let mut found = 0;
    for statement in statements {
        watching.see(Seen::Before)?;
        match statement {
            Statement::Plain { sql, values, needs_row } => {
                let execute = |mut prepared: CachedStatement<'_>| prepared.execute(rusqlite::params_from_iter(&values));
                let changed = transaction.prepare_cached(&sql).and_then(execute).map_err(wrong)?;
                if needs_row && changed == 0 {
                    return Ok(Outcome::Lost);
                }
                found += u64::try_from(changed).unwrap_or(0);
            }
            Statement::Upsert(upsert) => put(&transaction, &upsert).map_err(wrong)?,
        }
        watching.see(Seen::After)?;
    }
    watching.see(Seen::Before)?;
    transaction.commit().map_err(wrong)?;
    watching.see(Seen::After)?;
    Ok(Outcome::Done(found))
}

fn put(connection: &Connection, upsert: &Upsert) -> rusqlite::Result<()> {
    let marks = vec!["?"; upsert.columns.len()].join(", ");
    let (into, conflict) = (upsert.insert(Dialect::Sqlite), upsert.on_conflict(Dialect::Sqlite));
    let mut statement = connection.prepare_cached(&format!("{into} VALUES ({marks}) {conflict}"))?;
    for row in &upsert.rows {
        let cells = upsert.columns.iter().zip(row).map(|(column, cell)| Bound { column, cell });
        statement.execute(rusqlite::params_from_iter(cells))?;
    }
    Ok(())
}

/// A cell as its column keeps it.
struct Bound<'a> {
    column: &'a FoundColumn,
    cell: &'a Cell,
}

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let Some(text) = self.cell else { return Ok(ToSqlOutput::Owned(Value::Null)) };
        let as_text = ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()));
        Ok(match self.column.kind {
            ColumnKind::Integer => text.parse().map_or(as_text, |number| ToSqlOutput::Owned(Value::Integer(number))),
            ColumnKind::Decimal => number(text).map_or(as_text, ToSqlOutput::Owned),
            ColumnKind::Time | ColumnKind::Text => as_text,
        })
    }
}

/// A decimal as a number where that loses nothing.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::Integer(whole));
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let leading = text.trim_start_matches('-').bytes().take_while(|b| matches!(b, b'0' | b'.'));
    let leading = leading.filter(u8::is_ascii_digit).count();
    if digits - leading > DIGITS {
        return None;
    }
    text.parse().ok().map(Value::Real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_that_a_float_does_not_hold_stays_a_text() {
        for (text, kept) in [
            ("10", Some(Value::Integer(10))),
            ("0.1", Some(Value::Real(0.1))),
            ("-0.00000123456789012345", Some(Value::Real(-0.000_001_234_567_890_123_45))),
            ("123456789012345.6", None),
            ("12345678901234567890", None),
        ] {
            assert_eq!(number(text), kept, "{text}");
        }
    }
}
