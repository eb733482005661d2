//! B1's errors: two JSON shapes, proxies' HTML, and what may be repeated after each. What an error means
//! is decided by its code, of which a few are known; an unknown one is nobody's refusal until it has been
//! tried for a while.

use super::SERVICE_LAYER;
use crate::base::Effect;
use crate::base::vendor::FOR_A_WHILE;
use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Retry};
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// No matching record.
const NO_RECORD: &str = "-2028";
/// The entry exists already.
const EXISTS: &str = "-2035";
/// The entity changed since it was read.
const CHANGED: &str = "-2039";
/// An unknown path or a malformed request, which is never a missing document.
const BAD_REQUEST: &str = "-1000";
/// "Could not commit transaction": nothing was changed. Seen of a sick Service Layer until it was
/// restarted, and of rules that no repetition helps against.
const NOT_COMMITTED: &str = "-1116";
/// Refusals of the business or of the request's form, which stay refusals: the general error that carries
/// the text of a rule, malformed requests, invalid values, actions an object does not have, and what is wrong
/// with a stored query (its statement, a table, a column, a parameter).
const REFUSALS: [&str; 12] =
    ["-10", BAD_REQUEST, "-5002", "-5006", "206", "242", "701", "702", "703", "704", "705", "706"];
/// How long to stay away after a 429 that names no time.
const PAUSE: Duration = Duration::from_secs(30);
/// And at most, whatever time it names: a decision waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// B1's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub code: String,
    pub text: String,
}

/// Reads B1's error: v1 has a number and `message.value`, v2 a string and a plain message.
pub(super) fn api_error(body: &[u8]) -> Option<ApiError> {
    let value = tenon_model::json::from_slice(body).ok()?;
    api_error_in(&value)
}

/// The same, from a parsed body.
pub(super) fn api_error_in(value: &Value) -> Option<ApiError> {
    let error = value.get("error")?;
    let code = match error.get("code")? {
        Value::String(s) => s.trim().to_owned(),
        Value::Number(n) => n.to_string(),
        _ => return None,
    };
    let message = error.get("message");
    let text = message.and_then(Value::as_str).or_else(|| message?.get("value")?.as_str()).unwrap_or("no message");
    Some(ApiError { code, text: text.to_owned() })
}

/// What an answer outside 2xx means.
pub(super) fn refused(effect: Effect, answer: &Answer, now_ms: i64) -> Error {
    match api_error(&answer.body) {
        _ if answer.status == 429 => rate_limited(answer, now_ms).with_status(429),
        None => not_json(effect, answer.status).with_status(answer.status),
        Some(refusal) => meaning(effect, answer.status, &refusal)
            .with_status(answer.status)
            .with_vendor_message(&refusal.text)
            .with_vendor_code(refusal.code),
    }
}

fn meaning(effect: Effect, status: u16, refusal: &ApiError) -> Error {
    let text = &refusal.text;
    match (refusal.code.as_str(), effect) {
        // Seen with documents that an approval procedure takes: the error comes and the draft exists.
        (NO_RECORD, Effect::Create) => SERVICE_LAYER
            .unknown(format!("B1 says that no record matches ({text}), yet a draft may have been stored"))
            .with_kind(ErrorKind::Refused),
        (NO_RECORD, Effect::Read) => SERVICE_LAYER.not_found(text),
        // The document, or something that it names.
        (NO_RECORD, Effect::Change) if status == 404 => SERVICE_LAYER.not_found(text),
        (NO_RECORD, Effect::Change) => SERVICE_LAYER.refused(text),
        (EXISTS, _) => {
            Error::permanent("b1.exists", format!("B1 has this entry already: {text}")).with_kind(ErrorKind::Exists)
        }
        (CHANGED, _) => changed(text),
        (NOT_COMMITTED, Effect::Create | Effect::Change) => not_committed(text),
        (code, _) if REFUSALS.contains(&code) && status < 500 => SERVICE_LAYER.refused(text),
        (_, _) if status == 404 && effect != Effect::Create => SERVICE_LAYER.not_found(text),
        (_, _) if status == 412 => changed(text),
        (_, Effect::Read) => SERVICE_LAYER.failed(Effect::Read, text),
        // A 5xx is the server's own trouble, at whatever moment; so may be an error nobody knows.
        (_, Effect::Create) if status >= 500 => SERVICE_LAYER.unknown(format!("B1 failed: {text}")),
        (_, Effect::Create) => SERVICE_LAYER.unknown(format!("B1 failed: {text}")).with_kind(ErrorKind::Refused),
        (_, Effect::Change) if status >= 500 => SERVICE_LAYER.unknown(format!("B1 failed inside: {text}")),
        (_, Effect::Change) => unexpected(text),
    }
}

/// No B1 error in the body: a proxy or a web server spoke, or something that is not SERVICE_LAYER.
fn not_json(effect: Effect, status: u16) -> Error {
    const NOT_B1: &str = "the answer is not the Service Layer's; check that base_url leads to it, without /b1s, and that the site has the version in api, and what stands in front of it";
    match (status, effect) {
        (408 | 500.., Effect::Read) => {
            SERVICE_LAYER.failed(Effect::Read, "a proxy or web server answered in its place")
        }
        (408 | 500.., _) => SERVICE_LAYER.unknown("a proxy or web server answered in B1's place"),
        (413, _) => {
            Error::permanent("b1.refused", "the request is larger than the web server in front of B1 takes (50 MB)")
                .with_kind(ErrorKind::Refused)
        }
        (412, _) => Error::transient("b1.changed", "the entity changed since it was read; read it again")
            .with_kind(ErrorKind::Changed),
        (_, Effect::Read) => SERVICE_LAYER.unintelligible(NOT_B1),
        (_, Effect::Create) => SERVICE_LAYER.unknown("something that is not the Service Layer answered in its place"),
        (_, Effect::Change) => {
            Error::new("b1.answer", Retry::TransientFor(FOR_A_WHILE), NOT_B1).with_kind(ErrorKind::Unintelligible)
        }
    }
}

