//! Who may write a table, and how far it is, kept beside the table: what a page brought and how far it came are
//! stored in one transaction, and whoever was taken over from finds that out before anything is changed.

use crate::Db;
use crate::dialect::Dialect;
use crate::table::Cell;
use crate::write::{Outcome, Statement};
use tenon_platform::error::{Error, ErrorKind, Result};

/// Where it is kept who writes which table.
pub const STATE_TABLE: &str = "tenon_data_sync";
/// Where the keys are kept that a comparison found to be gone.
pub const GONE_TABLE: &str = "tenon_data_sync_gone";
/// How often a turn is taken again after somebody else was quicker.
const TRIES: usize = 5;

/// The right to write under a name, until somebody else takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    name: String,
    token: i64,
}

impl Fence {
    /// Stores how far it is. Lost, with the whole transaction, when somebody else has taken the name.
    #[must_use]
    pub fn keep(&self, dialect: Dialect, state: &str) -> Statement {
        let (first, second, third) = (dialect.mark(1), dialect.mark(2), dialect.mark(3));
        let token = if dialect == Dialect::Postgres { format!("{third}::bigint") } else { third };
        let sql = format!("UPDATE {STATE_TABLE} SET state = {first} WHERE name = {second} AND fence = {token}");
        let values = vec![Some(state.to_owned()), Some(self.name.clone()), Some(self.token.to_string())];
        Statement::Plain { sql, values, needs_row: true }
    }
}

impl Db {
    /// Takes the right to write under this name for this run, from whoever had it. Returns how far the run is, when it
    /// was there before.
    ///
    /// # Errors
    /// The database's; `database.busy` when others kept taking it.
    pub async fn take(&self, name: &str, run: &str) -> Result<(Fence, Option<String>)> {
        self.make_state_tables().await?;
        let dialect = self.dialect();
        for _ in 0..TRIES {
            let sql = format!(
                "SELECT {}, run, state FROM {STATE_TABLE} WHERE name = {}",
                crate::describe::as_text(dialect, "fence"),
                dialect.mark(1)
            );
            let found = self.rows(sql, vec![Some(name.to_owned())]).await?;
            let (statement, token, state) = match found.first().map(Vec::as_slice) {
                Some([Some(fence), of, state]) => {
                    let token: i64 = fence.parse().unwrap_or_default();
                    let state = state.clone().filter(|state| of.as_deref() == Some(run) && !state.is_empty());
                    (next(dialect, name, run, token, state.as_deref()), token.saturating_add(1), state)
                }
                _ => (first(dialect, name, run), 1, None),
            };
            match self.transact(vec![statement]).await {
                Ok(Outcome::Done(_)) => return Ok((Fence { name: name.to_owned(), token }, state)),
                Ok(Outcome::Lost) => {}
                // Somebody else was the first.
                Err(error) if error.kind() == ErrorKind::Refused && found.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::transient("database.busy", format!("others kept taking {name} in {STATE_TABLE}")))
    }

    async fn make_state_tables(&self) -> Result<()> {
        let (short, long) = match self.dialect() {
            Dialect::Mysql => {
                ("varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "mediumtext CHARACTER SET utf8mb4")
            }
            _ => ("text", "text"),
        };
        let statements = vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {STATE_TABLE} (name {short} NOT NULL PRIMARY KEY, fence bigint NOT NULL, \
                 run {short} NOT NULL, state {long})"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {GONE_TABLE} (name {short} NOT NULL, key1 {short} NOT NULL, \
                 key2 {short} NOT NULL, PRIMARY KEY (name, key1, key2))"
            ),
        ];
        match self.define(statements.clone()).await {
            // PostgreSQL tells one of two who make it at once that it exists.
            Err(error) if error.kind() == ErrorKind::Refused => self.define(statements).await,
            done => done,
        }
    }
}

fn first(dialect: Dialect, name: &str, run: &str) -> Statement {
    let sql = format!(
        "INSERT INTO {STATE_TABLE} (name, fence, run, state) VALUES ({}, 1, {}, '')",
        dialect.mark(1),
        dialect.mark(2)
    );
    Statement::plain(sql, vec![Some(name.to_owned()), Some(run.to_owned())])
}

fn next(dialect: Dialect, name: &str, run: &str, before: i64, state: Option<&str>) -> Statement {
    let cast = if dialect == Dialect::Postgres { "::bigint" } else { "" };
    let marks: Vec<String> = (1..=5).map(|number| dialect.mark(number)).collect();
    let [token, of, now, named, was] = marks.as_slice() else { return Statement::definition(String::new()) };
    let sql = format!(
        "UPDATE {STATE_TABLE} SET fence = {token}{cast}, run = {of}, state = {now} WHERE name = {named} AND fence = {was}{cast}"
    );
    let values: Vec<Cell> = vec![
        Some(before.saturating_add(1).to_string()),
        Some(run.to_owned()),
        Some(state.unwrap_or_default().to_owned()),
        Some(name.to_owned()),
        Some(before.to_string()),
    ];
    Statement::Plain { sql, values, needs_row: true }
}
