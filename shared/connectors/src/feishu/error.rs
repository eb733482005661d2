//! Feishu's errors as ours. A code decides, and not the HTTP status; one that the table does not know is no refusal: a
//! read is tried again, and a message is sent again under its uuid.

use super::FEISHU;
use crate::base::meaning::meaning;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause that the answer can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(5);
/// The header in which an API's limit says in how many seconds it is over.
const RESET: &str = "x-ogw-ratelimit-reset";

const CODES: &[KnownCode] = &[
    (Match::Is, "99991661", Meaning::Credential),
    (Match::Is, "99991663", Meaning::Credential),
    (Match::Is, "99991664", Meaning::Credential),
    (Match::Is, "99991668", Meaning::Credential),
    // Of the call for a token.
    (Match::Is, "10003", Meaning::Login),
    (Match::Is, "10014", Meaning::Login),
    (Match::Is, "10015", Meaning::Login),
    (Match::Is, "20070", Meaning::Login),
    (Match::Is, "99991400", Meaning::Limit(PAUSE)),
    (Match::Is, "230020", Meaning::Limit(PAUSE)),
    (Match::Is, "99991672", Meaning::Forbidden),
    (Match::Is, "99991679", Meaning::Forbidden),
    (Match::Is, "230006", Meaning::Forbidden),
    // Of the one person or message.
    (Match::Is, "230001", Meaning::Refused),
    (Match::Is, "230002", Meaning::Refused),
    (Match::Is, "230013", Meaning::Refused),
    (Match::Is, "230025", Meaning::Refused),
    (Match::Is, "99992351", Meaning::Refused),
];

/// What to do about it.
fn remedy(code: &str) -> &'static str {
    match code {
        "230006" => "switch the bot ability (机器人) on in the app's console and publish a version",
        "99991672" | "99991679" => "grant the app im:message:send_as_bot in its console and publish a version",
        _ => "check the app in Feishu's console",
    }
}

fn explained(code: &str, message: &str) -> String {
    let why = match code {
        "230013" => "the person is not in the app's availability range (可用范围)",
        "230002" => "the bot is not in the chat",
        "99992351" => "there is no such person in Feishu",
        _ => return message.to_owned(),
    };
    format!("{why} ({message})")
}

/// A good answer, or what is wrong with it.
pub(super) fn read(effect: Effect, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let wait = retry_wait(answer, now_ms);
    let body = match tenon_model::json::from_slice(&answer.body) {
        Ok(body) if body.get("code").is_some() => body,
        _ => return Err(not_feishus(effect, status, wait)),
    };
    let code = body.get("code").map(text).unwrap_or_default();
    if code == "0" && (200..300).contains(&status) {
        return Ok(body);
    }
    let message = body.get("msg").and_then(Value::as_str).unwrap_or("no message");
    let meaning = match meaning(CODES, &code) {
        None if status == 429 => Some(Meaning::Limit(PAUSE)),
        // Whatever it is called, a server's 5xx is its own trouble.
        Some(Meaning::Refused) if status >= 500 => None,
        meaning => meaning,
    };
    Err(FEISHU.problem(meaning, effect, &explained(&code, message), wait, remedy(&code)).with_codes(status, code))
}

fn retry_wait(answer: &Answer, now_ms: i64) -> Option<Duration> {
    let reset = answer.headers.get(RESET).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let reset = reset.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    reset.or_else(|| retry_after(&answer.headers, now_ms, LONGEST_PAUSE))
}

fn not_feishus(effect: Effect, status: u16, wait: Option<Duration>) -> Problem {
    let error = match status {
        429 => FEISHU.rate_limited(wait.unwrap_or(PAUSE), "too many requests"),
        200..500 if effect == Effect::Read => FEISHU.unintelligible("the answer is not Feishu's; check base_url"),
        _ => FEISHU.failed(effect, "something else answered in its place"),
    };
    error.with_status(status).into()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(code) => code.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use tenon_platform::error::Retry;

    #[test]
    fn what_may_be_repeated_depends_on_what_was_done() {
        use Effect::{Create, Read};
        for (effect, status, body, expected) in [
            (Read, 200, r#"{"code":0,"data":{}}"#, "ok"),
            (Create, 400, r#"{"code":99991663}"#, "token"),
            (Create, 200, r#"{"code":"99991668"}"#, "token"),
            (Create, 400, r#"{"code":230001}"#, "feishu.refused"),
            (Create, 400, r#"{"code":230013}"#, "feishu.refused"),
            (Create, 500, r#"{"code":230001}"#, "feishu.unknown-outcome"),
            (Create, 400, r#"{"code":230006}"#, "feishu.forbidden"),
            (Create, 200, r#"{"code":1}"#, "feishu.unknown-outcome"),
            (Read, 200, r#"{"code":1}"#, "feishu.unavailable"),
            (Create, 400, r#"{"code":99991400}"#, "feishu.rate-limited"),
            (Create, 429, "<html>", "feishu.rate-limited"),
            (Read, 404, "<html>", "feishu.answer"),
            (Read, 502, "<html>", "feishu.unavailable"),
            (Create, 200, "<html>", "feishu.unknown-outcome"),
            (Read, 400, r#"{"code":10014}"#, "feishu.login-refused"),
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

    #[test]
    fn a_limit_says_when_it_is_over() {
        let headers = HeaderMap::from_iter([(http::HeaderName::from_static(RESET), "17".parse().unwrap())]);
        let body = Bytes::from_static(br#"{"code":99991400,"msg":"request trigger frequency limit"}"#);
        let Err(Problem::Other(error)) = read(Effect::Create, &Answer { status: 400, headers, body }, 0) else {
            panic!("limited")
        };
        assert_eq!(error.retry, Retry::RateLimited(Duration::from_secs(17)));
    }
}
