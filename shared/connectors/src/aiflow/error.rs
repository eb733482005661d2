//! aiflow's errors as ours: the `status` of its envelope, and 403 for a signature that is not accepted.

use super::AIFLOW;
use crate::base::meaning::meaning;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause `Retry-After` can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(10);

const STATUSES: &[KnownCode] = &[(Match::Is, "-4002", Meaning::Refused), (Match::Is, "-4001", Meaning::Refused)];

/// The data of a good answer, or what is wrong with it.
pub(super) fn read(answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let http = answer.status;
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let body = tenon_model::json::from_slice(&answer.body).unwrap_or_default();
    let message = ["msg", "message"].iter().find_map(|name| body.get(*name)).and_then(Value::as_str);
    match http {
        429 => {
            let why = message.unwrap_or("too many requests");
            return Err(AIFLOW.rate_limited(wait.unwrap_or(PAUSE), why).with_status(http).into());
        }
        401 | 403 => {
            let why = message.unwrap_or("the signature is not accepted");
            return Err(AIFLOW.login_refused(why).with_status(http).into());
        }
        500.. => {
            return Err(AIFLOW.failed(Effect::Read, message.unwrap_or("a gateway answered")).with_status(http).into());
        }
        _ => {}
    }
    let Some(status) = body.get("status").and_then(|status| status.as_i64().or_else(|| status.as_str()?.parse().ok()))
    else {
        return Err(AIFLOW.unintelligible("the answer is not aiflow's; check base_url").with_status(http).into());
    };
    if status == 0 {
        return Ok(body.get("data").cloned().unwrap_or_default());
    }
    let code = status.to_string();
    let text = words(&body, message.unwrap_or("no message"));
    Err(AIFLOW.problem(meaning(STATUSES, &code), Effect::Read, &text, wait, "").with_codes(http, code))
}

/// Its words, with the fields that it names.
fn words(body: &Value, message: &str) -> String {
    let data = body.get("data");
    let of = |name: &str| data.and_then(|data| data.get(name));
    let mut text = message.to_owned();
    if let Some(more) = of("errorMessage").and_then(Value::as_str).filter(|more| *more != message) {
        text.push_str(&format!(": {more}"));
    }
    for detail in of("errorDetails").and_then(Value::as_array).into_iter().flatten().take(5) {
        let part = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!("; {}: {}", part("field"), part("message")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    #[test]
    fn no_failure_is_taken_for_a_success() {
        for (status, body, expected) in [
            (200, r#"{"status":0,"msg":"success","data":{"successCount":1}}"#, "ok"),
            (200, r#"{"status":-4002,"msg":"请求参数错误"}"#, "aiflow.refused"),
            (200, r#"{"status":-1024,"msg":"错误"}"#, "aiflow.unavailable"),
            (403, r#"{"status":-4002,"msg":"签名验证失败"}"#, "aiflow.login-refused"),
            (403, r#"{"code":403,"message":"签名验证失败"}"#, "aiflow.login-refused"),
            (429, "", "aiflow.rate-limited"),
            (502, "<html>", "aiflow.unavailable"),
            (200, "<html>", "aiflow.answer"),
            (200, "{}", "aiflow.answer"),
            (404, "<html>", "aiflow.answer"),
        ] {
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
            let code = match read(&answer, 0) {
                Ok(_) => "ok",
                Err(Problem::Credential) => "credential",
                Err(Problem::Other(error)) => error.code,
            };
            assert_eq!(code, expected, "{status} {body}");
        }
    }
}
