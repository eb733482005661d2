//! What the OA says of rows that were to be saved. Its answer comes in several forms: as an object or as a JSON text
//! of one, its `datajson` as a JSON text, as an object or as a list, one record where a list is expected, numbers as
//! texts. Rows are told apart by their places, never by what is said of them.

use crate::base::Effect;
use crate::base_data::Saved;
use crate::weaver::WEAVER;
use serde_json::{Map, Value};
use tenon_model::json::{self, number};
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Answer;

/// JSON texts within JSON texts that are read at most.
const DEPTH: usize = 4;
/// Members in which the OA says why.
const WORDS: [&str; 6] = ["message", "msg", "errmsg", "errormsg", "error", "msginfo"];
/// Members in which the OA names a row.
const IDS: [&str; 2] = ["billid", "id"];

/// Reads the answer to a call that was to save so many rows.
///
/// # Errors
/// When it is none of the cube's.
pub(super) fn read(answer: &Answer, effect: Effect, rows: usize) -> Result<Vec<Saved>> {
    let status = answer.status;
    if !(200..300).contains(&status) {
        let error = match status {
            429 => WEAVER.rate_limited(super::PAUSE, "too many requests"),
            _ => WEAVER.failed(effect, "something else answered in its place"),
        };
        return Err(error.with_status(status));
    }
    let body = document(&answer.body).ok_or_else(|| {
        WEAVER.failed(effect, "the answer is no JSON of the cube's; check base_url").with_status(status)
    })?;
    saved_rows(&body, rows).ok_or_else(|| WEAVER.failed(effect, "the answer says nothing of a row").with_status(status))
}

/// The document of an answer, out of the texts it may be wrapped in.
pub(super) fn document(bytes: &[u8]) -> Option<Value> {
    let unwrapped = unwrapped(json::from_slice(bytes).ok()?);
    (unwrapped.is_object() || unwrapped.is_array()).then_some(unwrapped)
}

/// A value, or what its text is the JSON of.
pub(super) fn unwrapped(mut value: Value) -> Value {
    for _ in 0..DEPTH {
        let Value::String(text) = &value else { break };
        match json::from_str(text) {
            Ok(inner) if !inner.is_number() && !inner.is_boolean() => value = inner,
            _ => break,
        }
    }
    value
}

fn saved_rows(body: &Value, rows: usize) -> Option<Vec<Saved>> {
    match body {
        Value::Array(all) => Some(of_list(all, None, rows)),
        Value::Object(fields) => of_object(fields, rows),
        _ => None,
    }
}

fn of_object(fields: &Map<String, Value>, rows: usize) -> Option<Vec<Saved>> {
    let whole = member(fields, "status").map(is_good);
    let data = member(fields, "datajson").or_else(|| member(fields, "data")).cloned().map(unwrapped);
    let list = data.as_ref().and_then(records);
    whole?;
    let words = message_of(fields).or_else(|| data.as_ref().and_then(message_within));
    let text = || {
        let code = member(fields, "status").map(text_of).unwrap_or_default();
        words
            .clone()
            .map_or_else(|| format!("status {code}, and no reason"), |words| format!("{words} (status {code})"))
    };
    match (whole, list) {
        (Some(true), Some(list)) => Some(of_list(&list, Some(true), rows)),
        // One row is saved when the whole is.
        (Some(true), None) if rows == 1 => Some(vec![Saved::As(None)]),
        (Some(true), None) => Some(vec![Saved::Unreported("the answer names no row".to_owned()); rows]),
        // Of several, those before the one that failed may have been saved.
        (_, Some(list)) if rows > 1 && list.len() == rows && list.iter().any(|one| judged(one).is_some()) => {
            Some(of_list(&list, Some(false), rows))
        }
        _ if rows == 1 => Some(vec![Saved::Refused(text())]),
        _ => Some(vec![Saved::Unreported(text()); rows]),
    }
}

