//! WeCom: tokens, templates, approvals of its approval app, events and their delivery.

mod apply;
mod callbacks;
mod contacts;
mod instances;
mod media;
mod messages;
mod options;
mod read;
mod users;

pub use callbacks::WecomCallback;
pub use contacts::{WecomDepartment, WecomMember};
pub use media::WecomMedia;
pub use messages::WecomMessage;
pub use options::{Records, WecomControl, WecomOptions, WecomTemplate};
pub use users::WecomSnapshot;

use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::system::{Incoming, Label, Simulated, System};
use crate::url;
use bytes::Bytes;
use callbacks::Callbacks;
use http::Request;
use instances::Instances;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;
use tenon_crypto::envelope::Codec;

const ROOT: &str = "/cgi-bin";
const TOKEN: &str = "/gettoken";
const LIFE_MS: i64 = 7_200_000;

/// One company and the app it has.
pub struct WeCom {
    options: WecomOptions,
    ids: Ids,
    /// `None` when the key in the options is not one; then nothing is pushed.
    codec: Option<Codec>,
    token: Option<(String, i64)>,
    tokens_issued: u64,
    instances: Instances,
    callbacks: Callbacks,
    media: Vec<WecomMedia>,
    contacts: contacts::Contacts,
    messages: Vec<WecomMessage>,
}

impl fmt::Debug for WeCom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeCom").finish_non_exhaustive()
    }
}

impl System for WeCom {
    fn matches(&self, path: &str) -> Option<Label> {
        let relative = path.strip_prefix(ROOT).filter(|rest| rest.starts_with('/'))?;
        Some(Label { entity: path.to_owned(), key: None, relative: relative.to_owned(), is_login: relative == TOKEN })
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        self.answer(&incoming, request)
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.token = None;
    }

    fn rate_limited(&mut self, _path: &str) -> Reply {
        error(45009, "reach max api daily quota limit")
    }

    fn busy(&mut self, _path: &str) -> Reply {
        error(-1, "system busy")
    }

    fn due(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        self.due_events(now_ms)
    }

    fn delivered(&mut self, now_ms: i64, number: u64, outcome: CallbackOutcome) -> bool {
        self.callbacks.settle(now_ms, number, &outcome)
    }

    fn next_due_at(&self) -> Option<i64> {
        self.options.callback_url.as_ref().and_then(|_| self.callbacks.next_at())
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(now_ms, method, parts, body)
    }
}

impl Simulated for WeCom {
    type Options = WecomOptions;
    type Snapshot = WecomSnapshot;

    fn new(seed: u64, options: WecomOptions) -> Self {
        let mut new = Self {
            options,
            ids: Ids::new(seed),
            codec: None,
            token: None,
            tokens_issued: 0,
            instances: Instances::default(),
            callbacks: Callbacks::default(),
            media: Vec::new(),
            contacts: contacts::Contacts::default(),
            messages: Vec::new(),
        };
        new.reconfigured();
        new
    }

    fn options(&mut self) -> &mut WecomOptions {
        &mut self.options
    }

    fn reconfigured(&mut self) {
        let options = &self.options;
        self.codec = Codec::new(&options.token, &options.aes_key, &options.corp_id).ok();
    }

    fn snapshot(&self) -> WecomSnapshot {
        self.snapshot_of()
    }
}

/// Every error comes with HTTP status 200.
fn error(code: i64, message: &str) -> Reply {
    reply::json(200, &json!({"errcode": code, "errmsg": message}))
}

fn fine(mut body: Value) -> Reply {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("errcode".into(), json!(0));
        fields.insert("errmsg".into(), json!("ok"));
    }
    reply::json(200, &body)
}

impl WeCom {
    fn answer(&mut self, incoming: &Incoming<'_>, request: Request<Bytes>) -> Reply {
        let now_ms = incoming.now_ms;
        let (parts, body) = request.into_parts();
        let query = url::query(parts.uri.query().unwrap_or(""));
        let path = incoming.path.strip_prefix(ROOT).unwrap_or_default();
        if path == TOKEN {
            return self.issue(now_ms, incoming.wrong_password, &query);
        }
        let presented = url::find(&query, "access_token").unwrap_or("");
        if presented.is_empty() {
            return error(41001, "access_token missing");
        }
        match &self.token {
            Some((token, end)) if token == presented && now_ms < *end => {}
            Some((token, _)) if token == presented => return error(42001, "access_token expired"),
            _ => return error(40014, "invalid access_token"),
        }
        if (parts.method.as_str(), path) == ("POST", "/media/upload") {
            let kind = parts.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
            return self.upload(now_ms, url::find(&query, "type"), kind, &body);
        }
        if let ("GET", Some(reply)) = (parts.method.as_str(), self.contacts(path, &query)) {
            return reply;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&body) else {
            return error(47001, "data format error");
        };
        if self.options.approval_denied && path.starts_with("/oa/") {
            return error(48002, "api forbidden, hint: the app is not allowed to call the approval app");
        }
        match (parts.method.as_str(), path) {
            ("POST", "/oa/gettemplatedetail") => self.describe(&body),
            ("POST", "/oa/applyevent") => match self.apply(now_ms, &body) {
                Ok(number) => fine(json!({ "sp_no": number })),
                Err((code, message)) => error(code, &message),
            },
            ("POST", "/oa/getapprovaldetail") => self.detail(&body),
            ("POST", "/oa/getapprovalinfo") => self.list(&body),
            ("POST", "/message/send") => self.take_message(now_ms, &body),
            _ => error(40066, "invalid url"),
        }
    }

    /// A repeat inside the validity returns the same token.
    fn issue(&mut self, now_ms: i64, wrong_password: bool, query: &[(String, String)]) -> Reply {
        let given = |name: &str| url::find(query, name).unwrap_or("");
        if given("corpid") != self.options.corp_id {
            return error(40013, "invalid corpid");
        }
        if wrong_password || given("corpsecret") != self.options.secret {
            return error(40001, "invalid credential");
        }
        let token = match &self.token {
            Some((token, end)) if now_ms < *end => token.clone(),
            _ => {
                self.tokens_issued += 1;
                self.ids.token()
            }
        };
        let end = self.token.as_ref().filter(|(t, _)| *t == token).map_or(now_ms + LIFE_MS, |(_, end)| *end);
        self.token = Some((token.clone(), end));
        fine(json!({"access_token": token, "expires_in": (end - now_ms) / 1000}))
    }

    fn describe(&self, body: &Value) -> Reply {
        let id = body.get("template_id").and_then(Value::as_str).unwrap_or_default();
        match self.options.templates.get(id) {
            Some(template) => fine(json!({
                "template_names": [{"text": template.name, "lang": "zh_CN"}, {"text": "", "lang": "en"}],
                "template_content": {"controls": template.controls.iter().map(read::described).collect::<Vec<_>>()},
            })),
            None => error(301_025, "get template detail fail: invalid template_id"),
        }
    }
}
