//! {{Type}}, simulated. FILL IN: what is answered from which facts; departures stand in docs/SANDBOX.md.

{{#oa}}
mod instances;
{{/oa}}

use crate::action::ActionError;
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Handle, Incoming, Label, Simulated, System};
{{#oa}}
use crate::url;
{{/oa}}
use bytes::Bytes;
use http::Request;
{{#oa}}
use instances::Instances;
{{/oa}}
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

const ROOT: &str = "/{{name}}/";
const LIFE_MS: i64 = 7_200_000;

/// Settings of {{Type}}.
#[derive(Clone)]
pub struct {{Type}}Options {
    /// The app's key.
    pub app_key: String,
    /// The app's secret.
    pub app_secret: String,
    /// Time an answer takes.
    pub latency: Duration,
}

impl Default for {{Type}}Options {
    fn default() -> Self {
        Self {
            app_key: "{{name}}-sandbox-app".into(),
            app_secret: "{{name}}-sandbox-secret".into(),
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for {{Type}}Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("{{Type}}Options").field("app_key", &self.app_key).finish_non_exhaustive()
    }
}

/// What {{Type}} holds.
#[derive(Clone, Debug, Serialize)]
pub struct {{Type}}Snapshot {
    /// Tokens that were issued anew.
    pub tokens_issued: u64,
{{#oa}}
    /// Instances in the order of their creation.
    pub instances: Vec<Value>,
{{/oa}}
}

/// One app of {{Type}}.
pub struct {{Type}} {
    options: {{Type}}Options,
    ids: Ids,
    token: Option<(String, i64)>,
    tokens_issued: u64,
{{#oa}}
    instances: Instances,
{{/oa}}
}

impl fmt::Debug for {{Type}} {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("{{Type}}").finish_non_exhaustive()
    }
}

impl System for {{Type}} {
    fn matches(&self, path: &str) -> Option<Label> {
        let label = || Label {
            entity: path.to_owned(),
            key: None,
            relative: path.to_owned(),
            is_login: path == "/{{name}}/token",
        };
        path.starts_with(ROOT).then(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        let (parts, body) = request.into_parts();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let path = incoming.path.strip_prefix(ROOT).unwrap_or_default();
        if path == "token" {
            return self.issue(incoming.now_ms, incoming.wrong_password, &body);
        }
        let presented = parts.headers.get("x-access-token").and_then(|value| value.to_str().ok());
        if !self.token.as_ref().is_some_and(|(token, end)| Some(token.as_str()) == presented && incoming.now_ms < *end) {
            return error(40014, "the token is not valid");
        }
        match (parts.method.as_str(), path) {
            ("GET", "ping") => good(&Value::Null),
{{#oa}}
            (method, path) => {
                let query = url::query(parts.uri.query().unwrap_or(""));
                self.instances.answer(&mut self.ids, incoming.now_ms, method, path, &query, &body)
            }
{{/oa}}
{{^oa}}
            _ => error(40035, "there is no such call"),
{{/oa}}
        }
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.token = None;
    }

    /// In the vendor's words.
    fn rate_limited(&mut self, _path: &str) -> Reply {
        error(45009, "too many calls")
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
{{#oa}}
        self.instances.act(now_ms, method, parts, body)
{{/oa}}
{{^oa}}
        let _ = (now_ms, method, parts, body);
        None
{{/oa}}
    }
}

impl Simulated for {{Type}} {
    type Options = {{Type}}Options;
    type Snapshot = {{Type}}Snapshot;

    fn new(seed: u64, options: {{Type}}Options) -> Self {
        Self {
            options,
            ids: Ids::new(seed),
            token: None,
            tokens_issued: 0,
{{#oa}}
            instances: Instances::default(),
{{/oa}}
        }
    }

    fn options(&mut self) -> &mut {{Type}}Options {
        &mut self.options
    }

    fn snapshot(&self) -> {{Type}}Snapshot {
        {{Type}}Snapshot {
            tokens_issued: self.tokens_issued,
{{#oa}}
            instances: self.instances.shown(),
{{/oa}}
        }
    }
}

impl {{Type}} {
    fn issue(&mut self, now_ms: i64, wrong_password: bool, body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        let known = text("app_key") == self.options.app_key && text("app_secret") == self.options.app_secret;
        if wrong_password || !known {
            return error(40001, "app_key or app_secret is wrong");
        }
        let token = self.ids.token();
        self.token = Some((token.clone(), now_ms + LIFE_MS));
        self.tokens_issued += 1;
        good(&json!({ "token": token, "expires_in": LIFE_MS / 1000 }))
    }
}

impl Handle<'_, {{Type}}> {
    /// Tokens that were issued anew.
    pub fn tokens_issued(&self) -> u64 {
        self.with(|s| s.tokens_issued)
    }
{{#oa}}

    /// The instances in the order of their creation.
    pub fn instances(&self) -> Vec<Value> {
        self.with(|s| s.instances.shown())
    }

    /// Ends an instance: `agreed`, `refused`, `withdrawn` or `deleted`, by this user and with these words.
    ///
    /// # Errors
    /// When there is no such instance, or it has ended.
    pub fn end(&self, now_ms: i64, id: &str, status: &str, user: &str, comment: &str) -> Result<(), ActionError> {
        self.with(|s| s.instances.end(now_ms, id, status, user, comment))
    }
{{/oa}}
}

fn good(data: &Value) -> Reply {
    reply::json(200, &json!({ "code": 0, "data": data }))
}

fn error(code: i64, message: &str) -> Reply {
    reply::json(200, &json!({ "code": code, "message": message }))
}
