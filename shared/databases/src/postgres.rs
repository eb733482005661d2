//! PostgreSQL. Rows go as one array a column, so that a page of any size is one statement, prepared once.

use crate::describe::as_text;
use crate::dialect::Dialect;
use crate::error::of_sqlx;
use crate::server::calls_of_a_server;
use crate::table::Cell;
use crate::watch::{Seen, Watching};
use crate::write::{Outcome, Statement, Upsert};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, Row, SqlSafeStr, Statement as _};
use tenon_model::config::{DatabaseServer, DatabaseTls};
use tenon_platform::error::Result;

const DIALECT: Dialect = Dialect::Postgres;
const READ_ONLY: &str = "BEGIN READ ONLY";
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
}

calls_of_a_server!(Postgres, PgRow);

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
