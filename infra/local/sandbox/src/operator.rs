//! The operator's hand over HTTP: `/_sandbox/…`, JSON in and out.
//!
//! | call | does |
//! |---|---|
//! | `GET snapshot` | both systems |
//! | `POST drafts` | a B1 user adds a document for approval |
//! | `POST documents/{set}` | a document or custom object appears |
//! | `POST documents/{set}/{number}` | a B1 user changes fields of a document or draft |
//! | `POST documents/{set}/{number}/hand-in` | a draft is handed in again: a new approval request |
//! | `POST requests/{code}` | `{"status"}`: an approval request is refused (`arsNotApproved`) or cancelled |
//! | `POST sets` | registers an entity set: `{"name","key","numeric"}` |
//! | `POST instances` | an OA user fills a form in |
//! | `POST instances/{id}/approve`, `…/refuse` | `{"user","remark"}`, both optional |
//! | `POST instances/{id}/redirect` | `{"user","to"}` |
//! | `POST instances/{id}/terminate`, `…/delete` | withdrawn by the originator, deleted |
//! | `POST instances/{id}/resubmit` | handed in again by hand; `{"biz_action"}` is optional |
//! | `POST callbacks/replay`, `callbacks/check-url` | pushes again, pushes the address check |
//! | `PUT callbacks/url` | `{"url"}`; null stops the pushing |
//! | `POST faults`, `DELETE faults` | injects one fault, clears all |

use crate::core::State;
use crate::dingtalk::instances::Ending;
use crate::faults::Fault;
use crate::hand::{HandError, NewDraft, NewInstance};
use crate::reply::{self, Reply};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Carries one action out.
pub(crate) fn run(state: &mut State, now_ms: i64, method: &str, action: &str, body: &[u8]) -> Reply {
    match act(state, now_ms, method, action, body) {
        Ok(value) => reply::json(200, &value),
        Err(error) => {
            let status = match error {
                HandError::NotFound(_) => 404,
                HandError::NotNow(_) => 409,
                HandError::Invalid(_) => 400,
            };
            reply::json(status, &json!({"error": error.to_string()}))
        }
    }
}

fn act(state: &mut State, now_ms: i64, method: &str, action: &str, body: &[u8]) -> Result<Value, HandError> {
    let parts: Vec<&str> = action.split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["snapshot"]) => serde_json::to_value(state.snapshot()).map_err(|e| HandError::Invalid(e.to_string())),
        ("POST", ["drafts"]) => {
            let (entry, request) = state.b1.add_draft(now_ms, read::<NewDraft>(body)?)?;
            Ok(json!({"DocEntry": entry, "ApprovalRequest": request}))
        }
        ("POST", ["documents", set]) => state.b1.add_document(now_ms, set, read(body)?),
        ("POST", ["documents", set, number]) => {
            state.b1.change_document(now_ms, set, whole(number)?, read(body)?)?;
            Ok(json!({}))
        }
        ("POST", ["documents", set, number, "hand-in"]) => {
            Ok(json!({"ApprovalRequest": state.b1.hand_in_again(now_ms, set, whole(number)?)?}))
        }
        ("POST", ["requests", code]) => {
            let input: Value = read(body)?;
            state.b1.end_request(whole(code)?, input.get("status").and_then(Value::as_str).unwrap_or(""))?;
            Ok(json!({}))
        }
        ("POST", ["sets"]) => {
            let set: Value = read(body)?;
            let text = |name: &str| {
                let found = set.get(name).and_then(Value::as_str);
                found.ok_or_else(|| HandError::Invalid(format!("{name} is missing or no text")))
            };
            let numeric = set.get("numeric").and_then(Value::as_bool).unwrap_or(false);
            state.b1.register_set(text("name")?, text("key")?, numeric);
            Ok(json!({}))
        }
        ("POST", ["instances"]) => {
            let id = state.hand_create(now_ms, read::<NewInstance>(body)?)?;
            Ok(json!({"instanceId": id}))
        }
        ("POST", ["instances", id, move_]) => {
            let input: Value = if body.is_empty() { Value::Null } else { read(body)? };
            let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or("");
            match *move_ {
                "approve" => state.decide(now_ms, id, text("user"), text("remark"), true)?,
                "refuse" => state.decide(now_ms, id, text("user"), text("remark"), false)?,
                "redirect" => state.redirect(now_ms, id, text("user"), text("to"))?,
                "terminate" => state.end(now_ms, id, Ending::Terminated)?,
                "delete" => state.end(now_ms, id, Ending::Deleted)?,
                "resubmit" => {
                    let action = input.get("biz_action").and_then(Value::as_str);
                    return Ok(json!({"instanceId": state.resubmit(now_ms, id, action)?}));
                }
                other => return Err(HandError::NotFound(format!("action {other}"))),
            }
            Ok(json!({}))
        }
        ("POST", ["callbacks", "replay"]) => {
            let subscribed = state.options.callback_url.is_some();
            Ok(json!({"id": state.dingtalk.callbacks.replay_last(now_ms, subscribed)?}))
        }
        ("POST", ["callbacks", "check-url"]) => Ok(json!({"id": state.check_url(now_ms)?})),
        ("PUT", ["callbacks", "url"]) => {
            let input: Value = read(body)?;
            state.options.callback_url = input.get("url").and_then(Value::as_str).map(str::to_owned);
            Ok(json!({}))
        }
        ("POST", ["faults"]) => {
            state.faults.inject(read::<Fault>(body)?);
            Ok(json!({}))
        }
        ("DELETE", ["faults"]) => {
            state.faults.clear();
            Ok(json!({}))
        }
        _ => Err(HandError::NotFound(format!("action {method} /_sandbox/{action}"))),
    }
}

fn whole(text: &str) -> Result<i64, HandError> {
    text.parse().map_err(|_| HandError::Invalid(format!("{text} is no whole number")))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, HandError> {
    serde_json::from_slice(body).map_err(|e| HandError::Invalid(format!("the body is not as needed: {e}")))
}