fn changed(text: &str) -> Error {
    Error::transient("b1.changed", format!("the entity changed since it was read: {text}; read it again"))
        .with_kind(ErrorKind::Changed)
}

fn not_committed(text: &str) -> Error {
    let message = format!(
        "B1 did not commit the change: {text}; it is tried again for an hour. If that does not help, look whether \
         other documents can be changed: if none can, the Service Layer needs a restart"
    );
    Error::new("b1.not-committed", Retry::TransientFor(FOR_A_WHILE), message)
}

fn unexpected(text: &str) -> Error {
    let message = format!("B1 did not carry out the change, for a reason that is no known refusal: {text}");
    Error::new("b1.unexpected", Retry::TransientFor(FOR_A_WHILE), message)
}

fn rate_limited(answer: &Answer, now_ms: i64) -> Error {
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE).unwrap_or(PAUSE);
    SERVICE_LAYER.rate_limited(wait, format!("too many requests; the next one after {} s", wait.as_secs()))
}

/// A 2xx answer that is not what the call promises.
pub(super) fn unreadable(effect: Effect, status: u16) -> Error {
    let error = match effect {
        Effect::Read => {
            SERVICE_LAYER.unintelligible("the answer is not JSON; check that base_url leads to the Service Layer")
        }
        _ => SERVICE_LAYER.unknown("the answer to a write cannot be read"),
    };
    error.with_status(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn both_shapes_are_read() {
        let v1 = api_error(br#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"Item [line: 1]"}}}"#).unwrap();
        let v2 = api_error(br#"{"error":{"code":"-5002","message":"Item [line: 1]"}}"#).unwrap();
        assert_eq!(v1, v2);
        assert_eq!(v1.text, "Item [line: 1]");
        assert_eq!(api_error(b"<html></html>"), None);
    }

    #[test]
    fn what_may_be_repeated_depends_on_what_was_done() {
        const MISSING: &str = r#"{"error":{"code":-2028,"message":{"value":"No matching records found"}}}"#;
        const ODD: &str = r#"{"error":{"code":-7777,"message":{"value":"odd"}}}"#;
        const SICK: &str = r#"{"error":{"code":"-1116","message":"Could not commit transaction"}}"#;
        const BUSINESS: &str = r#"{"error":{"code":-10,"message":{"value":"no"}}}"#;
        for (effect, status, body, code) in [
            (Effect::Read, 404, MISSING, "b1.not-found"),
            (Effect::Read, 400, MISSING, "b1.not-found"),
            (Effect::Create, 400, MISSING, "b1.unknown-outcome"),
            (Effect::Change, 404, MISSING, "b1.not-found"),
            (Effect::Change, 400, MISSING, "b1.refused"),
            (Effect::Change, 400, BUSINESS, "b1.refused"),
            (Effect::Change, 500, BUSINESS, "b1.unknown-outcome"),
            (Effect::Read, 500, BUSINESS, "b1.unavailable"),
            (Effect::Read, 404, "<html>", "b1.answer"),
            (Effect::Create, 403, "<html>", "b1.unknown-outcome"),
            (Effect::Read, 400, ODD, "b1.unavailable"),
            (Effect::Create, 400, ODD, "b1.unknown-outcome"),
            (Effect::Change, 400, ODD, "b1.unexpected"),
            (Effect::Read, 400, SICK, "b1.unavailable"),
            (Effect::Create, 400, SICK, "b1.not-committed"),
            (Effect::Change, 500, SICK, "b1.not-committed"),
            (Effect::Read, 503, "<html>", "b1.unavailable"),
            (Effect::Create, 502, "<html>", "b1.unknown-outcome"),
            (Effect::Change, 504, "", "b1.unknown-outcome"),
            (Effect::Create, 413, "<html>", "b1.refused"),
            (Effect::Change, 412, "", "b1.changed"),
        ] {
            assert_eq!(refused(effect, &answer(status, body), 0).code, code, "{effect:?} {status} {body}");
        }
    }

    #[test]
    fn an_unknown_path_is_not_a_missing_document() {
        let unknown = answer(404, r#"{"error":{"code":-1000,"message":{"value":"Unrecognized resource path."}}}"#);
        assert_eq!(refused(Effect::Read, &unknown, 0).code, "b1.refused");
    }

    #[test]
    fn a_write_that_was_not_carried_out_is_tried_for_an_hour() {
        for body in [
            r#"{"error":{"code":-1116,"message":{"value":"Could not commit transaction: Error -1"}}}"#,
            r#"{"error":{"code":-7777,"message":{"value":"Could not commit transaction: Error -1"}}}"#,
        ] {
            let error = refused(Effect::Change, &answer(400, body), 0);
            assert_eq!(error.retry, Retry::TransientFor(Duration::from_secs(3600)));
            assert!(error.message.contains("Could not commit"), "{error}");
        }
    }

    #[test]
    fn the_servers_wish_to_be_left_alone_is_honoured_within_limits() {
        for (wish, wait) in [("17", 17), ("31536000", 900), ("18446744073709551615", 900), ("-1", 30), ("soon", 30)] {
            let mut limited = answer(429, "<html>");
            limited.headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from_static(wish));
            let error = refused(Effect::Create, &limited, 0);
            assert_eq!(error.retry, Retry::RateLimited(Duration::from_secs(wait)), "{wish}");
        }
        assert_eq!(refused(Effect::Read, &answer(429, ""), 0).retry, Retry::RateLimited(PAUSE));
    }
}
