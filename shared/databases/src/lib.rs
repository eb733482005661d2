//! SQL databases that tables are written into for boards and reports, or that are read: SQLite, PostgreSQL, MySQL and
//! MariaDB, the same to whoever uses them.
//!
//! Names reach a statement quoted by their engine's rule, and values are bound, never written into it. A cell is text
//! or nothing: a number keeps every digit it came with, and the column it goes to says what it is.

mod define;
mod describe;
mod dialect;
mod error;
mod fence;
mod mysql;
mod postgres;
mod sqlite;
mod table;
mod write;

pub use define::beside;
pub use describe::Extras;
pub use dialect::Dialect;
pub use fence::{Fence, GONE_TABLE, STATE_TABLE};
pub use table::{Cell, Column, ColumnKind, FoundColumn, MARKER, NewTable, Table, is_ours};
pub use write::{Deletion, Outcome, Statement, Upsert};

use mysql::Mysql;
use postgres::Postgres;
use sqlite::Sqlite;
use tenon_model::config::Database;
use tenon_platform::error::Result;

/// A database that is open.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
    Mysql(Mysql),
}

impl Db {
    /// Opens a configured database. Nothing is sent to a server before the first statement.
    ///
    /// # Errors
    /// That a file cannot be opened, or that the configuration cannot be used.
    pub async fn open(database: &Database) -> Result<Self> {
        let engine = match database {
            Database::Sqlite(file) => Engine::Sqlite(Sqlite::open(&file.path).await?),
            Database::Postgres(server) => Engine::Postgres(Postgres::open(server)),
            Database::Mysql(server) => Engine::Mysql(Mysql::open(server)),
        };
        Ok(Self { engine })
    }

    /// Whose rules its statements are written by.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
            Engine::Mysql(_) => Dialect::Mysql,
        }
    }

    /// The rows of a question, each value as text. Values are bound in the place of the dialect's marks.
    ///
    /// # Errors
    /// The database's, with its own words.
    pub async fn rows(&self, sql: impl Into<String> + Send, values: Vec<Cell>) -> Result<Vec<Vec<Cell>>> {
        let sql = sql.into();
        match &self.engine {
            Engine::Sqlite(engine) => engine.rows(sql, values).await,
            Engine::Postgres(engine) => engine.rows(sql, values).await,
            Engine::Mysql(engine) => engine.rows(sql, values).await,
        }
    }

    /// As [`rows`](Self::rows) for a question that somebody else wrote: it may change nothing, and more than `most` rows
    /// are an error. Names of the columns come first.
    ///
    /// # Errors
    /// `database.refused` for a statement that changes something; `database.too-many` for too many rows.
    pub async fn ask(&self, sql: &str, values: Vec<Cell>, most: usize) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
        let (names, rows) = match &self.engine {
            Engine::Sqlite(engine) => engine.ask(sql.to_owned(), values, most).await?,
            Engine::Postgres(engine) => engine.ask(sql, values, most).await?,
            Engine::Mysql(engine) => engine.ask(sql, values, most).await?,
        };
        if rows.len() > most {
            let message = format!("the question has more than {most} rows; narrow it, or ask page by page");
            return Err(tenon_platform::Error::permanent("database.too-many", message));
        }
        Ok((names, rows))
    }

    /// Carries statements out in one transaction, all or none. [`Outcome::Lost`] when one that needs a row found none;
    /// nothing is changed then.
    ///
    /// # Errors
    /// The database's, with its own words; nothing is changed then either.
    pub async fn transact(&self, mut statements: Vec<Statement>) -> Result<Outcome> {
        for statement in &mut statements {
            if let Statement::Upsert(upsert) = statement {
                upsert.settle();
            }
        }
        match &self.engine {
            Engine::Sqlite(engine) => engine.transact(statements).await,
            Engine::Postgres(engine) => engine.transact(statements).await,
            Engine::Mysql(engine) => engine.transact(statements).await,
        }
    }

    /// Carries out statements that define tables, in order; in one transaction where the engine can.
    pub(crate) async fn define(&self, statements: Vec<String>) -> Result<()> {
        let statements = statements.into_iter().map(Statement::definition).collect();
        match &self.engine {
            Engine::Mysql(engine) => engine.one_by_one(statements).await,
            _ => self.transact(statements).await.map(drop),
        }
    }

    /// Closes its connections.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(_) => {}
            Engine::Postgres(engine) => engine.close().await,
            Engine::Mysql(engine) => engine.close().await,
        }
    }
}