/// The records of the data: a list, a list within, or the one record itself.
fn records(data: &Value) -> Option<Vec<Value>> {
    match data {
        Value::Array(all) => Some(all.clone()),
        Value::Object(fields) => match member(fields, "data").cloned().map(unwrapped) {
            Some(Value::Array(all)) => Some(all),
            Some(one @ Value::Object(_)) => Some(vec![one]),
            _ if id_of(fields).is_some() => Some(vec![data.clone()]),
            _ => None,
        },
        _ => None,
    }
}

fn of_list(list: &[Value], whole: Option<bool>, rows: usize) -> Vec<Saved> {
    if list.len() != rows {
        if let (1, [one, ..]) = (rows, list) {
            return vec![of_one(one, whole, false)];
        }
        let why = format!("the answer speaks of {} rows, and {rows} were sent", list.len());
        return vec![Saved::Unreported(why); rows];
    }
    let names_rows = list.iter().any(|one| one.as_object().is_some_and(|fields| id_of(fields).is_some()));
    list.iter().map(|one| of_one(one, whole, names_rows && rows > 1)).collect()
}

fn of_one(one: &Value, whole: Option<bool>, others_are_named: bool) -> Saved {
    let one = unwrapped(one.clone());
    let Value::Object(fields) = &one else {
        return Saved::Unreported(format!("what is said of the row is {}", text_of(&one)));
    };
    let id = id_of(fields);
    let words = || message_of(fields).unwrap_or_else(|| "no reason is given".to_owned());
    match (member(fields, "status").map(is_good), id) {
        (Some(false), _) => Saved::Refused(words()),
        (Some(true), id) => Saved::As(id),
        (None, Some(id)) => Saved::As(Some(id)),
        (None, None) if others_are_named || whole == Some(false) => Saved::Refused(words()),
        (None, None) if whole == Some(true) => Saved::As(None),
        (None, None) => Saved::Unreported(words()),
    }
}

/// What a record says of itself.
fn judged(one: &Value) -> Option<bool> {
    let fields = one.as_object()?;
    member(fields, "status").map(is_good).or_else(|| id_of(fields).map(|_| true))
}

/// 1 is the one good status.
fn is_good(status: &Value) -> bool {
    text_of(status) == "1"
}

fn id_of(fields: &Map<String, Value>) -> Option<String> {
    let text = IDS.iter().find_map(|name| member(fields, name)).map(text_of)?;
    // What is not saved has no number, or one that is none.
    (!text.is_empty() && text != "0" && !text.starts_with('-')).then_some(text)
}

fn message_of(fields: &Map<String, Value>) -> Option<String> {
    let text = WORDS.iter().find_map(|name| member(fields, name)).map(text_of)?;
    (!text.is_empty()).then_some(text)
}

/// The words of the data, wherever in it they stand.
fn message_within(data: &Value) -> Option<String> {
    match data {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Object(fields) => message_of(fields)
            .or_else(|| member(fields, "data").cloned().map(unwrapped).as_ref().and_then(message_within)),
        Value::Array(all) => all.iter().find_map(message_within),
        _ => None,
    }
}

/// A member by its name in any case; null is none.
pub(super) fn member<'v>(fields: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let found = fields
        .get(name)
        .or_else(|| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value));
    found.filter(|value| !value.is_null())
}

pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        other => number::text_of(other).map_or_else(|| other.to_string(), Into::into),
    }
}

