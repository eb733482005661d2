//! MySQL and MariaDB.

use crate::dialect::Dialect;
use crate::error::of_sqlx;
use crate::table::Cell;
use crate::write::{Outcome, Statement, Upsert};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, MySqlConnection, Row, SqlSafeStr, Statement as _};
use tenon_model::config::{DatabaseServer, DatabaseTls};
use tenon_platform::error::Result;

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

    pub async fn rows(&self, sql: String, values: Vec<Cell>) -> Result<Vec<Vec<Cell>>> {
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&self.pool).await.map_err(of_sqlx)?;
        rows.iter().map(cells).collect()
    }

    pub async fn ask(&self, sql: &str, values: Vec<Cell>, most: usize) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
        let mut connection = self.pool.acquire().await.map_err(of_sqlx)?;
        connection.execute("SET TRANSACTION READ ONLY").await.map_err(of_sqlx)?;
        let prepared =
            (&mut *connection).prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await.map_err(of_sqlx)?;
        let names: Vec<String> =
            prepared.columns().iter().map(|column| sqlx::Column::name(column).to_owned()).collect();
        let shown: Vec<String> =
            names.iter().map(|name| format!("CAST(q.{} AS CHAR)", Dialect::Mysql.name(name))).collect();
        let wrapped = format!("SELECT {} FROM (\n{sql}\n) AS q LIMIT {}", shown.join(", "), most.saturating_add(1));
        let mut query = sqlx::query(AssertSqlSafe(wrapped));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&mut *connection).await.map_err(of_sqlx)?;
        Ok((names, rows.iter().map(cells).collect::<Result<_>>()?))
    }

    pub async fn transact(&self, statements: Vec<Statement>) -> Result<Outcome> {
        let mut transaction = self.pool.begin().await.map_err(of_sqlx)?;
        let mut found = 0;
        for statement in statements {
            match statement {
                Statement::Plain { sql, values, needs_row } => {
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for value in values {
                        query = query.bind(value);
                    }
                    let changed = query.execute(&mut *transaction).await.map_err(of_sqlx)?.rows_affected();
                    if needs_row && changed == 0 {
                        transaction.rollback().await.map_err(of_sqlx)?;
                        return Ok(Outcome::Lost);
                    }
                    found += changed;
                }
                Statement::Upsert(upsert) => put(&mut transaction, upsert).await?,
            }
        }
        transaction.commit().await.map_err(of_sqlx)?;
        Ok(Outcome::Done(found))
    }

    /// Definitions, which end every transaction.
    pub async fn one_by_one(&self, statements: Vec<Statement>) -> Result<()> {
        for statement in statements {
            if let Statement::Plain { sql, .. } = statement {
                self.pool.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(of_sqlx)?;
            }
        }
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

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

fn cells(row: &MySqlRow) -> Result<Vec<Cell>> {
    (0..row.len()).map(|at| row.try_get::<Cell, usize>(at).map_err(of_sqlx)).collect()
}
