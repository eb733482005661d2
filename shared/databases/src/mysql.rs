//! MySQL and MariaDB.

use crate::describe::as_text;
use crate::dialect::Dialect;
use crate::error::of_sqlx;
use crate::server::calls_of_a_server;
use crate::table::Cell;
use crate::watch::{Seen, Watching};
use crate::write::{Outcome, Statement, Upsert};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySqlConnection, Row, SqlSafeStr, Statement as _};
use tenon_model::config::{DatabaseServer, DatabaseTls};
use tenon_platform::error::Result;

const DIALECT: Dialect = Dialect::Mysql;
const READ_ONLY: &str = "START TRANSACTION READ ONLY";
/// Connections of one process.
const CONNECTIONS: u32 = 4;
/// Values that one statement takes; the protocol counts them in 16 bits.
const MARKS: usize = 60_000;
/// Rows of one statement, so that it stays below the server's longest packet.
const ROWS: usize = 250;

/// A database of a server.
#[derive(Clone, Debug)]
pub(crate) struct Mysql {
    pool: MySqlPool,
}

impl Mysql {
    pub fn open(server: &DatabaseServer) -> Self {
        let mode = match server.tls {
            DatabaseTls::Verify => MySqlSslMode::VerifyIdentity,
            DatabaseTls::Encrypt => MySqlSslMode::Required,
            DatabaseTls::Off => MySqlSslMode::Disabled,
        };
        let mut options = MySqlConnectOptions::new()
            .port(server.port.unwrap_or(3306))
            .database(&server.database)
            .username(&server.username)
            .password(server.password.expose())
            .charset("utf8mb4")
            .ssl_mode(mode)
            .disable_statement_logging();
        options = match server.host.starts_with('/') {
            true => options.socket(&server.host),
            false => options.host(&server.host),
        };
        if let Some(pem) = &server.ca_pem {
            options = options.ssl_ca_from_pem(pem.clone().into_bytes());
        }
        let pool = MySqlPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(server.timeout)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // Without it a value that does not fit is cut without a word.
                    let strict = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')";
                    connection.execute(strict).await.map(drop)
                })
            })
            .connect_lazy_with(options);
        Self { pool }
    }

    /// Definitions, which end every transaction.
    pub async fn one_by_one(&self, statements: Vec<Statement>, watching: &Watching) -> Result<()> {
        for statement in statements {
            if let Statement::Plain { sql, .. } = statement {
                watching.see(Seen::Before)?;
                self.pool.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(of_sqlx)?;
                watching.see(Seen::After)?;
            }
        }
        Ok(())
    }
}

calls_of_a_server!(Mysql, MySqlRow);

async fn put(connection: &mut MySqlConnection, mut upsert: Upsert) -> Result<()> {
    let width = upsert.columns.len().max(1);
    let most = (MARKS / width).clamp(1, ROWS);
    let (into, conflict) = (upsert.insert(Dialect::Mysql), upsert.on_conflict(Dialect::Mysql));
    let one = format!("({})", vec!["?"; width].join(", "));
    let mut rows = std::mem::take(&mut upsert.rows).into_iter();
    loop {
        let some: Vec<Vec<Cell>> = rows.by_ref().take(most).collect();
        if some.is_empty() {
            return Ok(());
        }
        let sql = format!("{into} VALUES {} {conflict}", vec![one.as_str(); some.len()].join(", "));
        // What is left over at the end is of another length each time.
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(some.len() == most);
        for cell in some.into_iter().flatten() {
            query = query.bind(cell);
        }
        query.execute(&mut *connection).await.map_err(of_sqlx)?;
    }
}
