//! B1's errors: two JSON shapes, proxies' HTML, and what may be repeated after each.

use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::{Error, Retry};
use tenon_platform::http::{Answer, Failure};

/// No matching record.
const NO_RECORD: &str = "-2028";
/// The entry exists already.
const EXISTS: &str = "-2035";
/// The entity changed since it was read.
const CHANGED: &str = "-2039";
/// An unknown path or a malformed request, which is never a missing document.
const BAD_REQUEST: &str = "-1000";
/// How long to stay away after a 429 that names no time.
const PAUSE: Duration = Duration::from_secs(30);

/// What a call does, which decides what its failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Reads may always be repeated.
    Read,
    /// POST.
    Create,
    /// PATCH and DELETE.
    Change,
}

/// B1's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    pub code: String,
    pub text: String,
}

/// Reads B1's error: v1 has a number and `message.value`, v2 a string and a plain message.
pub(super) fn spoken(body: &[u8]) -> Option<Spoken> {
    let value = tenon_model::json::from_slice(body).ok()?;
    spoken_in(&value)
}

/// The same, from a parsed body.
pub(super) fn spoken_in(value: &Value) -> Option<Spoken> {
    let error = value.get("error")?;
    let code = match error.get("code")? {
        Value::String(s) => s.trim().to_owned(),
        Value::Number(n) => n.to_string(),
        _ => return None,
    };
    let message = error.get("message");
    let text = message.and_then(Value::as_str).or_else(|| message?.get("value")?.as_str()).unwrap_or("no message");
    Some(Spoken { code, text: text.to_owned() })
}

/// Why there is no answer.
pub(super) fn no_answer(doing: Doing, failure: &Failure) -> Error {
    match (failure, doing) {
        (Failure::NotSent(why), _) => Error::transient(
            "b1.unreachable",
            format!("the Service Layer cannot be reached: {why}; check base_url, the network and ca_file"),
        ),
        (Failure::NoAnswer(why), Doing::Read) => {
            Error::transient("b1.no-answer", format!("the Service Layer did not answer: {why}"))
        }
        (Failure::NoAnswer(why), _) => unknown(format!("the request was sent and no answer came: {why}")),
    }
}

/// An outcome nobody told.
pub(super) fn unknown(why: impl AsRef<str>) -> Error {
    let why = why.as_ref();
    Error::new(
        "b1.unknown-outcome",
        Retry::UnknownOutcome,
        format!("{why}; whether B1 carried it out must be looked up before it is tried again"),
    )
}

/// What an answer outside 2xx means.
pub(super) fn refused(doing: Doing, answer: &Answer) -> Error {
    let Some(spoken) = spoken(&answer.body) else { return unspoken(doing, answer).with_status(answer.status) };
    said(doing, answer, &spoken).with_status(answer.status).with_vendor_code(spoken.code)
}

fn said(doing: Doing, answer: &Answer, spoken: &Spoken) -> Error {
    let text = &spoken.text;
    let status = answer.status;
    if status == 429 {
        return rate_limited(answer);
    }
    match (spoken.code.as_str(), doing) {
        // Seen with documents that an approval procedure takes: the error comes and the draft exists.
        (NO_RECORD, Doing::Create) => {
            unknown(format!("B1 says that no record matches ({text}), yet a draft may have been stored"))
        }
        (NO_RECORD, Doing::Read) => not_found(text),
        (BAD_REQUEST, _) => business(text),
        (EXISTS, _) => Error::permanent("b1.exists", format!("B1 has this entry already: {text}")),
        (CHANGED, _) => {
            Error::transient("b1.changed", format!("the entity changed since it was read: {text}; read it again"))
        }
        (_, _) if status == 404 && doing != Doing::Create => not_found(text),
        (_, _) if status == 412 => {
            Error::transient("b1.changed", format!("the entity changed since it was read: {text}; read it again"))
        }
        (_, Doing::Read) if status >= 500 => unavailable(text),
        // Business errors come as 400; a 5xx is the server's own trouble, at whatever moment.
        (_, _) if status >= 500 => unknown(format!("B1 failed inside: {text}")),
        _ => business(text),
    }
}

