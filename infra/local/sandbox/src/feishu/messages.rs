//! `POST /im/v1/messages`.

use super::{Feishu, error};
use crate::reply::{self, Reply};
use crate::url;
use http::header::HeaderName;
use serde::Serialize;
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;
/// Longest card, in bytes.
const MAX_CARD_BYTES: usize = 30 * 1_024;

/// One message.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct FeishuMessage {
    /// Its id.
    pub id: String,
    /// When it was sent, epoch ms.
    pub at_ms: i64,
    /// To whom.
    pub to: String,
    /// Whose id that is: `open_id`, `union_id`, `user_id`, `email`.
    pub id_type: String,
    /// The card.
    pub card: Value,
    /// The uuid it came with.
    pub uuid: String,
}

/// The answer to too many calls of an API.
pub(super) fn limited() -> Reply {
    let mut reply = error(99_991_400, "request trigger frequency limit");
    reply::add(&mut reply, HeaderName::from_static("x-ogw-ratelimit-reset"), "1");
    reply
}

impl Feishu {
    pub(super) fn send_message(&mut self, now_ms: i64, query: &[(String, String)], body: &Value) -> Reply {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("");
        let (to, uuid) = (text("receive_id"), text("uuid"));
        let id_type = url::find(query, "receive_id_type").unwrap_or("");
        if !["open_id", "user_id", "union_id", "email", "chat_id"].contains(&id_type) || to.is_empty() {
            return error(230_001, "Your request contains an invalid request parameter");
        }
        if !self.options.bot {
            return error(230_006, "Bot ability is not activated");
        }
        let card = (text("msg_type") == "interactive").then(|| serde_json::from_str::<Value>(text("content")).ok());
        let Some(Some(card)) = card.filter(|_| text("content").len() <= MAX_CARD_BYTES && uuid.len() <= 50) else {
            return error(230_001, "Your request contains an invalid request parameter: content is no card");
        };
        if card.pointer("/header/title/content").and_then(Value::as_str).is_none_or(str::is_empty) {
            return error(230_001, "Your request contains an invalid request parameter: the card has no title");
        }
        if self.options.out_of_range.contains(to) {
            return error(230_013, "Bot has NO availability to this user");
        }
        let known = |m: &&FeishuMessage| !uuid.is_empty() && m.uuid == uuid && now_ms - m.at_ms < HOUR_MS;
        if let Some(known) = self.messages.iter().find(known) {
            return taken(&known.id);
        }
        let second = |at: &i64| now_ms.div_euclid(1_000) == at.div_euclid(1_000);
        if self.taken.iter().filter(|(at, _)| second(at)).count() >= self.options.per_second {
            return limited();
        }
        if self.taken.iter().filter(|(at, whom)| second(at) && whom == to).count() >= self.options.per_person {
            return error(230_020, "This operation triggers the frequency limit");
        }
        self.taken.retain(|(at, _)| now_ms - at < 2_000);
        self.taken.push((now_ms, to.to_owned()));
        let id = format!("om_{}", self.ids.token());
        self.messages.push(FeishuMessage {
            id: id.clone(),
            at_ms: now_ms,
            to: to.to_owned(),
            id_type: id_type.to_owned(),
            card,
            uuid: uuid.to_owned(),
        });
        taken(&id)
    }
}

fn taken(id: &str) -> Reply {
    reply::json(200, &json!({ "code": 0, "msg": "success", "data": { "message_id": id, "msg_type": "interactive" } }))
}
