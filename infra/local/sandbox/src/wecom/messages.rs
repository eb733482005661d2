//! Messages of the app to members. A good answer names those whom the app does not see; what is more than thirty a minute
//! or a thousand an hour and member, and a repetition within the time that was asked for, is dropped in silence.

use super::{WeCom, error, fine};
use crate::reply::Reply;
use serde::Serialize;
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// One message.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct WecomMessage {
    /// When it was taken, epoch ms.
    pub at_ms: i64,
    /// Members it was for.
    pub users: Vec<String>,
    /// What was sent, without its recipients.
    pub message: Value,
    /// To whom it was not delivered, and why.
    pub dropped: Vec<(String, String)>,
}

impl WecomMessage {
    /// Whether it was delivered to this member.
    pub fn reached(&self, user: &str) -> bool {
        self.users.iter().any(|to| to == user) && !self.dropped.iter().any(|(to, _)| to == user)
    }
}

impl WeCom {
    /// `POST /message/send`.
    pub(super) fn take_message(&mut self, now_ms: i64, body: &Value) -> Reply {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let agent = body.get("agentid").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
        if agent != Some(self.options.agent_id) {
            return error(40056, "invalid agentid");
        }
        let kind = text("/msgtype");
        let titled = match kind {
            "text" => !text("/text/content").is_empty(),
            "markdown" => !text("/markdown/content").is_empty(),
            "textcard" => !text("/textcard/title").is_empty(),
            "template_card" => !text("/template_card/main_title/title").is_empty(),
            _ => return error(40008, "invalid message type"),
        };
        if !titled {
            return error(if kind == "text" { 44004 } else { 41016 }, "missing title");
        }
        if kind == "textcard" && text("/textcard/url").is_empty() {
            return error(41010, "missing url");
        }
        let users: Vec<String> = text("/touser").split('|').filter(|u| !u.is_empty()).map(str::to_owned).collect();
        if users.is_empty() || users.len() > 1_000 {
            return error(40031, "invalid touser list");
        }
        let unseen: Vec<&String> = users.iter().filter(|user| self.options.hidden_users.contains(*user)).collect();
        if unseen.len() == users.len() {
            return super::reply::json(
                200,
                &json!({ "errcode": 81013, "errmsg": "user & party & tag all invalid", "invaliduser": users.join("|") }),
            );
        }
        let invalid = unseen.iter().map(|user| user.as_str()).collect::<Vec<_>>().join("|");
        let mut message = body.clone();
        if let Some(fields) = message.as_object_mut() {
            fields.remove("touser");
        }
        let dropped = users.iter().filter_map(|user| Some((user.clone(), self.why_dropped(now_ms, user, &message)?)));
        let dropped = dropped.collect();
        self.messages.push(WecomMessage { at_ms: now_ms, users, message, dropped });
        fine(json!({ "invaliduser": invalid, "invalidparty": "", "invalidtag": "", "msgid": self.ids.token() }))
    }

    fn why_dropped(&self, now_ms: i64, user: &str, message: &Value) -> Option<String> {
        if self.options.hidden_users.contains(user) {
            return Some("not seen".to_owned());
        }
        let within = |ms: i64| move |m: &&WecomMessage| now_ms - m.at_ms < ms && m.reached(user);
        if message.get("enable_duplicate_check").and_then(Value::as_i64) == Some(1) {
            let interval = message.get("duplicate_check_interval").and_then(Value::as_i64).unwrap_or(1_800);
            if self.messages.iter().filter(within(interval * 1_000)).any(|m| m.message == *message) {
                return Some("a repetition".to_owned());
            }
        }
        if self.messages.iter().filter(within(MINUTE_MS)).count() >= 30 {
            return Some("30 a minute".to_owned());
        }
        (self.messages.iter().filter(within(HOUR_MS)).count() >= 1_000).then(|| "1000 an hour".to_owned())
    }
}
