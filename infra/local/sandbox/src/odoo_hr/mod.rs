//! Odoo's data over JSON-RPC, simulated: `common.version`, `common.authenticate` and `object.execute_kw` with `search_read`
//! and `fields_get` of departments, employees and partners, and of models that a test describes. Every answer has HTTP status 200; what is empty is `false`, a link is an id with a name, a
//! login that is refused is answered `false`, and errors carry the name of Odoo's exception.

mod records;

use crate::action::ActionError;
use crate::reply::{self, Reply};
use crate::system::{Handle, Incoming, Label, Simulated, System};
use bytes::Bytes;
use http::Request;
use records::Records;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

const PATH: &str = "/jsonrpc";
/// The number of the one user.
const UID: i64 = 2;

/// Settings of an Odoo.
#[derive(Clone)]
pub struct OdooHrOptions {
    /// The database.
    pub database: String,
    /// The user's login.
    pub username: String,
    /// The user's API key.
    pub api_key: String,
    /// Whether the user may read employees.
    pub may_read: bool,
    /// Languages that are installed beside English.
    pub languages: Vec<String>,
    /// Time an answer takes.
    pub latency: Duration,
}

impl Default for OdooHrOptions {
    fn default() -> Self {
        Self {
            database: "odoo-demo".into(),
            username: "admin".into(),
            api_key: "sandbox-odoo-key".into(),
            may_read: true,
            languages: vec!["zh_CN".into()],
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for OdooHrOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OdooHrOptions").field("database", &self.database).finish_non_exhaustive()
    }
}

/// One database.
pub struct OdooHr {
    options: OdooHrOptions,
    records: Records,
    logins: u64,
}

/// What it holds.
#[derive(Clone, Debug, Serialize)]
pub struct OdooHrSnapshot {
    /// Departments.
    pub departments: Vec<Value>,
    /// Employees.
    pub employees: Vec<Value>,
    /// Logins, good or not.
    pub logins: u64,
}

impl fmt::Debug for OdooHr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OdooHr").finish_non_exhaustive()
    }
}

impl System for OdooHr {
    fn matches(&self, path: &str) -> Option<Label> {
        let label = || Label { entity: PATH.to_owned(), key: None, relative: PATH.to_owned(), is_login: false };
        (path == PATH).then(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or(Value::Null);
        let text = |name: &str| body.pointer(name).and_then(Value::as_str).unwrap_or("");
        let nothing = Vec::new();
        let args = body.pointer("/params/args").and_then(Value::as_array).unwrap_or(&nothing);
        match (text("/params/service"), text("/params/method")) {
            ("common", "version") => result(&json!({ "server_version": "17.0", "protocol_version": 1 })),
            ("common", "authenticate" | "login") => self.log_in(incoming.wrong_password, args),
            ("object", "execute_kw") => self.execute(args),
            _ => failed("builtins.KeyError", "no such service or method"),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {}

    fn act(&mut self, _: i64, _: &str, _: &[&str], _: &[u8]) -> Option<Result<Value, ActionError>> {
        None
    }
}

impl Simulated for OdooHr {
    type Options = OdooHrOptions;
    type Snapshot = OdooHrSnapshot;

    fn new(_: u64, options: OdooHrOptions) -> Self {
        Self { options, records: Records::demo(), logins: 0 }
    }

    fn options(&mut self) -> &mut OdooHrOptions {
        &mut self.options
    }

    fn snapshot(&self) -> OdooHrSnapshot {
        let all = |model: &str| self.records.all(model);
        OdooHrSnapshot { departments: all("hr.department"), employees: all("hr.employee"), logins: self.logins }
    }
}

impl Handle<'_, OdooHr> {
    /// Sets fields of a record, which is made where there is none of this id.
    pub fn put(&self, model: &str, id: i64, fields: &Value) {
        self.with(|s| s.records.put(model, id, fields));
    }

    /// The same, changed at this moment: `write_date` is UTC.
    pub fn put_at(&self, model: &str, id: i64, fields: &Value, now_ms: i64) {
        self.with(|s| s.records.put_at(model, id, fields, now_ms));
    }

    /// Describes a model: its fields as `fields_get` tells them, `{"name": {"type": "char", "string": "名称"}}`.
    pub fn describe(&self, model: &str, fields: &Value) {
        self.with(|s| s.records.describe(model, fields));
    }

    /// Every record of a model.
    pub fn records(&self, model: &str) -> Vec<Value> {
        self.with(|s| s.records.all(model))
    }

    /// Deletes a record.
    pub fn remove(&self, model: &str, id: i64) {
        self.with(|s| s.records.remove(model, id));
    }
}

impl OdooHr {
    fn log_in(&mut self, wrong_password: bool, args: &[Value]) -> Reply {
        self.logins += 1;
        let is = |place: usize, wanted: &str| args.get(place).and_then(Value::as_str) == Some(wanted);
        if !is(0, &self.options.database) {
            let given = args.first().and_then(Value::as_str).unwrap_or("");
            return failed("psycopg2.OperationalError", &format!("FATAL:  database \"{given}\" does not exist"));
        }
        let good = is(1, &self.options.username) && is(2, &self.options.api_key) && !wrong_password;
        result(&if good { json!(UID) } else { json!(false) })
    }

    fn execute(&self, args: &[Value]) -> Reply {
        let is = |place: usize, wanted: &str| args.get(place).and_then(Value::as_str) == Some(wanted);
        let known = args.get(1).and_then(Value::as_i64) == Some(UID);
        if !is(0, &self.options.database) || !known || !is(2, &self.options.api_key) {
            return failed("odoo.exceptions.AccessDenied", "Access Denied");
        }
        if !self.options.may_read {
            return failed(
                "odoo.exceptions.AccessError",
                "You are not allowed to access 'Employee' (hr.employee) records.",
            );
        }
        let (model, method) = (args.get(3).and_then(Value::as_str), args.get(4).and_then(Value::as_str));
        let (Some(model), Some(method)) = (model, method) else {
            return failed("builtins.AttributeError", "no such method");
        };
        match method {
            "search_read" => {}
            "fields_get" => {
                let lang = args.get(6).and_then(|options| options.pointer("/context/lang")).and_then(Value::as_str);
                if let Some(lang) = lang.filter(|lang| !self.options.languages.iter().any(|known| known == lang)) {
                    return failed("odoo.exceptions.UserError", &format!("Invalid language code: {lang}"));
                }
                return match self.records.fields(model) {
                    Ok(fields) => result(&fields),
                    Err(why) => failed("builtins.KeyError", &why),
                };
            }
            _ => return failed("builtins.AttributeError", "no such method"),
        }
        let domain = args.get(5).and_then(|list| list.get(0)).cloned().unwrap_or_else(|| json!([]));
        match self.records.search(model, &domain, args.get(6).unwrap_or(&Value::Null)) {
            Ok(rows) => result(&Value::Array(rows)),
            Err(why) => failed("builtins.ValueError", &why),
        }
    }
}

fn result(value: &Value) -> Reply {
    reply::json(200, &json!({ "jsonrpc": "2.0", "id": 1, "result": value }))
}

fn failed(name: &str, message: &str) -> Reply {
    let data = json!({ "name": name, "debug": "Traceback (most recent call last): …", "message": message,
        "arguments": [message], "context": {} });
    reply::json(
        200,
        &json!({ "jsonrpc": "2.0", "id": 1,
        "error": { "code": 200, "message": "Odoo Server Error", "data": data } }),
    )
}
