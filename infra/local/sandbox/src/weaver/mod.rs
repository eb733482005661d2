//! E-cology: app tokens whose secret and users come encrypted under its key, requests of its workflows, and the
//! outgoing action that pushes their results. Failures have HTTP status 200.

mod create;
mod cube;
mod files;
mod key;
mod options;
mod pushes;
mod read;
mod requests;
mod users;

pub use cube::{CubeAnswers, CubeTable};
pub use files::WeaverFile;
pub use key::WEAVER_SPK;
pub use options::{WeaverCodes, WeaverField, WeaverFiles, WeaverOptions, WeaverPush, WeaverWorkflow};
pub use pushes::WeaverPushed;
pub use users::WeaverSnapshot;

use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use crate::url;
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use key::Key;
use pushes::Pushes;
use requests::Requests;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const ROOTS: [&str; 3] = ["/api/ec/", "/api/workflow/", "/api/cube/"];
const TOKEN: &str = "/api/ec/dev/auth/applytoken";
const SERVICE: &str = "/api/workflow/paService/";
/// A token's life when none is asked for.
const LIFE_S: i64 = 1_800;

/// One E-cology with one registered app.
pub struct Weaver {
    options: WeaverOptions,
    ids: Ids,
    key: Key,
    /// Tokens and the epoch ms of their ends.
    tokens: BTreeMap<String, i64>,
    tokens_issued: u64,
    requests: Requests,
    pushes: Pushes,
    cube: cube::Cube,
}

impl fmt::Debug for Weaver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Weaver").finish_non_exhaustive()
    }
}

impl System for Weaver {
    fn matches(&self, path: &str) -> Option<Label> {
        let label = || Label { entity: path.to_owned(), key: None, relative: path.to_owned(), is_login: path == TOKEN };
        ROOTS.iter().any(|root| path.starts_with(root)).then(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        if incoming.path == TOKEN {
            return self.issue(incoming.now_ms, incoming.wrong_password, &parts);
        }
        if let Some(call) = incoming.path.strip_prefix(cube::ROOT) {
            return self.answer_cube(incoming.now_ms, call, &parts, &body);
        }
        match incoming.path.strip_prefix(SERVICE) {
            Some(call) => match self.admit(incoming.now_ms, &parts) {
                Ok(user) => self.serve(incoming.now_ms, call, &user, &parts, &body),
                Err(refused) => *refused,
            },
            None => reply::html(404),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.tokens.clear();
    }

    fn due(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        self.pushes.due(now_ms, self.options.push.as_ref())
    }

    fn delivered(&mut self, now_ms: i64, number: u64, outcome: CallbackOutcome) -> bool {
        self.pushes.settle(now_ms, number, &outcome)
    }

    fn next_due_at(&self) -> Option<i64> {
        self.options.push.as_ref().and_then(|_| self.pushes.next_at())
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(now_ms, method, parts, body)
    }
}

impl Simulated for Weaver {
    type Options = WeaverOptions;
    type Snapshot = WeaverSnapshot;

    fn new(seed: u64, options: WeaverOptions) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            key: Key::new(),
            tokens: BTreeMap::new(),
            tokens_issued: 0,
            requests: Requests::default(),
            pushes: Pushes::default(),
            cube: cube::Cube::default(),
        }
    }

    fn options(&mut self) -> &mut WeaverOptions {
        &mut self.options
    }

    fn snapshot(&self) -> WeaverSnapshot {
        self.snapshot_of()
    }
}

impl Weaver {
    /// `applytoken`: the secret must open under the OA's key.
    fn issue(&mut self, now_ms: i64, wrong_password: bool, parts: &Parts) -> Reply {
        if parts.method != http::Method::POST || header(parts, "appid") != self.options.app_id {
            return failed(&json!({ "code": -1, "status": false, "msg": "appid不存在" }));
        }
        let secret = self.key.open(header(parts, "secret"));
        if wrong_password || secret.as_deref() != Some(self.options.secret.as_str()) {
            return failed(&json!({ "code": -1, "status": false, "msg": "认证失败,secret解密失败" }));
        }
        let life = header(parts, "time").parse().unwrap_or(LIFE_S);
        let token = self.ids.uuid();
        self.tokens.insert(token.clone(), now_ms + life * 1000);
        self.tokens_issued += 1;
        reply::json(200, &json!({ "code": 0, "status": true, "msg": "获取成功", "token": token }))
    }

    /// The user of a business call, or why it is not let in. An old session would win over the token.
    fn admit(&self, now_ms: i64, parts: &Parts) -> Result<String, Box<Reply>> {
        let known = self.tokens.get(header(parts, "token")).is_some_and(|end| now_ms < *end);
        if !known || header(parts, "appid") != self.options.app_id || parts.headers.contains_key("cookie") {
            return Err(Box::new(failed(&json!({ "code": -1, "status": false, "msg": "token不存在或者超时" }))));
        }
        let user = self.key.open(header(parts, "userid")).filter(|user| !user.is_empty());
        let user = user.filter(|user| !self.options.unknown_users.contains(user));
        user.ok_or_else(|| Box::new(failed(&json!({ "code": -1, "msg": "该账号存在异常,单点登录失败" }))))
    }

    fn serve(&mut self, now_ms: i64, call: &str, user: &str, parts: &Parts, body: &[u8]) -> Reply {
        let is_form = header(parts, "content-type").starts_with("application/x-www-form-urlencoded");
        let mut fields = url::query(parts.uri.query().unwrap_or(""));
        if is_form {
            fields.extend(url::query(&String::from_utf8_lossy(body)));
        }
        match (parts.method.as_str(), call) {
            ("POST", "doCreateRequest") => self.create(now_ms, user, &fields),
            ("POST", "getMyWorkflowRequestList") => self.mine(user, &fields),
            ("GET" | "POST", "getRequestStatus") => self.status(&fields),
            ("GET" | "POST", "getWorkflowRequest") => self.form(&fields),
            ("GET" | "POST", "getCreateWorkflowRequestInfo") => self.blank(user, &fields),
            _ => reply::html(404),
        }
    }

    /// The cube lets in by its own proof; a token that comes with it must be a good one all the same.
    fn answer_cube(&mut self, now_ms: i64, call: &str, parts: &Parts, body: &[u8]) -> Reply {
        if parts.headers.contains_key("token")
            && let Err(refused) = self.admit(now_ms, parts)
        {
            return *refused;
        }
        self.cube(now_ms, call, body)
    }

    /// A good answer of the workflow interfaces.
    fn fine(&self, data: &Value) -> Reply {
        reply::json(200, &json!({ "code": self.code("SUCCESS", "1"), "data": data, "errMsg": {} }))
    }

    /// A refusal of theirs: what is wrong by where it is.
    fn wrong(&self, name: &str, place: &str, message: &str) -> Reply {
        let message = if place.is_empty() { json!({}) } else { json!({ place: message }) };
        reply::json(200, &json!({ "code": self.code(name, "-1"), "data": {}, "errMsg": message }))
    }

    fn code(&self, name: &str, number: &str) -> Value {
        match self.options.codes {
            WeaverCodes::Text => json!(name),
            WeaverCodes::Object => json!({ "name": name, "statusCode": number }),
        }
    }
}

fn header<'p>(parts: &'p Parts, name: &str) -> &'p str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn failed(body: &Value) -> Reply {
    reply::json(200, body)
}