/// No B1 error in the body: a proxy or a web server spoke, or something that is not B1.
fn unspoken(doing: Doing, answer: &Answer) -> Error {
    match (answer.status, doing) {
        (429, _) => rate_limited(answer),
        (408 | 500.., Doing::Read) => unavailable("a proxy or web server answered in its place"),
        (408 | 500.., _) => unknown("a proxy or web server answered in B1's place"),
        (413, _) => {
            Error::permanent("b1.refused", "the request is larger than the web server in front of B1 takes (50 MB)")
        }
        (412, _) => Error::transient("b1.changed", "the entity changed since it was read; read it again"),
        _ => Error::permanent(
            "b1.answer",
            "the answer is not the Service Layer's; check that base_url leads to it, without /b1s/v1",
        ),
    }
}

fn not_found(text: &str) -> Error {
    Error::permanent("b1.not-found", format!("B1 has no such record: {text}"))
}

fn business(text: &str) -> Error {
    Error::permanent("b1.refused", format!("B1 refused: {text}"))
}

fn unavailable(text: &str) -> Error {
    Error::transient("b1.unavailable", format!("the Service Layer is not available: {text}"))
}

fn rate_limited(answer: &Answer) -> Error {
    let header = answer.headers.get(http::header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
    let wait = header.map_or(PAUSE, Duration::from_secs);
    Error::new(
        "b1.rate-limited",
        Retry::RateLimited(wait),
        format!("too many requests; the next one after {} s", wait.as_secs()),
    )
}

/// A 2xx answer that is not what the call promises.
pub(super) fn unreadable(doing: Doing, status: u16) -> Error {
    let error = match doing {
        Doing::Read => {
            Error::permanent("b1.answer", "the answer is not JSON; check that base_url leads to the Service Layer")
        }
        _ => unknown("the answer to a write cannot be read"),
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
        let v1 = spoken(br#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"Item [line: 1]"}}}"#).unwrap();
        let v2 = spoken(br#"{"error":{"code":"-5002","message":"Item [line: 1]"}}"#).unwrap();
        assert_eq!(v1, v2);
        assert_eq!(v1.text, "Item [line: 1]");
        assert_eq!(spoken(b"<html></html>"), None);
    }

    #[test]
    fn what_may_be_repeated_depends_on_what_was_done() {
        const MISSING: &str = r#"{"error":{"code":-2028,"message":{"value":"No matching records found"}}}"#;
        const BUSINESS: &str = r#"{"error":{"code":-10,"message":{"value":"no"}}}"#;
        for (doing, status, body, code) in [
            (Doing::Read, 404, MISSING, "b1.not-found"),
            (Doing::Read, 400, MISSING, "b1.not-found"),
            (Doing::Create, 400, MISSING, "b1.unknown-outcome"),
            (Doing::Change, 404, MISSING, "b1.not-found"),
            (Doing::Change, 400, MISSING, "b1.refused"),
            (Doing::Change, 400, BUSINESS, "b1.refused"),
            (Doing::Change, 500, BUSINESS, "b1.unknown-outcome"),
            (Doing::Read, 500, BUSINESS, "b1.unavailable"),
            (Doing::Read, 404, "<html>", "b1.answer"),
            (Doing::Read, 503, "<html>", "b1.unavailable"),
            (Doing::Create, 502, "<html>", "b1.unknown-outcome"),
            (Doing::Change, 504, "", "b1.unknown-outcome"),
            (Doing::Create, 413, "<html>", "b1.refused"),
            (Doing::Change, 412, "", "b1.changed"),
        ] {
            assert_eq!(refused(doing, &answer(status, body)).code, code, "{doing:?} {status} {body}");
        }
    }

    #[test]
    fn an_unknown_path_is_not_a_missing_document() {
        let unknown = answer(404, r#"{"error":{"code":-1000,"message":{"value":"Unrecognized resource path."}}}"#);
        assert_eq!(refused(Doing::Read, &unknown).code, "b1.refused");
    }

    #[test]
    fn the_servers_wish_to_be_left_alone_is_honoured() {
        let mut limited = answer(429, "<html>");
        limited.headers.insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("17"));
        assert_eq!(refused(Doing::Create, &limited).retry, Retry::RateLimited(Duration::from_secs(17)));
        assert_eq!(refused(Doing::Read, &answer(429, "")).retry, Retry::RateLimited(PAUSE));
    }
}
