//! Work notices. Taken means queued: what is more than a person's quota, or the same text again on one day, is not
//! delivered and not told, so each has a number and time in its text.

use super::{Api, Dingtalk, Request, error};
use crate::notice::{Card, Taken, fitted};
use http::Method;
use serde_json::{Value, json};
use tenon_platform::error::{Error, Result};

const PATH: &str = "/topapi/message/corpconversation/asyncsend_v2";
/// Longest `msg`, in bytes.
const LONGEST: usize = 2_048;

impl Dingtalk<'_> {
    /// Sends a work notice to a user.
    pub(crate) async fn tell(&self, user: &str, card: &Card) -> Result<Taken> {
        let Some(agent) = self.connection.agent_id else {
            let message = format!("connection {} has no agent_id, which a work notice names", self.connection.id);
            return Err(Error::permanent("notices.channel", message));
        };
        // The list is one of ids joined with commas.
        if user.contains(',') {
            return Ok(Taken::Nobody("the userid has a comma in it".to_owned()));
        }
        let body = json!({ "agent_id": agent, "userid_list": user, "msg": fitted(card, LONGEST, message) });
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path: PATH,
            query: String::new(),
            body: Some(body),
            creates: true,
        };
        let answer = self.send(&request).await?;
        Ok(Taken::Sent(error::text(answer.get("task_id"))))
    }
}

fn message(card: &Card) -> Value {
    let mut text = format!("### {}\n", plain(&card.title));
    if !card.text.is_empty() {
        text.push_str(&format!("\n{}\n", plain(&card.text)));
    }
    for (label, value) in &card.lines {
        text.push_str(&format!("\n**{}**: {}\n", plain(label), plain(value)));
    }
    text.push_str(&format!("\n{}", plain(&card.foot)));
    match card.buttons.as_slice() {
        [] => json!({ "msgtype": "markdown", "markdown": { "title": card.title, "text": text } }),
        [one] => json!({ "msgtype": "action_card", "action_card": {
            "title": card.title, "markdown": text, "single_title": one.text, "single_url": one.url } }),
        several => {
            let buttons: Vec<Value> =
                several.iter().map(|button| json!({ "title": button.text, "action_url": button.url })).collect();
            json!({ "msgtype": "action_card", "action_card": {
                "title": card.title, "markdown": text, "btn_orientation": "0", "btn_json_list": buttons } })
        }
    }
}

/// What others wrote makes no links, headings or lines of its own.
fn plain(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.replace('[', "［").replace(']', "］").replace('<', "＜").replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Button;

    #[test]
    fn others_words_make_no_links_of_their_own() {
        let card = Card {
            title: "新任务\n提醒".into(),
            text: "您有新的待处理任务【[领奖](https://evil.example)】".into(),
            lines: vec![("截止时间".into(), "2025-01-25 18:00:00".into())],
            foot: "编号 1".into(),
            buttons: vec![Button { text: "处理".into(), url: "https://erp.example/t/1".into() }],
            id: "1".into(),
        };
        let built = message(&card);
        let text = built["action_card"]["markdown"].as_str().unwrap();
        assert!(text.contains("**截止时间**: 2025-01-25 18:00:00") && !text.contains("]("), "{text}");
        assert!(text.starts_with("### 新任务 提醒\n"), "{text}");
        assert_eq!(built["action_card"]["single_url"], "https://erp.example/t/1");
    }
}
