//! A DI API of SAP Business One over HTTP (b1dis): a login whose session is cookies, and SQL that is run as it is given.
//! It judges nothing: whoever hands a statement over has judged it.

mod check;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod session;

use crate::base::check::CheckReport;
use crate::base::{Codes, Effect, Problem, Remote, Vendor, redact};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::DiApiConnection;
use tenon_platform::Context;
use tenon_platform::error::Result;
use tenon_platform::http::Call;

/// Its codes and names.
static DI_API: Vendor = Vendor {
    name: "di_api",
    shown: "the DI API",
    address: "base_url, root, the network and ca_file",
    credentials: "company_db, username and password",
    // It runs beside the Service Layer, and each statement takes a connection of the company's database.
    concurrent_calls: Some(8),
    codes: Codes {
        unreachable: "di-api.unreachable",
        no_answer: "di-api.no-answer",
        unknown_outcome: "di-api.unknown-outcome",
        unavailable: "di-api.unavailable",
        answer: "di-api.answer",
        rate_limited: "di-api.rate-limited",
        session: "di-api.session",
        login_busy: "di-api.login-busy",
        login_refused: "di-api.login-refused",
        login_outage: "di-api.login-refused",
        forbidden: "di-api.forbidden",
        refused: "di-api.refused",
        not_found: "di-api.not-found",
    },
};

/// Longest answer that is read at all.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// A company's DI API.
pub struct DiApi<'a> {
    remote: Remote<'a>,
    connection: DiApiConnection,
    trust: Option<Arc<str>>,
}

/// What a statement was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlAnswer {
    /// The code of a good answer, as it came.
    pub code: String,
    /// Its message.
    pub message: String,
    /// `data` as it came, to the last digit.
    pub data: String,
    /// Rows in it.
    pub rows: usize,
}

impl SqlAnswer {
    /// The rows, read: numbers exactly.
    pub fn objects(&self) -> Vec<Map<String, Value>> {
        let data = tenon_model::json::from_str(&self.data).unwrap_or_default();
        let rows = match data {
            Value::Object(mut data) => data.remove("value").unwrap_or_default(),
            _ => Value::Null,
        };
        let Value::Array(rows) = rows else { return Vec::new() };
        rows.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None }).collect()
    }
}

impl<'a> DiApi<'a> {
    /// The client of a stored connection, with its revision.
    pub fn new(ctx: &'a Context, tenant: &TenantId, connection: DiApiConnection, revision: u64) -> Self {
        let trust = connection.ca_pem.as_deref().map(Arc::from);
        Self { remote: Remote::new(ctx, &DI_API, tenant, &connection.id, revision), connection, trust }
    }

    /// The connection.
    pub fn connection(&self) -> &DiApiConnection {
        &self.connection
    }

    /// Runs a statement that reads, within this time. A session that is over is renewed once and the statement
    /// repeated.
    ///
    /// # Errors
    /// `di-api.refused` with the DI API's own words.
    pub async fn select(&self, sql: &str, within: Duration) -> Result<SqlAnswer> {
        self.run(sql, within, true).await.map_err(|error| error.during("di-api POST exec-sql"))
    }

    /// Calls a procedure, which may do more than read: it is not repeated, whatever became of its session.
    ///
    /// # Errors
    /// As [`select`](Self::select); `di-api.session` when its session was over.
    pub async fn call_procedure(&self, sql: &str, within: Duration) -> Result<SqlAnswer> {
        self.run(sql, within, false).await.map_err(|error| error.during("di-api POST exec-sql"))
    }

    /// Tells whether the connection works, by using it; tries a login once, and clears a remembered refusal when it
    /// gets in.
    ///
    /// # Errors
    /// What is wrong, with its remedy.
    pub async fn check(&self) -> Result<CheckReport> {
        self.try_connection().await
    }

    async fn run(&self, sql: &str, within: Duration, repeats: bool) -> Result<SqlAnswer> {
        let mut refused: Option<String> = None;
        for _ in 0..2 {
            let session = self.remote.token(self, refused.as_deref()).await?;
            let cookies = session::cookies(&session);
            let clean = |error| redact(error, &session::secrets(cookies));
            let answer = self.remote.call(Effect::Read, self.exec(sql, cookies, within)).await.map_err(clean)?;
            match error::read(&self.connection, &answer) {
                Ok(read) => {
                    self.remote.used(self, &session, session::life(&session)).await;
                    return Ok(read);
                }
                Err(Problem::Credential) if repeats => refused = Some(session),
                Err(Problem::Credential) => {
                    // The next one finds a new session.
                    self.remote.token(self, Some(&session)).await?;
                    break;
                }
                Err(Problem::Other(error)) => return Err(clean(*error)),
            }
        }
        Err(self.remote.vendor.session())
    }

    fn exec(&self, sql: &str, cookies: &str, within: Duration) -> Call {
        let mut call = self.post("exec-sql", &json!({ "Sql": sql }));
        if let Ok(mut value) = HeaderValue::from_str(cookies) {
            value.set_sensitive(true);
            call.headers.insert(header::COOKIE, value);
        }
        call.timeout = self.connection.timeout.min(within);
        call
    }

    fn post(&self, action: &str, body: &Value) -> Call {
        let base = self.connection.base_url.trim_end_matches('/');
        let mut call = Call::new(Method::POST, format!("{base}{}/{action}", self.connection.root));
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = Bytes::from(body.to_string());
        call.timeout = self.connection.timeout;
        call.trust.clone_from(&self.trust);
        call.max_answer = MAX_ANSWER_BYTES;
        call
    }
}
