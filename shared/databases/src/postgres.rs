//! PostgreSQL. Rows go as one array a column, so that a page of any size is one statement, prepared once.

use crate::dialect::Dialect;
use crate::error::of_sqlx;
use crate::table::Cell;
use crate::write::{Outcome, Statement, Upsert};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, Row, SqlSafeStr, Statement as _};
use tenon_model::config::{DatabaseServer, DatabaseTls};
use tenon_platform::error::Result;

/// Connections of one process.
const CONNECTIONS: u32 = 4;

/// A database of a server.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub fn open(server: &DatabaseServer) -> Self {
        let mode = match server.tls {
            DatabaseTls::Verify => PgSslMode::VerifyFull,
            DatabaseTls::Encrypt => PgSslMode::Require,
            DatabaseTls::Off => PgSslMode::Disable,
        };
        let mut options = PgConnectOptions::new_without_pgpass()
            .port(server.port.unwrap_or(5432))
            .database(&server.database)
            .username(&server.username)
            .password(server.password.expose())
            .application_name("tenon")
            .ssl_mode(mode)
            .disable_statement_logging();
        options = match server.host.starts_with('/') {
            true => options.socket(&server.host),
            false => options.host(&server.host),
        };
        if let Some(pem) = &server.ca_pem {
            options = options.ssl_root_cert_from_pem(pem.clone().into_bytes());
        }
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(server.timeout)
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
        let mut transaction = self.pool.begin().await.map_err(of_sqlx)?;
        transaction.execute("SET TRANSACTION READ ONLY").await.map_err(of_sqlx)?;
        let prepared =
            (&mut *transaction).prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await.map_err(of_sqlx)?;
        let names: Vec<String> =
            prepared.columns().iter().map(|column| sqlx::Column::name(column).to_owned()).collect();
        let shown: Vec<String> = names.iter().map(|name| format!("q.{}::text", Dialect::Postgres.name(name))).collect();
        let wrapped = format!("SELECT {} FROM (\n{sql}\n) AS q LIMIT {}", shown.join(", "), most.saturating_add(1));
        let mut query = sqlx::query(AssertSqlSafe(wrapped));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&mut *transaction).await.map_err(of_sqlx)?;
        transaction.rollback().await.map_err(of_sqlx)?;
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

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn put(connection: &mut PgConnection, upsert: Upsert) -> Result<()> {
    let width = upsert.columns.len();
    let picked: Vec<String> =
        upsert.columns.iter().enumerate().map(|(at, column)| format!("u.c{at}::{}", column.declared)).collect();
    let arrays: Vec<String> = (1..=width).map(|number| format!("${number}::text[]")).collect();
    let names: Vec<String> = (0..width).map(|at| format!("c{at}")).collect();
    let sql = format!(
        "{} SELECT {} FROM unnest({}) AS u({}) {}",
        upsert.insert(Dialect::Postgres),
        picked.join(", "),
        arrays.join(", "),
        names.join(", "),
        upsert.on_conflict(Dialect::Postgres),
    );
    let mut columns: Vec<Vec<Cell>> = (0..width).map(|_| Vec::with_capacity(upsert.rows.len())).collect();
    for row in upsert.rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            // A text of PostgreSQL's holds no NUL.
            column.push(cell.map(|text| if text.contains('\0') { text.replace('\0', "") } else { text }));
        }
    }
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for column in columns {
        query = query.bind(column);
    }
    query.execute(connection).await.map(drop).map_err(of_sqlx)
}

fn cells(row: &PgRow) -> Result<Vec<Cell>> {
    (0..row.len()).map(|at| row.try_get::<Cell, usize>(at).map_err(of_sqlx)).collect()
}
