//! What the server answers, in whichever of its spellings: `access_token` or `accessToken`, bare or within `data` or
//! `result`, an error with or without an error's status.

use crate::fault::Fault;
use serde_json::{Map, Value};
use tenon_platform::outgoing::{OutgoingAnswer, OutgoingFailure};
use tenon_platform::text::cut;

/// Longest answer that is read.
pub(crate) const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Longest word of the server's that the log is told.
const SHOWN: usize = 200;
/// What servers call it when they do not know us.
const UNKNOWN_CLIENT: [&str; 3] = ["invalid_client", "invalid_client_id", "unauthorized_client"];

/// The members of a good answer.
pub(crate) fn members(answer: Result<OutgoingAnswer, OutgoingFailure>) -> Result<Map<String, Value>, Fault> {
    let answer = answer.map_err(|failure| Fault::Unreachable(failure.message().to_owned()))?;
    let status = answer.status;
    if status >= 500 || status == 429 {
        return Err(Fault::Unreachable(format!("HTTP {status}")));
    }
    if answer.cut {
        return Err(Fault::Answer(format!("HTTP {status}; longer than {MAX_ANSWER_BYTES} bytes, or broken off")));
    }
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(match status {
            401 => Fault::Client,
            400 | 403 => Fault::Exchange(format!("HTTP {status}")),
            _ => Fault::Answer(format!("HTTP {status}; no JSON object")),
        });
    };
    if let Some(error) = error(&body) {
        return Err(if UNKNOWN_CLIENT.contains(&error.as_str()) { Fault::Client } else { Fault::Exchange(error) });
    }
    match status {
        200..=299 => Ok(unwrapped(body)),
        401 => Err(Fault::Client),
        400 | 403 => Err(Fault::Exchange(format!("HTTP {status}"))),
        _ => Err(Fault::Answer(format!("HTTP {status}"))),
    }
}

/// The error an answer tells, whatever its status.
fn error(body: &Map<String, Value>) -> Option<String> {
    let word = match body.get("error") {
        Some(Value::String(word)) if !word.is_empty() => Some(word.clone()),
        Some(Value::Object(_)) => Some("error".to_owned()),
        _ => None,
    };
    let enveloped = || match body.get("status") {
        Some(Value::Number(status)) if status.as_i64() != Some(0) => Some(format!("status {status}")),
        _ => None,
    };
    word.or_else(enveloped).map(|text| cut(&text.replace(char::is_control, " "), SHOWN))
}

/// What is in an envelope.
fn unwrapped(mut body: Map<String, Value>) -> Map<String, Value> {
    for envelope in ["data", "result"] {
        if let Some(Value::Object(_)) = body.get(envelope)
            && let Some(Value::Object(inner)) = body.remove(envelope)
        {
            return inner;
        }
    }
    body
}

/// The first of these members that says something: a text, or a number as one.
pub(crate) fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match members.get(*name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn answered(status: u16, body: &str) -> Result<Map<String, Value>, Fault> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        members(Ok(OutgoingAnswer { status, headers: HeaderMap::new(), body, cut: false }))
    }

    #[test]
    fn both_spellings_and_envelopes_are_read() {
        for body in [
            r#"{"access_token":"a"}"#,
            r#"{"accessToken":"a"}"#,
            r#"{"status":0,"msg":"success","data":{"accessToken":"a"}}"#,
            r#"{"jsonrpc":"2.0","result":{"access_token":"a"}}"#,
        ] {
            let members = answered(200, body).unwrap();
            assert_eq!(text(&members, &["access_token", "accessToken"]).as_deref(), Some("a"), "{body}");
        }
        assert_eq!(text(&answered(200, r#"{"userId":7}"#).unwrap(), &["userId"]).as_deref(), Some("7"));
    }

    #[test]
    fn an_error_is_one_whatever_its_status() {
        for (status, body, wanted) in [
            (200, r#"{"error":"invalid_grant"}"#, Fault::Exchange("invalid_grant".to_owned())),
            (400, r#"{"error":"invalid_grant"}"#, Fault::Exchange("invalid_grant".to_owned())),
            (200, r#"{"status":-4002,"msg":"x"}"#, Fault::Exchange("status -4002".to_owned())),
            (200, r#"{"error":{"code":200}}"#, Fault::Exchange("error".to_owned())),
            (401, r#"{"error":"invalid_client_id"}"#, Fault::Client),
            (401, "{}", Fault::Client),
            (400, "no", Fault::Exchange("HTTP 400".to_owned())),
            (502, "<html>", Fault::Unreachable("HTTP 502".to_owned())),
            (200, "<html>", Fault::Answer("HTTP 200; no JSON object".to_owned())),
            (200, "[]", Fault::Answer("HTTP 200; no JSON object".to_owned())),
            (302, "{}", Fault::Answer("HTTP 302".to_owned())),
        ] {
            assert_eq!(answered(status, body), Err(wanted), "{status} {body}");
        }
    }
}
