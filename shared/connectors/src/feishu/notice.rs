//! Messages of the bot to people. A repetition within an hour is known by its uuid.

use super::{Feishu, Request};
use crate::base::Effect;
use crate::notice::{Card, SendOutcome, fitted};
use http::Method;
use serde_json::{Value, json};
use tenon_platform::error::Result;

/// Longest card, in bytes.
const MAX_CARD_BYTES: usize = 28_000;

impl Feishu<'_> {
    /// Sends a card to a person: an `open_id`, `union_id`, `user_id` or e-mail address.
    pub(crate) async fn send_card(&self, person: &str, card: &Card) -> Result<SendOutcome> {
        let content = fitted(card, MAX_CARD_BYTES, message).to_string();
        let body = json!({ "receive_id": person, "msg_type": "interactive", "content": content, "uuid": card.id });
        let request = Request {
            effect: Effect::Create,
            method: Method::POST,
            path: "/im/v1/messages",
            query: format!("receive_id_type={}", kind_of(person)),
            body: Some(body),
        };
        let answer = self.send(&request).await?;
        let id = answer.pointer("/data/message_id").and_then(Value::as_str);
        Ok(SendOutcome::Sent(id.map(str::to_owned)))
    }
}

/// What an id is, by how Feishu writes them.
fn kind_of(id: &str) -> &'static str {
    match id {
        id if id.starts_with("ou_") => "open_id",
        id if id.starts_with("on_") => "union_id",
        id if id.contains('@') => "email",
        _ => "user_id",
    }
}

/// Plain texts alone: what others wrote mentions nobody and makes no links.
fn message(card: &Card) -> Value {
    let text = |content: &str| json!({ "tag": "plain_text", "content": content });
    let div = |content: &str| json!({ "tag": "div", "text": text(content) });
    let mut elements = Vec::new();
    if !card.text.is_empty() {
        elements.push(div(&card.text));
    }
    elements.extend(card.lines.iter().map(|(label, value)| div(&format!("{label}: {value}"))));
    if !card.buttons.is_empty() {
        let buttons: Vec<Value> = card
            .buttons
            .iter()
            .map(|button| json!({ "tag": "button", "text": text(&button.text), "type": "primary", "url": button.url }))
            .collect();
        elements.push(json!({ "tag": "action", "actions": buttons }));
    }
    elements.push(json!({ "tag": "note", "elements": [text(&card.foot)] }));
    let mut built = json!({
        "config": { "wide_screen_mode": true },
        "header": { "title": text(&card.title), "template": "blue" },
        "elements": elements,
    });
    // A card leads to the page of the device it is pressed on.
    if let ([phone, desk], Some(fields)) = (card.buttons.as_slice(), built.as_object_mut()) {
        let link = json!({ "url": desk.url, "pc_url": desk.url, "ios_url": phone.url, "android_url": phone.url });
        fields.insert("card_link".to_owned(), link);
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_apart() {
        for (id, kind) in
            [("ou_7d8a", "open_id"), ("on_94a1", "union_id"), ("a@example.com", "email"), ("3e3cf96b", "user_id")]
        {
            assert_eq!(kind_of(id), kind);
        }
    }
}
