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
mod server;
mod sqlite;
mod table;
mod watch;
mod write;

pub use define::beside;
pub use describe::Extras;
pub use dialect::Dialect;
pub use fence::{Fence, GONE_TABLE, STATE_TABLE};
pub use table::{Cell, Column, ColumnKind, FoundColumn, MARKER, NewTable, Table, is_ours};
pub use watch::{Seen, Watch, Watching};
pub use write::{Deletion, Outcome, Statement, Upsert};

use mysql::Mysql;
use postgres::Postgres;
use sqlite::Sqlite;
use std::time::Duration;
use tenon_model::config::Database;
use tenon_platform::error::Result;

/// How long a question to a file takes at most.
const READS_FILE: Duration = Duration::from_secs(60);

/// A database that is open.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
    /// Of one statement that reads.
    timeout: Duration,
    watching: Watching,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
    Mysql(Mysql),
}

impl Db {
    /// Opens a configured database to be written. Nothing is sent to a server before the first statement.
    ///
    /// # Errors
    /// That a file cannot be opened, or that the configuration cannot be used.
    pub async fn open(database: &Database) -> Result<Self> {
        let db = Self::of(database);
        if let Engine::Sqlite(file) = &db.engine {
            file.open().await?;
        }
        Ok(db)
    }

    /// A configured database that is asked: neither a server nor a file is touched before the first question.
    #[must_use]
    pub fn of(database: &Database) -> Self {
        let engine = match database {
            Database::Sqlite(file) => Engine::Sqlite(Sqlite::new(&file.path)),
            Database::Postgres(server) => Engine::Postgres(Postgres::open(server)),
            Database::Mysql(server) => Engine::Mysql(Mysql::open(server)),
        };
        let timeout = database.server().map_or(READS_FILE, |server| server.timeout);
        Self { engine, timeout, watching: Watching::default() }
    }

    /// Lets somebody see each statement that changes something.
    #[must_use]
    pub fn watched(self, watching: &Watching) -> Self {
        Self { watching: watching.clone(), ..self }
    }

    /// Gives questions up sooner than the configuration has it.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout: self.timeout.min(timeout), ..self }
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
        self.in_time(Box::pin(async {
            match &self.engine {
                Engine::Sqlite(engine) => engine.rows(sql, values).await,
                Engine::Postgres(engine) => engine.rows(sql, values).await,
                Engine::Mysql(engine) => engine.rows(sql, values).await,
            }
        }))
        .await
    }

    /// Questions are boxed: what a driver does is nested too deeply to stand within what its callers do.
    async fn in_time<T>(&self, question: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let late = |_| error::unreachable(format!("no answer within {} s", self.timeout.as_secs_f32()));
        tokio::time::timeout(self.timeout, question).await.map_err(late)?
    }

    /// As [`rows`](Self::rows) for a question that somebody else wrote: it may change nothing, and more than `most` rows
    /// are an error. Names of the columns come first.
    ///
    /// # Errors
    /// `database.refused` for a statement that changes something; `database.too-many` for too many rows.
    pub async fn query(&self, sql: &str, values: Vec<Cell>, most: usize) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
        let queried = self.in_time(Box::pin(async {
            match &self.engine {
                Engine::Sqlite(engine) => engine.query(sql.to_owned(), values, most).await,
                Engine::Postgres(engine) => engine.query(sql, values, most).await,
                Engine::Mysql(engine) => engine.query(sql, values, most).await,
            }
        }));
        let (names, rows) = queried.await?;
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
            Engine::Sqlite(engine) => engine.transact(statements, &self.watching).await,
            Engine::Postgres(engine) => Box::pin(engine.transact(statements, &self.watching)).await,
            Engine::Mysql(engine) => Box::pin(engine.transact(statements, &self.watching)).await,
        }
    }

    /// Carries out statements that define tables, in order; in one transaction where the engine can.
    pub(crate) async fn define(&self, statements: Vec<String>) -> Result<()> {
        let statements = statements.into_iter().map(Statement::definition).collect();
        match &self.engine {
            Engine::Mysql(engine) => engine.one_by_one(statements, &self.watching).await,
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
