//! Work notices. Taken means queued: what is more than a person's quota, or the same text again on one day, is not
//! delivered and not told, so each has a number and time in its text.

use super::{Api, DINGTALK, Dingtalk, Request, error};
use crate::notice::{Card, Delivery, SendOutcome, fitted};
use http::Method;
use serde_json::{Value, json};
use tenon_platform::error::{Error, Result};

const PATH: &str = "/topapi/message/corpconversation/asyncsend_v2";
/// Where it is asked what became of one.
const RESULT: &str = "/topapi/message/corpconversation/getsendresult";
/// The same text had reached the person that day.
const SAME_TEXT: &str = "143106";
/// Longest `msg`, in bytes.
const MAX_MESSAGE_BYTES: usize = 2_048;

impl Dingtalk<'_> {
    /// Sends a work notice to a user.
    pub(crate) async fn send_card(&self, user: &str, card: &Card) -> Result<SendOutcome> {
        let Some(agent) = self.connection.agent_id else {
            let message = format!("connection {} has no agent_id, which a work notice names", self.connection.id);
            return Err(Error::permanent("notices.channel", message));
        };
        // The list is one of ids joined with commas.
        if user.contains(',') {
            return Ok(SendOutcome::Nobody("the userid has a comma in it".to_owned()));
        }
        let body = json!({ "agent_id": agent, "userid_list": user, "msg": fitted(card, MAX_MESSAGE_BYTES, message) });
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path: PATH,
            query: String::new(),
            body: Some(body),
            creates: true,
        };
        let answer = self.send(&request).await?;
        Ok(SendOutcome::Sent(error::text(answer.get("task_id"))))
    }

    /// What became of a work notice to a user.
    pub(crate) async fn delivery(&self, user: &str, task: &str) -> Result<Delivery> {
        let task = task.parse::<i64>().map_or_else(|_| Value::from(task), Value::from);
        let request = Request {
            api: Api::Old,
            method: Method::POST,
            path: RESULT,
            query: String::new(),
            body: Some(json!({ "agent_id": self.connection.agent_id, "task_id": task })),
            creates: false,
        };
        let answer = self.send(&request).await?;
        match answer.get("send_result") {
            Some(Value::Object(result)) => Ok(delivered(user, &Value::Object(result.clone()))),
            _ => Err(DINGTALK.unintelligible("the answer has no send_result")),
        }
    }
}

/// What a result says of a user, who stands in one of its lists.
pub(super) fn delivered(user: &str, result: &Value) -> Delivery {
    let lists = |name: &str| {
        let list = result.get(name).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|one| error::text(Some(one)).as_deref() == Some(user)))
    };
    if lists("read_user_id_list") || lists("unread_user_id_list") {
        return Delivery::Arrived;
    }
    let forbidden = result.get("forbidden_list").and_then(Value::as_array).into_iter().flatten();
    let mut codes = forbidden
        .filter(|one| error::text(one.get("userid")).as_deref() == Some(user))
        .filter_map(|one| error::text(one.get("code")));
    match codes.next() {
        // Every notice has a number and time of its own: the same text is this one, sent before.
        Some(code) if code == SAME_TEXT => Delivery::Arrived,
        Some(code) => Delivery::Dropped(format!("more than the person's quota of the day, or forbidden (code {code})")),
        None if lists("forbidden_user_id_list") => {
            Delivery::Dropped("more than the person's quota of the day, or forbidden".to_owned())
        }
        None if lists("invalid_user_id_list") => Delivery::Dropped("the app sees no user of this id".to_owned()),
        None if lists("failed_user_id_list") => Delivery::Dropped("it could not be delivered".to_owned()),
        None => Delivery::UnderWay,
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
    fn a_result_says_of_one_person_what_became_of_the_message() {
        let result = json!({ "read_user_id_list": ["a"], "unread_user_id_list": ["b"], "invalid_user_id_list": ["c"],
            "failed_user_id_list": ["d"], "forbidden_user_id_list": ["e", "f", "g"],
            "forbidden_list": [{ "userid": "e", "code": "143105", "count": 500 }, { "userid": "f", "code": 143106 }] });
        for (user, arrived) in
            [("a", true), ("b", true), ("f", true), ("c", false), ("d", false), ("e", false), ("g", false)]
        {
            let found = delivered(user, &result);
            assert_eq!(found == Delivery::Arrived, arrived, "{user}: {found:?}");
            assert_ne!(found, Delivery::UnderWay, "{user}");
        }
        assert_eq!(delivered("h", &result), Delivery::UnderWay);
    }

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
