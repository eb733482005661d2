//! {{Type}}'s errors as ours. A code decides, and not the HTTP status; one that the table does not know is no
//! refusal: a read is tried again, and a creation is looked for.

use super::{{NAME}};
use crate::base::meaning::meaning;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause `Retry-After` can ask for: a decision waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(60);

/// FILL IN: every code that the vendor documents for the calls made here, and nothing that is a guess.
const CODES: &[KnownCode] = &[
    (Match::Is, "40014", Meaning::Credential),
    (Match::Is, "42001", Meaning::Credential),
    (Match::Is, "40001", Meaning::Login),
    (Match::Is, "45009", Meaning::Limit(PAUSE)),
    (Match::Is, "60011", Meaning::Forbidden),
    (Match::Is, "40035", Meaning::Refused),
    (Match::Is, "40404", Meaning::NotFound),
];

/// The data of a good answer, or what is wrong with it.
pub(super) fn read(effect: Effect, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let retry_after_header = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let Ok(body) = tenon_model::json::from_slice(&answer.body) else {
        let error = match status {
            429 => {{NAME}}.rate_limited(retry_after_header.unwrap_or(PAUSE), "too many requests"),
            200..500 if effect == Effect::Read => {{NAME}}.unintelligible("the answer is not JSON; check base_url"),
            _ => {{NAME}}.failed(effect, "something else answered in its place"),
        };
        return Err(error.with_status(status).into());
    };
    // FILL IN: the vendor's envelope.
    let code = match body.get("code") {
        Some(Value::String(code)) => code.clone(),
        Some(code) => code.to_string(),
        None => String::new(),
    };
    if code == "0" && (200..300).contains(&status) {
        return Ok(body.get("data").cloned().unwrap_or_default());
    }
    let text = body.get("message").and_then(Value::as_str).unwrap_or("no message");
    let meaning = match meaning(CODES, &code) {
        None if status == 429 => Some(Meaning::Limit(PAUSE)),
        // Whatever it is called, a server's 5xx is its own trouble.
        Some(Meaning::Refused) if status >= 500 => None,
        meaning => meaning,
    };
    // FILL IN: where a missing permission is granted.
    let remedy = "grant the app this permission in the vendor's console";
    Err({{NAME}}.problem(meaning, effect, text, retry_after_header, remedy).with_codes(status, code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    #[test]
    fn what_may_be_repeated_depends_on_what_was_done() {
        use Effect::{Create, Read};
        for (effect, status, body, expected) in [
            (Read, 200, r#"{"code":0,"data":{}}"#, "ok"),
            (Read, 200, r#"{"code":"40014"}"#, "token"),
            (Create, 200, r#"{"code":40035}"#, "{{name}}.refused"),
            (Create, 500, r#"{"code":40035}"#, "{{name}}.unknown-outcome"),
            (Create, 200, r#"{"code":-1}"#, "{{name}}.unknown-outcome"),
            (Read, 200, r#"{"code":-1}"#, "{{name}}.unavailable"),
            (Read, 200, r#"{"code":45009}"#, "{{name}}.rate-limited"),
            (Read, 429, "<html>", "{{name}}.rate-limited"),
            (Read, 404, "<html>", "{{name}}.answer"),
            (Read, 502, "<html>", "{{name}}.unavailable"),
            (Create, 200, "<html>", "{{name}}.unknown-outcome"),
            (Read, 200, r#"{"code":40404}"#, "{{name}}.not-found"),
        ] {
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
            let code = match read(effect, &answer, 0) {
                Ok(_) => "ok",
                Err(Problem::Credential) => "token",
                Err(Problem::Other(error)) => error.code,
            };
            assert_eq!(code, expected, "{effect:?} {status} {body}");
        }
    }
}
