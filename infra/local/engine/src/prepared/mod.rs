//! What the platform asks of an embedded table most, done by prepared statements on the engine's own tables: the engine
//! compiles its SQL anew for each statement and reads a record's JSON several times over, which was most of what a write
//! cost.
//!
//! Nothing is decided here that the engine might decide otherwise. What these statements do not know for certain, and
//! whatever does not go well, a condition that does not hold included, is handed on to the engine, which does it or says
//! why not. Tables, indexes and files are the engine's, so that both see the same at any time.

mod range;
mod sql;
mod sweep;
mod terms;
mod wire;
mod write;

use aws_sdk_dynamodb::types::AttributeValue;
use rusqlite::Connection;
use sql::Sql;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_platform::table::engine::Item;

/// How long a statement waits for another connection to the same file.
const BUSY: Duration = Duration::from_secs(5);
/// Connections that read a file with a write-ahead log: with one alone, who reads keeps a whole thread of those who read
/// meanwhile waiting.
const READERS: usize = 2;
/// Statements that stay compiled: each kind of read and write is one, and each form of a range.
const STATEMENTS: usize = 64;
/// Longest partition key and sort key, in bytes, as in DynamoDB.
const PARTITION_LIMIT: usize = 2_048;
const SORT_LIMIT: usize = 1_024;
/// Records that one read of many takes, and their bytes, at most: within what DynamoDB answers at once.
const MAX_READ: usize = 100;
const MAX_READ_BYTES: usize = 12 << 20;

/// It is for the engine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HandOn;

/// What the statements did.
pub(crate) type Done<T> = std::result::Result<T, HandOn>;

impl From<rusqlite::Error> for HandOn {
    fn from(_: rusqlite::Error) -> Self {
        Self
    }
}

impl From<rusqlite::types::FromSqlError> for HandOn {
    fn from(_: rusqlite::types::FromSqlError) -> Self {
        Self
    }
}

impl From<serde_json::Error> for HandOn {
    fn from(_: serde_json::Error) -> Self {
        Self
    }
}

/// The statements of one table, on connections of their own.
pub(crate) struct Prepared {
    table: String,
    sql: Sql,
    writer: Mutex<Connection>,
    /// With a write-ahead log who reads waits for nobody who writes. Without one, in memory, there are none, and the
    /// writer's connection reads.
    readers: Vec<Mutex<Connection>>,
    handed_on: AtomicUsize,
}

impl Prepared {
    /// Statements on this table of the database in this file, which the engine has made or will make.
    pub(crate) fn open(path: &str, table: &str) -> rusqlite::Result<Self> {
        let writer = connection(path)?;
        let mode: String = writer.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        let readers = if mode == "wal" { READERS } else { 0 };
        let readers = (0..readers).map(|_| connection(path).map(Mutex::new)).collect::<rusqlite::Result<_>>()?;
        let (table, sql) = (table.to_owned(), Sql::of(table));
        Ok(Self { table, sql, writer: Mutex::new(writer), readers, handed_on: AtomicUsize::new(0) })
    }

    /// How often something was handed on to the engine.
    pub(crate) fn handed_on(&self) -> usize {
        self.handed_on.load(Ordering::Relaxed)
    }

    /// Keeps the statements off while the engine does what was handed on: two connections that want to write at once
    /// would wait for each other in steps of milliseconds.
    pub(crate) fn aside(&self) -> MutexGuard<'_, Connection> {
        self.handed_on.fetch_add(1, Ordering::Relaxed);
        self.to_write()
    }

    fn to_write(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn to_read(&self) -> MutexGuard<'_, Connection> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock().ok());
        let first = || self.readers.first().unwrap_or(&self.writer);
        free.unwrap_or_else(|| first().lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The record of a key.
    pub(crate) fn get(&self, table: &str, key: &Item) -> Done<Option<Item>> {
        let (pk, sk) = self.key(table, key)?;
        let json = self.json(&self.to_read(), pk, sk)?;
        json.map(|json| wire::read(&json)).transpose()
    }

    /// The partitions of the index.
    pub(crate) fn indexed(&self) -> Done<Vec<String>> {
        let connection = self.to_read();
        let mut statement = connection.prepare_cached(&self.sql.indexed)?;
        let partitions = statement.query_map([], |row| row.get(0))?;
        Ok(partitions.collect::<rusqlite::Result<_>>()?)
    }

    /// The records of several keys.
    pub(crate) fn get_many(&self, table: &str, keys: &[Item]) -> Done<Vec<Item>> {
        let keys = keys.iter().map(|key| self.key(table, key)).collect::<Done<Vec<_>>>()?;
        if keys.is_empty() || keys.len() > MAX_READ || keys.iter().collect::<HashSet<_>>().len() < keys.len() {
            return Err(HandOn);
        }
        let found = {
            let connection = self.to_read();
            let reading = Transaction::begin(&connection, "BEGIN")?;
            let found = keys.iter().map(|(pk, sk)| self.json(&connection, pk, sk)).collect::<Done<Vec<_>>>()?;
            reading.commit()?;
            found
        };
        if found.iter().flatten().map(String::len).sum::<usize>() > MAX_READ_BYTES {
            return Err(HandOn);
        }
        found.iter().flatten().map(|json| wire::read(json)).collect()
    }

    fn json(&self, connection: &Connection, pk: &str, sk: &str) -> Done<Option<String>> {
        let mut statement = connection.prepare_cached(&self.sql.get)?;
        let mut rows = statement.query((pk, sk))?;
        Ok(rows.next()?.map(|row| row.get(1)).transpose()?)
    }

    /// What a key says, where it is one of this table and nothing more.
    fn key<'k>(&self, table: &str, key: &'k Item) -> Done<(&'k str, &'k str)> {
        if key.len() == 2 { self.key_of(table, key) } else { Err(HandOn) }
    }

    /// The key of a record of this table.
    fn key_of<'k>(&self, table: &str, item: &'k Item) -> Done<(&'k str, &'k str)> {
        if table != self.table {
            return Err(HandOn);
        }
        Ok((text(item, "pk", PARTITION_LIMIT)?.ok_or(HandOn)?, text(item, "sk", SORT_LIMIT)?.ok_or(HandOn)?))
    }
}

fn connection(path: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    // As of the engine's own connection: with a write-ahead log no commit waits for the disk.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", self.table)
    }
}

/// A text that may be part of a key; nothing where there is no such attribute.
fn text<'i>(item: &'i Item, name: &str, limit: usize) -> Done<Option<&'i str>> {
    match item.get(name) {
        None => Ok(None),
        Some(AttributeValue::S(text)) if (1..=limit).contains(&text.len()) => Ok(Some(text)),
        Some(_) => Err(HandOn),
    }
}

/// A transaction that is undone unless it is committed.
struct Transaction<'c>(&'c Connection);

impl<'c> Transaction<'c> {
    fn begin(connection: &'c Connection, begin: &str) -> Done<Self> {
        connection.prepare_cached(begin)?.execute([])?;
        Ok(Self(connection))
    }

    fn commit(self) -> Done<()> {
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            // What cannot be undone here is when the connection is closed.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}
