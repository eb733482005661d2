//! A result as the site's outgoing action pushes it. Names and words are the site's, so they are the connection's.

use super::error::text;
use crate::base::encode::decode_query;
use serde_json::{Map, Value};
use tenon_model::InstanceId;
use tenon_model::config::{WeaverConnection, WeaverResult};
use tenon_model::oa::{EventDecision, InstanceEvent, Outcome};
use tenon_platform::Result;

/// A pushed result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// What it says in neutral words; without an outcome when its word decides nothing.
    pub event: InstanceEvent,
    /// The site's word for the result.
    pub word: String,
}

/// Reads a pushed body, JSON or a form. `Err` says in words what it lacks.
///
/// # Errors
/// `config.time-zone` when the connection's zone is none.
pub fn pushed(connection: &WeaverConnection, body: &[u8]) -> Result<std::result::Result<Pushed, String>> {
    let names = &connection.result;
    let Some(members) = members(body) else {
        return Ok(Err("the body is neither a JSON object nor a form".to_owned()));
    };
    let Some(instance) = member(&members, &names.request) else {
        return Ok(Err(format!("the body has no {}, which names the request", names.request)));
    };
    let Some(word) = member(&members, &names.status) else {
        return Ok(Err(format!("the body has no {}, which is the result", names.status)));
    };
    let decided_ms = match member(&members, &names.time) {
        Some(text) => crate::time::weaver(&text, None, &connection.time_zone)?,
        None => None,
    };
    let told =
        EventDecision { approver: member(&members, &names.approver), comments: member(&members, &names.comments) };
    let event = InstanceEvent {
        identity: format!("{instance}/{word}"),
        instance: Some(InstanceId::new(instance)),
        template: None,
        outcome: outcome(names, &word),
        at_ms: decided_ms,
        ended_ms: decided_ms,
        told: Some(told),
    };
    Ok(Ok(Pushed { event, word }))
}

/// What the site's word means; nothing for one that is not configured.
fn outcome(names: &WeaverResult, word: &str) -> Option<Outcome> {
    let is_one_of = |words: &[String]| words.iter().any(|known| known.trim() == word);
    if is_one_of(&names.approved) {
        Some(Outcome::Agreed)
    } else {
        is_one_of(&names.rejected).then_some(Outcome::Refused)
    }
}

fn members(body: &[u8]) -> Option<Map<String, Value>> {
    if let Ok(Value::Object(members)) = tenon_model::json::from_slice(body) {
        return Some(members);
    }
    let form = std::str::from_utf8(body).ok()?.trim();
    if !form.contains('=') || form.starts_with(['{', '[', '<', '"']) {
        return None;
    }
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode_query(name), Value::String(decode_query(value)))
    };
    Some(form.split('&').filter(|part| !part.is_empty()).map(pair).collect())
}

/// A member's text or number; `data.status` is a member of a member.
fn member(members: &Map<String, Value>, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let value = members.get(name).or_else(|| {
        let mut parts = name.split('.');
        let first = members.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    })?;
    text(value).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn connection(result: Value) -> WeaverConnection {
        serde_json::from_value(json!({
            "id": "w", "base_url": "http://w", "app_id": "a", "secret": "s", "spk": "k", "result": result
        }))
        .unwrap()
    }

    fn read(result: Value, body: &str) -> std::result::Result<Pushed, String> {
        pushed(&connection(result), body.as_bytes()).unwrap()
    }

    // R-W32, R-W36
    #[test]
    fn names_and_words_are_the_sites() {
        let plain = json!({"approved": [1], "rejected": ["2", "3"]});
        for (body, outcome) in [
            (r#"{"requestid":2966060,"status":"1"}"#, Some(Outcome::Agreed)),
            (r#"{"requestid":"2966060","status":1}"#, Some(Outcome::Agreed)),
            ("requestid=2966060&status=3", Some(Outcome::Refused)),
            (r#"{"requestid":"2966060","status":"5"}"#, None),
            (r#"{"requestid":"2966060","status":"11"}"#, None),
        ] {
            let found = read(plain.clone(), body).unwrap().event;
            assert_eq!((found.instance, found.outcome), (Some(InstanceId::new("2966060")), outcome), "{body}");
        }
        let own = json!({"request": "data.rid", "status": "结果", "approver": "by", "time": "at", "comments": "words",
            "approved": ["同意"], "rejected": ["不同意"]});
        let body = r#"{"data":{"rid":7},"结果":"不同意","by":"李总","at":"2024-12-04 10:30:00","words":"同意采购"}"#;
        let found = read(own.clone(), body).unwrap();
        assert_eq!((found.word.as_str(), found.event.outcome), ("不同意", Some(Outcome::Refused)));
        assert_eq!(found.event.ended_ms, Some(1_733_279_400_000));
        let told = found.event.told.unwrap();
        assert_eq!((told.approver.as_deref(), told.comments.as_deref()), (Some("李总"), Some("同意采购")));
        let form = "data.rid=7&%E7%BB%93%E6%9E%9C=%E5%90%8C%E6%84%8F&by=a+b";
        let found = read(own, form).unwrap().event;
        assert_eq!((found.outcome, found.told.unwrap().approver.as_deref()), (Some(Outcome::Agreed), Some("a b")));
    }

    #[test]
    fn what_is_missing_is_named() {
        for body in ["", "<xml/>", "[1]", r#"{"status":"1"}"#, r#"{"requestid":"","status":"1"}"#, r#"{"requestid":1}"#]
        {
            assert!(read(json!({}), body).is_err(), "{body}");
        }
    }
}
