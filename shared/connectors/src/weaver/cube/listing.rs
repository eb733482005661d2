//! Rows that the OA lists, and which of them is meant. An interface may take the condition for a part of the text, or
//! heed none, so each row is held against it here.

use super::answer::{document, member, no_listing, text_of, unwrapped};
use crate::base::Effect;
use crate::base_data::Found;
use crate::weaver::WEAVER;
use serde_json::{Map, Value};
use tenon_model::decimal;
use tenon_platform::error::{ErrorKind, Result};
use tenon_platform::http::Answer;

/// A page of rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Those that are meant.
    pub found: Vec<Found>,
    /// All that were shown.
    pub shown: usize,
}

/// Reads a page.
///
/// # Errors
/// Of kind `Refused` when the OA does not list them, `Unintelligible` when it does not say which row is which.
pub(super) fn read(answer: &Answer, column: &str, text: &str) -> Result<Page> {
    let status = answer.status;
    if status == 429 {
        return Err(WEAVER.rate_limited(super::PAUSE, "too many requests").with_status(status));
    }
    if status >= 500 || status == 408 {
        return Err(WEAVER.failed(Effect::Read, "something else answered in its place").with_status(status));
    }
    let Some(body) = document(&answer.body).filter(|_| (200..300).contains(&status)) else {
        return Err(no_listing("there is no interface of this name that lists rows").with_status(status));
    };
    page(rows(&body)?, column, text)
}

fn rows(body: &Value) -> Result<Vec<Value>> {
    let Value::Object(fields) = body else {
        return Ok(body.as_array().cloned().unwrap_or_default());
    };
    let list = ["result", "datajson", "data"].iter().find_map(|name| fields.get(*name));
    let message = ["message", "msg", "errmsg"].iter().find_map(|name| member(fields, name)).map(text_of);
    match list.cloned().map(unwrapped) {
        Some(Value::Array(rows)) => Ok(rows),
        // An empty text or null is an empty list, unless a reason stands beside it.
        Some(Value::Null) if message.is_none() => Ok(Vec::new()),
        Some(Value::String(text)) if text.trim().is_empty() && message.is_none() => Ok(Vec::new()),
        Some(Value::String(text)) if !text.trim().is_empty() => Err(no_listing(text)),
        Some(Value::Object(inner)) => {
            let within = ["data", "result", "list"].iter().find_map(|name| member(&inner, name)).cloned();
            match within.map(unwrapped) {
                Some(Value::Array(rows)) => Ok(rows),
                _ => Ok(vec![Value::Object(inner)]),
            }
        }
        _ => Err(no_listing(message.unwrap_or_else(|| "it lists no rows and gives no reason".to_owned()))),
    }
}

fn page(rows: Vec<Value>, column: &str, text: &str) -> Result<Page> {
    let shown = rows.len();
    let mut found = Vec::new();
    for row in rows.into_iter().map(unwrapped) {
        let Value::Object(row) = row else { return Err(unclear("a row is no object")) };
        let main = match member(&row, "mainTable").cloned().map(unwrapped) {
            Some(Value::Object(main)) => main,
            _ => row.clone(),
        };
        let Some(value) = member_or_null(&main, column) else {
            return Err(unclear(format!("a row has no column {column}")));
        };
        if !same(&text_of(value), text) {
            continue;
        }
        let id = ["id", "billid"].iter().find_map(|name| member(&main, name)).map(text_of);
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Err(unclear("a row has no id")) };
        found.push(Found { id, details: details(&row) });
    }
    Ok(Page { found, shown })
}

fn member_or_null<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    fields
        .get(name)
        .or_else(|| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Numbers are compared as such: a table may show 12 as 12.00.
fn same(shown: &str, wanted: &str) -> bool {
    shown == wanted.trim()
        || matches!((decimal::parse(shown), decimal::parse(wanted.trim())), (Some(a), Some(b))
            if a == b && shown.contains('.') != wanted.contains('.'))
}

fn details(row: &Map<String, Value>) -> Vec<(String, Vec<String>)> {
    let tables = row.iter().filter(|(name, _)| name.starts_with("detail"));
    tables
        .filter_map(|(name, rows)| {
            let rows = unwrapped(rows.clone());
            let ids = rows.as_array()?.iter().filter_map(|row| {
                let row = row.as_object()?;
                let data = member(row, "data").and_then(Value::as_object).unwrap_or(row);
                member(data, "id").map(text_of)
            });
            Some((name.clone(), ids.collect()))
        })
        .collect()
}

fn unclear(why: impl Into<String>) -> tenon_platform::Error {
    WEAVER
        .refused(&format!("the rows it lists cannot be told apart: {}", why.into()))
        .with_kind(ErrorKind::Unintelligible)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    fn of(status: u16, body: &str) -> Result<Vec<String>> {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        read(&answer, "wlbm", "A'2").map(|page| page.found.into_iter().map(|found| found.id).collect())
    }

    #[test]
    fn r_w16_a_row_is_found_by_its_key_and_by_nothing_like_it() {
        let rows = json!([
            {"mainTable": {"id": "501", "wlbm": "A'2"}, "detail1": [{"id": 7}, {"data": {"id": "8"}}]},
            {"mainTable": {"id": "502", "wlbm": "A'20"}},
            {"mainTable": {"id": "503", "wlbm": null}},
            {"ID": 504, "WLBM": "A'2 "}
        ]);
        let bodies =
            [json!({"result": rows.to_string()}), json!({"result": rows}), json!({"result": {"data": rows}}), rows];
        for body in bodies {
            assert_eq!(of(200, &body.to_string()).unwrap(), ["501", "504"], "{body}");
        }
        for body in [json!({"result": "[]"}), json!({"result": ""}), json!({"result": []}), json!([])] {
            assert_eq!(of(200, &body.to_string()).unwrap(), Vec::<String>::new(), "{body}");
        }
    }

    #[test]
    fn what_does_not_list_rows_is_not_taken_for_an_empty_list() {
        for (status, body) in [
            (200, r#"{"status":"-1","message":"接口不存在"}"#.to_owned()),
            (200, r#"{"result":"","message":"md5校验失败"}"#.to_owned()),
            (200, json!({"result": "接口不存在"}).to_string()),
            (200, "{}".to_owned()),
            (404, "<html>".to_owned()),
            (200, json!({"result": [{"mainTable": {"id": 1}}]}).to_string()),
            (200, json!({"result": [{"mainTable": {"wlbm": "A'2"}}]}).to_string()),
        ] {
            assert_eq!(of(status, &body).unwrap_err().code, "weaver.refused", "{body}");
        }
        assert_eq!(of(502, "<html>").unwrap_err().code, "weaver.unavailable");
    }
}