/// That rows cannot be looked for.
pub(super) fn no_listing(why: impl Into<String>) -> Error {
    WEAVER.refused(&why.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    fn read_text(status: u16, text: &str, rows: usize) -> Result<Vec<Saved>> {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(text.to_owned()) };
        read(&answer, Effect::Create, rows)
    }

    fn of(body: &Value, rows: usize) -> Vec<Saved> {
        read_text(200, &body.to_string(), rows).unwrap()
    }

    fn saved(id: &str) -> Saved {
        Saved::As(Some(id.to_owned()))
    }

    #[test]
    fn r_w13_one_row_reads_alike_in_every_form_of_the_answer() {
        let inner = json!({"data": [{"billid": "501", "message": "成功"}]});
        let one = json!({"billid": 501, "message": "成功"});
        for body in [
            json!({"status": "1", "datajson": inner.to_string()}),
            json!({"status": 1, "datajson": inner}),
            json!({"status": "1", "datajson": json!(inner.to_string()).to_string()}),
            json!({"status": "1", "datajson": {"data": one}}),
            json!({"status": "1", "datajson": one}),
            json!({"status": "1", "datajson": [one]}),
            json!({"status": "1", "data": [one]}),
            json!({"Status": "1", "dataJson": {"Data": [{"billId": "501"}]}}),
            json!([{"status": "1", "billid": "501"}]),
        ] {
            assert_eq!(of(&body, 1), [saved("501")], "{body}");
            assert_eq!(of(&json!(body.to_string()), 1), [saved("501")], "as a text: {body}");
        }
        assert_eq!(of(&json!({"status": "1"}), 1), [Saved::As(None)]);
        assert_eq!(of(&json!({"status": "1", "datajson": ""}), 1), [Saved::As(None)]);
    }

    #[test]
    fn r_w13_a_refusal_has_the_oas_words_wherever_they_stand() {
        let words = "字段 wlmc 不能为空";
        for body in [
            json!({"status": "4", "message": words}),
            json!({"status": 4, "msg": words}),
            json!({"status": "4", "datajson": words}),
            json!({"status": "4", "datajson": {"message": words}}),
            json!({"status": "4", "datajson": json!({"data": [{"message": words}]}).to_string()}),
            json!({"status": "4", "datajson": {"data": [{"billid": "", "message": words}]}}),
            json!({"status": "fail", "errmsg": words, "datajson": null}),
        ] {
            for body in [body.clone(), json!(body.to_string())] {
                let saved = of(&body, 1);
                let [Saved::Refused(text)] = saved.as_slice() else { panic!("{body}: {saved:?}") };
                assert!(text.contains(words), "{body}: {text}");
            }
        }
        // A row of its own status within a good whole.
        let body = json!({"status": "1", "datajson": {"data": [{"status": "3", "message": words}]}});
        assert_eq!(of(&body, 1), [Saved::Refused(words.to_owned())]);
    }

    #[test]
    fn several_rows_are_told_apart_by_their_places() {
        let body = json!({"status": "1", "datajson": {"data": [{"billid": "7"}, {"message": "重复"}, {"billid": 9}]}});
        assert_eq!(of(&body, 3), [saved("7"), Saved::Refused("重复".to_owned()), saved("9")]);
        let body = json!({"status": "4", "datajson": {"data": [{"billid": "7"}, {"message": "重复"}]}});
        assert_eq!(of(&body, 2), [saved("7"), Saved::Refused("重复".to_owned())]);
        // Whose word it is cannot be said, and some may be saved.
        for body in [
            json!({"status": "1", "datajson": {"data": [{"billid": "7"}]}}),
            json!({"status": "1"}),
            json!({"status": "4", "message": "保存失败"}),
        ] {
            assert!(of(&body, 3).iter().all(|one| matches!(one, Saved::Unreported(_))), "{body}");
        }
    }

    #[test]
    fn what_is_no_answer_of_the_cubes_leaves_the_outcome_unknown() {
        for (status, text) in
            [(200, "<html>"), (200, "1"), (200, "{}"), (500, "{\"status\":\"4\"}"), (502, "<html>"), (404, "")]
        {
            assert_eq!(read_text(status, text, 1).unwrap_err().code, "weaver.unknown-outcome", "{status} {text}");
        }
        assert_eq!(read_text(429, "", 1).unwrap_err().code, "weaver.rate-limited");
    }
}
