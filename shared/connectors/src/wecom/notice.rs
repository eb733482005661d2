//! Messages of the app to its members. Members that the app does not see are named in a good answer; what is more than
//! thirty a minute and member is dropped and not told.

use super::{Wecom, error};
use crate::base::Effect;
use crate::notice::{Card, SendOutcome, cut};
use serde_json::{Value, json};
use tenon_platform::error::{Error, Result};

const PATH: &str = "/message/send";
/// How long WeCom is asked to know a repetition, in seconds.
pub(crate) const KNOWN_FOR_S: u64 = 1_800;
/// Longest title and description of a text card, in bytes.
const TITLE: usize = 128;
/// See [`TITLE`].
const DESCRIPTION: usize = 512;
/// Lines of a template card.
const LINES: usize = 6;

impl Wecom<'_> {
    /// Sends a card to a member.
    pub(crate) async fn send_card(&self, user: &str, card: &Card) -> Result<SendOutcome> {
        let Some(agent) = self.connection.agent_id else {
            let message = format!("connection {} has no agent_id, which a message names", self.connection.id);
            return Err(Error::permanent("notices.channel", message));
        };
        // The list is one of ids joined with bars, and @all is everybody.
        if user.contains('|') || user.starts_with('@') {
            return Ok(SendOutcome::Nobody("the userid is a list, or stands for everybody".to_owned()));
        }
        let mut body = message(card);
        if let Some(fields) = body.as_object_mut() {
            fields.insert("touser".into(), user.into());
            fields.insert("agentid".into(), agent.into());
            fields.insert("enable_duplicate_check".into(), 1.into());
            fields.insert("duplicate_check_interval".into(), KNOWN_FOR_S.into());
        }
        let answer = self.send(Effect::Create, PATH, &body).await?;
        let unseen = answer.get("invaliduser").and_then(Value::as_str).unwrap_or_default();
        if unseen.split('|').any(|id| id.eq_ignore_ascii_case(user)) {
            return Ok(SendOutcome::Nobody("the app does not see this member (invaliduser)".to_owned()));
        }
        Ok(SendOutcome::Sent(answer.get("msgid").and_then(error::text)))
    }
}

fn message(card: &Card) -> Value {
    let title = cut(&plain(&card.title), TITLE);
    match card.buttons.as_slice() {
        [] => json!({ "msgtype": "text", "text": { "content": format!("{title}\n{}", described(card, 1_900)) } }),
        [one] => json!({ "msgtype": "textcard", "textcard": {
            "title": title, "description": described(card, DESCRIPTION), "url": one.url, "btntxt": one.text } }),
        [first, ..] => json!({ "msgtype": "template_card", "template_card": template(card, &title, &first.url) }),
    }
}

/// A card with a page each for phones and desks.
fn template(card: &Card, title: &str, url: &str) -> Value {
    let line = |(label, value): &(String, String)| json!({ "keyname": cut(&plain(label), 30), "value": cut(&plain(value), 90) });
    let jump = |button: &crate::notice::Button| json!({ "type": 1, "title": button.text, "url": button.url });
    json!({
        "card_type": "text_notice",
        "main_title": { "title": title, "desc": cut(&plain(&card.text), 90) },
        "sub_title_text": cut(&plain(&card.foot), 330),
        "horizontal_content_list": card.lines.iter().take(LINES).map(line).collect::<Vec<_>>(),
        "jump_list": card.buttons.iter().map(jump).collect::<Vec<_>>(),
        "card_action": { "type": 1, "url": url },
    })
}

/// Text, lines and foot; the foot stays whole.
fn described(card: &Card, most: usize) -> String {
    let foot = plain(&card.foot);
    let mut text = plain(&card.text);
    for (label, value) in &card.lines {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{}: {}", plain(label), plain(value)));
    }
    let text = cut(&text, most.saturating_sub(foot.len() + 1));
    if text.is_empty() { foot } else { format!("{text}\n{foot}") }
}

/// What others wrote makes no elements and lines of its own.
fn plain(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.replace('<', "＜").replace('>', "＞")
}
