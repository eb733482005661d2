//! What Odoo gives aiflow: its forms, and places to send what became of an order.

use super::{Odoo, header};
use crate::reply::{self, Reply};
use bytes::Bytes;
use http::request::Parts;
use serde_json::{Value, json};

const ACTIONS: [&str; 4] = ["START", "COMPLETE", "REJECT", "CANCEL"];
const RESULTS: [&str; 3] = ["APPROVED", "REJECTED", "TRANSFERRED"];

impl Odoo {
    /// Calls below `/odoo/api/`.
    pub(super) fn workflow(&mut self, now_ms: i64, method: &str, call: &str, parts: &Parts, body: &Bytes) -> Reply {
        let known =
            matches!((method, call), ("GET", "form/list") | ("POST", "workflow/receive" | "workflow/approval/log"));
        if !known {
            return reply::html(404);
        }
        if !self.is_signed(now_ms, parts, body) {
            return reply::json(403, &json!({ "status": -4002, "msg": "签名验证失败" }));
        }
        if call == "form/list" {
            return reply::json(200, &json!({ "status": 0, "msg": "success", "data": self.options.forms }));
        }
        let Ok(sent) = serde_json::from_slice::<Value>(body) else { return wrong("", "请求体不是 JSON") };
        let objection = match call {
            "workflow/receive" => received(&sent),
            _ => logged(&sent),
        };
        if let Some((field, message)) = objection {
            return wrong(&field, message);
        }
        let key = header(parts, "idempotency-key");
        // What came before is answered again and counted; it changes nothing here.
        let again = !key.is_empty() && self.received.iter().any(|known| known.get("key").is_some_and(|own| own == key));
        self.received.push(json!({ "at_ms": now_ms, "call": call, "key": key, "again": again, "body": sent }));
        reply::json(200, &json!({ "status": 0, "msg": "success", "data": { "success": true } }))
    }
}

/// What is wrong with the data of a step.
fn received(sent: &Value) -> Option<(String, &'static str)> {
    missing(sent, "", &["orderId", "businessKey", "taskId", "taskName", "action", "handleTime"])
        .or_else(|| not_of(sent, "", "action", &ACTIONS))
}

/// What is wrong with an approval's log.
fn logged(sent: &Value) -> Option<(String, &'static str)> {
    let Some(logs) = sent.get("logs").and_then(Value::as_array) else { return Some(("logs".to_owned(), "必填")) };
    missing(sent, "", &["orderId", "businessKey"]).or_else(|| {
        logs.iter().enumerate().find_map(|(at, log)| {
            let place = format!("logs[{at}].");
            missing(log, &place, &["taskId", "taskName", "handlerUserCode", "handleResult", "handleTime"])
                .or_else(|| not_of(log, &place, "handleResult", &RESULTS))
        })
    })
}

fn missing(sent: &Value, place: &str, names: &[&str]) -> Option<(String, &'static str)> {
    let absent = |name: &&&str| sent.get(**name).is_none_or(|value| value.is_null() || value == "");
    names.iter().find(absent).map(|name| (format!("{place}{name}"), "必填"))
}

fn not_of(sent: &Value, place: &str, name: &str, words: &[&str]) -> Option<(String, &'static str)> {
    let word = sent.get(name).and_then(Value::as_str).unwrap_or_default();
    (!words.contains(&word)).then(|| (format!("{place}{name}"), "取值不在范围内"))
}

fn wrong(field: &str, message: &str) -> Reply {
    let details = json!([{ "field": field, "message": message }]);
    let data = json!({ "errorCode": "INVALID_PARAMETER", "errorMessage": message, "errorDetails": details });
    reply::json(200, &json!({ "status": -4002, "msg": "请求参数错误", "data": data }))
}
