//! Feishu, simulated: the tenant's token and messages of an app's bot. From the vendor's documents; what is peculiar: a
//! token asked for with less than half an hour left is a new one beside the old, errors have HTTP status 400, a message is
//! a JSON text within JSON, and a repetition is known by its uuid for an hour.

mod messages;
mod options;

pub use messages::FeishuMessage;
pub use options::FeishuOptions;

use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Handle, Incoming, Label, Simulated, System};
use crate::url;
use bytes::Bytes;
use http::Request;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

const ROOT: &str = "/open-apis";
const TOKEN: &str = "/auth/v3/tenant_access_token/internal";
const LIFE_MS: i64 = 7_200_000;
/// With less than this left a new token is given.
const ANEW_MS: i64 = 1_800_000;

/// One company and the app it has.
pub struct Feishu {
    options: FeishuOptions,
    ids: Ids,
    /// Tokens and the epoch ms of their ends, the newest last.
    tokens: Vec<(String, i64)>,
    tokens_issued: u64,
    messages: Vec<FeishuMessage>,
    /// When messages were taken, for the limits.
    taken: Vec<(i64, String)>,
}

/// What Feishu holds.
#[derive(Clone, Debug, Serialize)]
pub struct FeishuSnapshot {
    /// Messages to people, each once.
    pub messages: Vec<FeishuMessage>,
    /// Tokens that were issued anew.
    pub tokens_issued: u64,
}

impl fmt::Debug for Feishu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feishu").finish_non_exhaustive()
    }
}

impl System for Feishu {
    fn matches(&self, path: &str) -> Option<Label> {
        let relative = path.strip_prefix(ROOT).filter(|rest| rest.starts_with('/'))?;
        Some(Label { entity: path.to_owned(), key: None, relative: relative.to_owned(), is_login: relative == TOKEN })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let path = incoming.path.strip_prefix(ROOT).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if path == TOKEN {
            return self.issue(incoming.now_ms, incoming.wrong_password, &body);
        }
        let bearer = parts.headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
        match bearer.strip_prefix("Bearer ") {
            None => return error(99_991_661, "Missing access token for authorization"),
            Some(token) if self.accepts(incoming.now_ms, token) => {}
            Some(_) => return error(99_991_663, "Invalid access token for authorization"),
        }
        let query = url::query(parts.uri.query().unwrap_or(""));
        match (parts.method.as_str(), path) {
            ("GET", "/bot/v3/info") if self.options.bot => reply::json(
                200,
                &json!({ "code": 0, "msg": "ok", "bot": { "app_name": "Tenon", "activate_status": 2 } }),
            ),
            ("POST", "/im/v1/messages") => self.send_message(incoming.now_ms, &query, &body),
            ("GET", "/bot/v3/info") => error(230_006, "Bot ability is not activated"),
            _ => reply::with_body(404, "text/plain", "404 page not found"),
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.tokens.clear();
    }

    fn rate_limited(&mut self, _path: &str) -> Reply {
        messages::limited()
    }

    fn act(&mut self, _: i64, _: &str, _: &[&str], _: &[u8]) -> Option<Result<Value, ActionError>> {
        None
    }
}

impl Simulated for Feishu {
    type Options = FeishuOptions;
    type Snapshot = FeishuSnapshot;

    fn new(seed: u64, options: FeishuOptions) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            tokens: Vec::new(),
            tokens_issued: 0,
            messages: Vec::new(),
            taken: Vec::new(),
        }
    }

    fn options(&mut self) -> &mut FeishuOptions {
        &mut self.options
    }

    fn snapshot(&self) -> FeishuSnapshot {
        FeishuSnapshot { messages: self.messages.clone(), tokens_issued: self.tokens_issued }
    }
}

impl Handle<'_, Feishu> {
    /// Messages to people, each once.
    pub fn messages(&self) -> Vec<FeishuMessage> {
        self.with(|s| s.messages.clone())
    }
}

impl Feishu {
    fn accepts(&self, now_ms: i64, presented: &str) -> bool {
        self.tokens.iter().any(|(token, end)| token == presented && now_ms < *end)
    }

    fn issue(&mut self, now_ms: i64, wrong_password: bool, body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        if text("app_id") != self.options.app_id {
            return error(10_003, "invalid param");
        }
        if wrong_password || text("app_secret") != self.options.app_secret {
            return error(10_014, "app secret invalid");
        }
        let token = match self.tokens.last() {
            Some((token, end)) if end - now_ms >= ANEW_MS => (token.clone(), *end),
            _ => {
                self.tokens_issued += 1;
                let new = (format!("t-{}", self.ids.token()), now_ms + LIFE_MS);
                self.tokens.push(new.clone());
                new
            }
        };
        let left = (token.1 - now_ms) / 1_000;
        reply::json(200, &json!({ "code": 0, "msg": "ok", "tenant_access_token": token.0, "expire": left }))
    }
}

fn error(code: i64, message: &str) -> Reply {
    reply::json(400, &json!({ "code": code, "msg": message }))
}
