//! Work messages to people. Taken is not delivered: to nobody of that id, to a person who had 500 that day, or the same
//! text again on one day, DingTalk delivers nothing and answers as ever.

use super::DingTalk;
use super::MessageRecord;
use super::{Call, errors};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

/// Why somebody is not reached.
const NOBODY: &str = "no such user";
const SAME: &str = "the same text today";
const QUOTA: &str = "500 today";
/// Messages that reach a person from one app in a day.
const A_DAY: usize = 500;
const DAY_MS: i64 = 86_400_000;
/// The day begins at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;

fn day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// `POST /topapi/message/corpconversation/asyncsend_v2`. Success means queued.
pub(crate) fn send(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let message = call.body.get("msg").cloned().unwrap_or(Value::Null);
    let users: Vec<String> = call
        .body
        .get("userid_list")
        .and_then(Value::as_str)
        .unwrap_or("")
        .split(',')
        .map(str::trim)
        .filter(|u| !u.is_empty())
        .map(str::to_owned)
        .collect();
    if let Some(problem) = problem(call, &users, &message) {
        return errors::old_api(400002, problem, &mut dingtalk.ids);
    }
    let agent = call.body.get("agent_id").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
    if agent != Some(dingtalk.options.agent_id) {
        return errors::old_api(400002, "无效的agentId", &mut dingtalk.ids);
    }
    let task_id = dingtalk.messages.len() as u64 + 1;
    let dropped: Vec<(String, String)> = users
        .iter()
        .filter_map(|user| Some((user.clone(), why_dropped(dingtalk, call.now_ms, user, &message)?.to_owned())))
        .collect();
    dingtalk.messages.push(MessageRecord { task_id, at_ms: call.now_ms, users, message, dropped });
    reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "task_id": task_id, "request_id": dingtalk.ids.token()}))
}

/// `POST /topapi/message/corpconversation/getsendresult`: who was reached, and who was not and why.
pub(crate) fn result(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let number = |name: &str| call.body.get(name).and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    if number("agent_id").and_then(|id| i64::try_from(id).ok()) != Some(dingtalk.options.agent_id) {
        return errors::old_api(400002, "无效的agentId", &mut dingtalk.ids);
    }
    let found = number("task_id").and_then(|id| dingtalk.messages.iter().find(|record| record.task_id == id));
    let Some(record) = found else { return errors::old_api(400002, "无效的task_id", &mut dingtalk.ids) };
    let why = |user: &String| record.dropped.iter().find(|(to, _)| to == user).map(|(_, why)| why.as_str());
    let of = |wanted: &[&str]| -> Vec<&String> {
        record.users.iter().filter(|user| why(user).is_some_and(|why| wanted.contains(&why))).collect()
    };
    let forbidden = of(&[SAME, QUOTA]);
    let code = |user: &&String| if why(user) == Some(SAME) { "143106" } else { "143105" };
    let listed: Vec<Value> =
        forbidden.iter().map(|user| json!({ "userid": user, "code": code(user), "count": 1 })).collect();
    let unread: Vec<&String> = record.users.iter().filter(|user| why(user).is_none()).collect();
    let result = json!({ "invalid_user_id_list": of(&[NOBODY]), "forbidden_user_id_list": forbidden,
        "forbidden_list": listed, "failed_user_id_list": [], "read_user_id_list": [], "unread_user_id_list": unread,
        "invalid_dept_id_list": [] });
    reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "send_result": result, "request_id": dingtalk.ids.token()}))
}

fn problem(call: &Call<'_>, users: &[String], message: &Value) -> Option<&'static str> {
    let to_somebody = !users.is_empty()
        || call.body.get("dept_id_list").and_then(Value::as_str).is_some_and(|d| !d.is_empty())
        || call.body.get("to_all_user") == Some(&Value::Bool(true));
    let kind = message.get("msgtype").and_then(Value::as_str);
    let filled = |part: &str, names: &[&str]| {
        let of = message.get(part);
        names.iter().all(|name| of.and_then(|of| of.get(*name)).and_then(Value::as_str).is_some_and(|t| !t.is_empty()))
    };
    if call.body.get("agent_id").is_none_or(Value::is_null) {
        Some("缺少参数 agent_id")
    } else if !to_somebody {
        Some("参数错误: userid_list, dept_id_list, to_all_user 必须有一个不能为空")
    } else if users.len() > 100 {
        Some("参数错误: userid_list 最大长度100")
    } else if kind.is_none() {
        Some("缺少参数 msg.msgtype")
    } else if message.to_string().len() > 2048 {
        Some("参数错误: msg 最长2048个字节")
    } else if kind == Some("action_card") && !filled("action_card", &["title", "markdown"]) {
        Some("缺少参数 msg.action_card.markdown")
    } else if kind == Some("action_card")
        && !filled("action_card", &["single_title", "single_url"])
        && message.pointer("/action_card/btn_json_list").and_then(Value::as_array).is_none_or(Vec::is_empty)
    {
        Some("缺少参数 msg.action_card.single_url")
    } else {
        None
    }
}

fn why_dropped(dingtalk: &DingTalk, now_ms: i64, user: &str, message: &Value) -> Option<&'static str> {
    if !dingtalk.directory.has(user) {
        return Some(NOBODY);
    }
    let today = |record: &&MessageRecord| day(record.at_ms) == day(now_ms) && record.reached(user);
    if dingtalk.messages.iter().filter(today).any(|record| record.message == *message) {
        return Some(SAME);
    }
    (dingtalk.messages.iter().filter(today).count() >= A_DAY).then_some(QUOTA)
}

impl MessageRecord {
    /// Whether it was delivered to this user.
    pub fn reached(&self, user: &str) -> bool {
        self.users.iter().any(|to| to == user) && !self.dropped.iter().any(|(to, _)| to == user)
    }
}
