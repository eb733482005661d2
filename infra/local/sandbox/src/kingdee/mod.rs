//! Kingdee K3Cloud (云星空), simulated: both logins and their sessions, signed calls, `QueryBusinessInfo` and
//! `ExecuteBillQuery`. What is peculiar about it: errors have HTTP status 200 and stand in the array of rows; pages by row
//! numbers shift while rows change, and what is in no order comes in another each time; answers are capped without a
//! word; base data is that of the user's organisation unless another is asked for. Departures stand in docs/SANDBOX.md.

mod answers;
mod data;
mod filter;
mod login;
mod options;
mod query;

pub use data::KingdeeRow;
pub use options::{KingdeeErrors, KingdeeLost, KingdeeOptions};

use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Handle, Incoming, Label, Simulated, System};
use bytes::Bytes;
use data::Forms;
use http::Request;
use login::Sessions;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

const ROOT: &str = "/k3cloud/";
const STUB: &str = "Kingdee.BOS.WebApi.ServicesStub.";

/// What a data centre holds.
#[derive(Clone, Debug, Serialize)]
pub struct KingdeeSnapshot {
    /// Logins that let somebody in.
    pub logins: u64,
    /// Questions that were answered with rows.
    pub queries: u64,
    /// Rows by form.
    pub rows: std::collections::BTreeMap<String, u64>,
}

/// What happens by itself after so many questions.
type Change = Box<dyn FnOnce(&mut Kingdee) + Send>;

/// One data centre.
pub struct Kingdee {
    options: KingdeeOptions,
    ids: Ids,
    sessions: Sessions,
    forms: Forms,
    queries: u64,
    now_ms: i64,
    changes: VecDeque<(u64, Change)>,
}

impl fmt::Debug for Kingdee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kingdee").finish_non_exhaustive()
    }
}

impl System for Kingdee {
    fn matches(&self, path: &str) -> Option<Label> {
        let lower = path.to_ascii_lowercase();
        let service = lower.strip_prefix(ROOT)?;
        let is_login = service.contains("authservice.");
        let relative = path.get(ROOT.len() - 1..).unwrap_or_default().to_owned();
        Some(Label { entity: path.to_owned(), key: None, relative, is_login })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        self.now_ms = incoming.now_ms;
        let (parts, body) = request.into_parts();
        let service = incoming.path.get(ROOT.len()..).unwrap_or_default();
        let service = service.strip_prefix(STUB).and_then(|rest| rest.strip_suffix(".common.kdsvc"));
        let Some(service) = service.filter(|_| parts.method == http::Method::POST) else { return reply::html(404) };
        let Ok(body) = serde_json::from_slice::<Value>(&body) else {
            return answers::text("response_error: 请求参数不是有效的JSON");
        };
        if body.is_array() {
            return answers::show_error("参数错误", "请求体必须是对象");
        }
        match service {
            "AuthService.ValidateUser" => self.log_in(incoming.wrong_password, false, &body),
            "AuthService.LoginByAppSecret" => self.log_in(incoming.wrong_password, true, &body),
            _ if !self.lets_in(incoming.path, &parts.headers) => self.lost(),
            "DynamicFormService.QueryBusinessInfo" => self.describe(&body),
            "DynamicFormService.ExecuteBillQuery" => self.query(&body),
            _ => reply::html(404),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.sessions.end_all();
    }

    fn rate_limited(&mut self, _path: &str) -> Reply {
        self.failed(8, "", "调用过于频繁，请稍后再试")
    }

    fn act(&mut self, _: i64, _: &str, _: &[&str], _: &[u8]) -> Option<Result<Value, ActionError>> {
        None
    }
}

impl Simulated for Kingdee {
    type Options = KingdeeOptions;
    type Snapshot = KingdeeSnapshot;

    fn new(seed: u64, options: KingdeeOptions) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            sessions: Sessions::default(),
            forms: Forms::demo(),
            queries: 0,
            now_ms: 0,
            changes: VecDeque::new(),
        }
    }

    fn options(&mut self) -> &mut KingdeeOptions {
        &mut self.options
    }

    fn snapshot(&self) -> KingdeeSnapshot {
        KingdeeSnapshot { logins: self.sessions.logins, queries: self.queries, rows: self.forms.counts() }
    }
}

impl Kingdee {
    /// What happens by itself comes between two questions.
    fn pass_on(&mut self) {
        self.queries += 1;
        while self.changes.front().is_some_and(|(after, _)| *after <= self.queries) {
            if let Some((_, change)) = self.changes.pop_front() {
                change(self);
            }
        }
    }

    /// Sets fields of a record, which is made where there is none of this id, and dates the change.
    pub fn put(&mut self, form: &str, id: i64, fields: &Value, now_ms: i64) {
        self.forms.put(form, id, fields, now_ms);
    }

    /// Deletes a record.
    pub fn remove(&mut self, form: &str, id: i64) {
        self.forms.remove(form, id);
    }
}

impl Handle<'_, Kingdee> {
    /// As [`Kingdee::put`].
    pub fn put(&self, form: &str, id: i64, fields: &Value, now_ms: i64) {
        self.with(|s| s.put(form, id, fields, now_ms));
    }

    /// As [`Kingdee::remove`].
    pub fn remove(&self, form: &str, id: i64) {
        self.with(|s| s.remove(form, id));
    }

    /// Sets the entries of a record.
    pub fn put_entries(&self, form: &str, id: i64, entry: &str, rows: &[(i64, Value)], now_ms: i64) {
        self.with(|s| s.forms.put_entries(form, id, entry, rows, now_ms));
    }

    /// Describes a form, in the words of `QueryBusinessInfo`, and whether its records belong to organisations.
    pub fn describe(&self, info: &Value, of_organisations: bool) {
        self.with(|s| s.forms.describe(info, of_organisations));
    }

    /// Something that happens by itself once so many more questions are answered.
    pub fn after_queries(&self, queries: u64, change: impl FnOnce(&mut Kingdee) + Send + 'static) {
        self.with(|s| {
            let after = s.queries + queries;
            let at = s.changes.iter().position(|(other, _)| *other > after).unwrap_or(s.changes.len());
            s.changes.insert(at, (after, Box::new(change)));
        });
    }

    /// The records of a form as they are.
    pub fn records(&self, form: &str) -> Vec<KingdeeRow> {
        self.with(|s| s.forms.records(form))
    }

    /// Logins that let somebody in.
    pub fn logins(&self) -> u64 {
        self.with(|s| s.sessions.logins)
    }
}

/// A name in the lists of `QueryBusinessInfo`.
fn named(text: &str) -> Value {
    json!([{ "Key": 2052, "Value": text }])
}
