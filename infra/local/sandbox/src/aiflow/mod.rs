//! An aiflow that is pushed to, simulated from its document: `A-Signature` over the body as it came, five minutes to
//! either side, one 403 for whatever is wrong with it; a department whose parent and a person whose department or supervisor
//! is neither there nor earlier in the body fails in `failDetails`, and the rest succeeds.

mod records;

use crate::action::ActionError;
use crate::reply::{self, Reply};
use crate::system::{Handle, Incoming, Label, Simulated, System};
use bytes::Bytes;
use http::Request;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;
use tenon_crypto::aiflow::Header;

/// Below `/vendor`, since Tenon serves `/aflow/…` itself.
const ROOT: &str = "/vendor/aflow/api";
const WINDOW_MS: i64 = 300_000;

/// Settings of an aiflow.
#[derive(Clone)]
pub struct AiflowOptions {
    /// The enterprise's code.
    pub enterprise_code: String,
    /// The app.
    pub app_id: String,
    /// Its secret.
    pub app_secret: String,
    /// Codes of departments and people that it takes from nobody.
    pub refused: BTreeSet<String>,
    /// Time an answer takes.
    pub latency: Duration,
}

impl Default for AiflowOptions {
    fn default() -> Self {
        Self {
            enterprise_code: "COMPANY001".into(),
            app_id: "APP001".into(),
            app_secret: "your_app_secret".into(),
            refused: BTreeSet::new(),
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for AiflowOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AiflowOptions").field("enterprise_code", &self.enterprise_code).finish_non_exhaustive()
    }
}

/// What an aiflow holds.
#[derive(Clone, Debug, Serialize)]
pub struct AiflowSnapshot {
    /// Departments by their codes, as they were pushed last.
    pub departments: BTreeMap<String, Value>,
    /// People by their codes, as they were pushed last.
    pub users: BTreeMap<String, Value>,
    /// How often each record was pushed and taken.
    pub taken: BTreeMap<String, u64>,
}

/// One enterprise.
pub struct Aiflow {
    options: AiflowOptions,
    departments: BTreeMap<String, Value>,
    users: BTreeMap<String, Value>,
    taken: BTreeMap<String, u64>,
}

impl fmt::Debug for Aiflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aiflow").finish_non_exhaustive()
    }
}

impl System for Aiflow {
    fn matches(&self, path: &str) -> Option<Label> {
        let relative = path.strip_prefix(ROOT).filter(|rest| rest.starts_with('/'))?;
        Some(Label { entity: path.to_owned(), key: None, relative: relative.to_owned(), is_login: false })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let signature = ["a-signature", "x-a-signature"].iter().find_map(|name| parts.headers.get(*name));
        let signature = signature.and_then(|value| value.to_str().ok()).unwrap_or_default();
        if incoming.wrong_password || !self.accepts(incoming.now_ms, signature, &body) {
            return reply::json(403, &json!({ "status": -4002, "msg": "签名验证失败" }));
        }
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        match (parts.method.as_str(), incoming.path.strip_prefix(ROOT)) {
            ("POST", Some("/sys/sync/department")) => self.take_departments(&body),
            ("POST", Some("/sys/sync/user")) => self.take_users(&body),
            _ => reply::json(200, &json!({ "status": -4001, "msg": "操作不支持" })),
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

impl Simulated for Aiflow {
    type Options = AiflowOptions;
    type Snapshot = AiflowSnapshot;

    fn new(_: u64, options: AiflowOptions) -> Self {
        Self { options, departments: BTreeMap::new(), users: BTreeMap::new(), taken: BTreeMap::new() }
    }

    fn options(&mut self) -> &mut AiflowOptions {
        &mut self.options
    }

    fn snapshot(&self) -> AiflowSnapshot {
        AiflowSnapshot { departments: self.departments.clone(), users: self.users.clone(), taken: self.taken.clone() }
    }
}

impl Handle<'_, Aiflow> {
    /// Departments by their codes.
    pub fn departments(&self) -> BTreeMap<String, Value> {
        self.with(|s| s.departments.clone())
    }

    /// People by their codes.
    pub fn users(&self) -> BTreeMap<String, Value> {
        self.with(|s| s.users.clone())
    }

    /// How often a department (`d:CODE`) or person (`u:CODE`) was taken.
    pub fn taken(&self, code: &str) -> u64 {
        self.with(|s| s.taken.get(code).copied().unwrap_or(0))
    }

    /// It takes a record of this code from nobody any more, or again.
    pub fn refuse(&self, code: &str, refuse: bool) {
        self.with(|s| match refuse {
            true => s.options.refused.insert(code.to_owned()),
            false => s.options.refused.remove(code),
        });
    }
}

impl Aiflow {
    fn accepts(&self, now_ms: i64, signature: &str, body: &[u8]) -> bool {
        let Ok(header) = Header::parse(signature) else { return false };
        let claim = header.claim();
        claim.enterprise_code == self.options.enterprise_code
            && claim.app_id == self.options.app_id
            && (now_ms - claim.timestamp_ms).abs() <= WINDOW_MS
            && header.verify(&self.options.app_secret, body).is_ok()
    }
}
