//! A DI API over HTTP (b1dis): a login that gives cookies, and SQL that is run as it is given, over tables of its own in
//! an embedded database. Failures have HTTP status 200, but for a session that is over.

mod database;
mod options;
mod users;

pub use options::DiApiOptions;
pub use users::DiApiSnapshot;

use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use bytes::Bytes;
use database::Database;
use http::Request;
use http::header::{COOKIE, HeaderMap, SET_COOKIE};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const ROOT: &str = "/b1dis/v1/";
/// The code of a good answer.
const GOOD: &str = "RIS.10000000";

/// One company's DI API.
pub struct DiApi {
    options: DiApiOptions,
    ids: Ids,
    database: Database,
    /// Sessions and the epoch ms of their last use.
    sessions: BTreeMap<String, i64>,
    logins: u64,
    failed_logins: u64,
    /// Every statement that was to be run, in order.
    statements: Vec<String>,
}

impl fmt::Debug for DiApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiApi").finish_non_exhaustive()
    }
}

/// What stands behind the root; hosted sites have segments before it.
fn action(path: &str) -> Option<&str> {
    path.split_once(ROOT).map(|(_, action)| action)
}

impl System for DiApi {
    fn matches(&self, path: &str) -> Option<Label> {
        let action = action(path)?;
        Some(Label {
            entity: format!("b1dis/{action}"),
            key: None,
            relative: action.to_owned(),
            is_login: action == "login",
        })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        match (parts.method.as_str(), action(incoming.path)) {
            ("POST", Some("login")) => self.log_in(incoming.now_ms, incoming.wrong_password, &body),
            ("POST", Some("exec-sql")) if self.is_session(incoming.now_ms, &parts.headers) => {
                self.exec(incoming.now_ms, &body)
            }
            ("POST", Some("exec-sql")) => self.no_session(incoming.now_ms),
            _ => reply::html(404),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.sessions.clear();
    }

    fn act(&mut self, _: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(method, parts, body)
    }
}

impl Simulated for DiApi {
    type Options = DiApiOptions;
    type Snapshot = DiApiSnapshot;

    fn new(seed: u64, options: DiApiOptions) -> Self {
        let mut database = Database::default();
        database.seed_demo();
        Self {
            options,
            ids: Ids::new(seed),
            database,
            sessions: BTreeMap::new(),
            logins: 0,
            failed_logins: 0,
            statements: Vec::new(),
        }
    }

    fn options(&mut self) -> &mut DiApiOptions {
        &mut self.options
    }

    fn snapshot(&self) -> DiApiSnapshot {
        self.snapshot_of()
    }
}

impl DiApi {
    fn log_in(&mut self, now_ms: i64, wrong_password: bool, body: &Value) -> Reply {
        let is = |name: &str, wanted: &str| body.get(name).and_then(Value::as_str) == Some(wanted);
        let o = &self.options;
        let good = is("CompanyDB", &o.company_db) && is("UserName", &o.username) && is("Password", &o.password);
        if wrong_password || !good {
            self.failed_logins += 1;
            return envelope(now_ms, "RIS.20000001", "登录失败：用户名或密码错误", &Value::Null);
        }
        let session = self.ids.uuid();
        let life = format!("{}m", o.session_minutes);
        let mut reply = envelope(now_ms, GOOD, "OK", &json!({ "SessionTimeout": life }));
        if !self.options.forgets_cookies {
            reply::add(&mut reply, SET_COOKIE, &format!("B1SESSION={session}; HttpOnly; Path=/"));
            reply::add(&mut reply, SET_COOKIE, "ROUTEID=.node1; path=/");
        }
        self.sessions.insert(session, now_ms);
        self.logins += 1;
        reply
    }

    /// Both cookies are wanted: one says who calls, the other where the session lies.
    fn is_session(&mut self, now_ms: i64, headers: &HeaderMap) -> bool {
        let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let named = |name: &str| {
            let pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
            pairs.filter(|(n, _)| *n == name).map(|(_, value)| value.to_owned()).next()
        };
        let idle_ms = self.options.session_minutes * 60_000;
        let Some(used) = named("B1SESSION").and_then(|id| self.sessions.get_mut(&id)) else { return false };
        if named("ROUTEID").as_deref() != Some(".node1") || now_ms - *used > idle_ms {
            return false;
        }
        *used = now_ms;
        true
    }

    fn no_session(&self, now_ms: i64) -> Reply {
        let mut reply = envelope(now_ms, "RIS.40100001", "会话无效或已超时", &Value::Null);
        if !self.options.session_over_is_a_code {
            *reply.status_mut() = http::StatusCode::UNAUTHORIZED;
        }
        reply
    }

    fn exec(&mut self, now_ms: i64, body: &Value) -> Reply {
        let sql = body.get("Sql").and_then(Value::as_str).unwrap_or("");
        if sql.trim().is_empty() {
            return envelope(now_ms, "RIS.20000002", "Sql不能为空", &Value::Null);
        }
        self.statements.push(sql.to_owned());
        match self.database.run(sql) {
            Ok(rows) => envelope(now_ms, GOOD, "OK", &json!({ "value": rows })),
            Err(why) => envelope(now_ms, "RIS.20000003", &why, &Value::Null),
        }
    }
}

fn envelope(now_ms: i64, code: &str, message: &str, data: &Value) -> Reply {
    let at = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let at = at.strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string();
    reply::json(200, &json!({ "code": code, "message": message, "data": data, "timestamp": at }))
}
