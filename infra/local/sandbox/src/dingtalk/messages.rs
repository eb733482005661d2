//! Work messages to people.

use super::DingTalk;
use super::MessageRecord;
use super::{Call, errors};
use crate::reply::{self, Reply};
use serde_json::{Value, json};

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
    let to_somebody = !users.is_empty()
        || call.body.get("dept_id_list").and_then(Value::as_str).is_some_and(|d| !d.is_empty())
        || call.body.get("to_all_user") == Some(&Value::Bool(true));
    let problem = if call.body.get("agent_id").is_none_or(Value::is_null) {
        Some("缺少参数 agent_id")
    } else if !to_somebody {
        Some("参数错误: userid_list, dept_id_list, to_all_user 必须有一个不能为空")
    } else if users.len() > 100 {
        Some("参数错误: userid_list 最大长度100")
    } else if message.get("msgtype").and_then(Value::as_str).is_none() {
        Some("缺少参数 msg.msgtype")
    } else if message.to_string().len() > 2048 {
        Some("参数错误: msg 最长2048个字节")
    } else {
        None
    };
    if let Some(problem) = problem {
        return errors::old_api(400002, problem, &mut dingtalk.ids);
    }
    let task_id = dingtalk.messages.len() as u64 + 1;
    dingtalk.messages.push(MessageRecord { task_id, users, message });
    reply::json(200, &json!({"errcode": 0, "errmsg": "ok", "task_id": task_id, "request_id": dingtalk.ids.token()}))
}
