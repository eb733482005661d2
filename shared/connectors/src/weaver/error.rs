//! What E-cology's answers mean. Each family of its calls has an envelope of its own, lists have none, and failures
//! have HTTP status 200. A code that is not known here is no refusal: a read is made again, and a request is looked
//! for before it is made again.

use super::WEAVER;
use crate::base::{Effect, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::Error;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause `Retry-After` can ask for: a decision waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(60);
/// The user that a call is made as is not well.
const USER: &str = "USER_EXCEPTION";

/// The body of a good answer, or what is wrong with it.
pub(super) fn read(effect: Effect, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let Some(body) = body(answer) else { return Err(non_json(effect, status, wait)) };
    let code = code(&body);
    let refused = body.get("status") == Some(&Value::Bool(false));
    let good = matches!(code.as_deref(), None | Some("SUCCESS" | "0" | "1"));
    if good && !refused && (200..300).contains(&status) {
        return Ok(body);
    }
    let code = code.unwrap_or_default();
    let message = message(&body);
    let meaning = match meaning(effect, &code, &message) {
        None if status == 429 => Some(Meaning::Limit(PAUSE)),
        // Whatever it is called, a server's 5xx is its own trouble.
        Some(Meaning::Refused | Meaning::NotFound) if status >= 500 => None,
        meaning => meaning,
    };
    Err(WEAVER.problem(meaning, effect, &message, wait, remedy(&message)).with_codes(status, code))
}

/// JSON; the cube's answers are JSON in a text.
fn body(answer: &Answer) -> Option<Value> {
    let body: Value = tenon_model::json::from_slice(&answer.body).ok()?;
    match &body {
        Value::String(text) => tenon_model::json::from_slice(text.as_bytes()).ok(),
        Value::Object(_) | Value::Array(_) => Some(body),
        // A count.
        Value::Number(_) => Some(body),
        Value::Null | Value::Bool(_) => None,
    }
}

/// `"SUCCESS"`, `{"name":"SUCCESS","statusCode":"1"}` or only one of the two, `0`, `-1`, or `errorCode`.
fn code(body: &Value) -> Option<String> {
    let code = body.get("code").filter(|code| !code.is_null()).or_else(|| body.get("errorCode"))?;
    match code {
        Value::Object(parts) => parts.get("name").or_else(|| parts.get("statusCode")).and_then(text),
        code => text(code),
    }
}

/// What it says, in its own words: of `errMsg` each member.
fn message(body: &Value) -> String {
    let messages = ["errMsg", "msg", "message", "errmsg"].into_iter().filter_map(|name| body.get(name));
    let mut words = messages.map(words).filter(|words| !words.is_empty());
    words.next().unwrap_or_else(|| "no message".to_owned())
}

fn words(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let all = members.iter().map(|(name, value)| format!("{name}: {}", words(value)));
            all.collect::<Vec<_>>().join("; ")
        }
        Value::Null => String::new(),
        value => text(value).unwrap_or_else(|| value.to_string()),
    }
}

fn meaning(effect: Effect, code: &str, message: &str) -> Option<Meaning> {
    match code {
        // Of the user it is made as, whose token would be no better.
        _ if is_of_user(message) => Some(Meaning::Refused),
        "-1" | "002" if is_of_address(message) => Some(Meaning::Forbidden),
        "-1" | "002" => Some(Meaning::Credential),
        "PARAM_ERROR" if effect == Effect::Read && is_gone(message) => Some(Meaning::NotFound),
        "PARAM_ERROR" | USER => Some(Meaning::Refused),
        "NO_PERMISSION" => Some(Meaning::Forbidden),
        _ => None,
    }
}

/// 该账号存在异常,单点登录失败.
fn is_of_user(message: &str) -> bool {
    message.contains("单点登录") || message.contains("账号")
}

fn is_of_address(message: &str) -> bool {
    message.contains("白名单") || message.to_ascii_lowercase().contains("ip")
}

fn is_gone(message: &str) -> bool {
    message.contains("不存在") || message.contains("已删除") || message.contains("已被删除")
}

fn remedy(message: &str) -> &'static str {
    if is_of_address(message) {
        "add this server's address to those that the OA lets in (allowIp)"
    } else {
        "let the OA user do this, in the workflow's settings or by a role"
    }
}

/// The error with whom it is about, when it is about the user.
pub(super) fn about_user(mut error: Error, user: &str) -> Error {
    if error.vendor_code.as_deref() == Some(USER) || is_of_user(&error.message) || error.code == "weaver.forbidden" {
        error.message = format!("{} (OA user {user})", error.message);
    }
    error
}

/// A proxy's page, or nothing.
fn non_json(effect: Effect, status: u16, wait: Option<Duration>) -> Problem {
    let error = match status {
        429 => WEAVER.rate_limited(wait.unwrap_or(PAUSE), "a proxy turned the request away"),
        500.. => WEAVER.failed(effect, "something else answered in its place"),
        404 if effect == Effect::Read => {
            WEAVER.forbidden("there is no such interface", "check base_url, and the OA's version")
        }
        _ if effect == Effect::Read => WEAVER.unintelligible("the answer is not the OA's; check base_url"),
        _ => WEAVER.unknown("the answer is not the OA's; check base_url"),
    };
    error.with_status(status).into()
}

/// A text; a number as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        other => tenon_model::json::number::text_of(other).map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn outcome(effect: Effect, status: u16, body: &str) -> (&'static str, String) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        match read(effect, &answer, 0) {
            Ok(_) => ("ok", String::new()),
            Err(Problem::Credential) => ("token", String::new()),
            Err(Problem::Other(error)) => (error.code, error.message.clone()),
        }
    }

    // R-W3, R-W26, R-W27
    #[test]
    fn what_may_be_repeated_depends_on_what_was_done() {
        use Effect::{Create, Read};
        for (effect, status, body, expected) in [
            (Create, 200, r#"{"code":"SUCCESS","data":{"requestid":1},"errMsg":{}}"#, "ok"),
            (Create, 200, r#"{"code":{"name":"SUCCESS","statusCode":"1"},"data":{}}"#, "ok"),
            (Create, 200, r#"{"code":{"statusCode":1},"data":{}}"#, "ok"),
            (Read, 200, r#"{"code":0,"status":true,"msg":"ok","token":"t"}"#, "ok"),
            (Read, 200, r#"[{"requestId":"1"}]"#, "ok"),
            (Read, 200, r#"{"data":{"requestId":"1"}}"#, "ok"),
            (Read, 200, r#""{\"status\":\"1\"}""#, "ok"),
            (Create, 200, r#"{"code":-1,"status":false,"msg":"token不存在或者超时"}"#, "token"),
            (Create, 200, r#"{"errorCode":"002","status":false,"msg":"登录信息超时"}"#, "token"),
            (Create, 200, r#"{"code":-1,"msg":"该账号存在异常,单点登录失败"}"#, "weaver.refused"),
            (Create, 200, r#"{"code":-1,"msg":"当前IP不在白名单"}"#, "weaver.forbidden"),
            (Create, 200, r#"{"code":"PARAM_ERROR","errMsg":{"mainData":"xx字段不存在"}}"#, "weaver.refused"),
            (Create, 200, r#"{"code":{"name":"NO_PERMISSION"},"errMsg":{}}"#, "weaver.forbidden"),
            (Create, 200, r#"{"code":"USER_EXCEPTION","errMsg":{}}"#, "weaver.refused"),
            (Create, 500, r#"{"code":"PARAM_ERROR"}"#, "weaver.unknown-outcome"),
            (Create, 200, r#"{"code":"SYSTEM_INNER_ERROR"}"#, "weaver.unknown-outcome"),
            (Read, 200, r#"{"code":"SYSTEM_INNER_ERROR"}"#, "weaver.unavailable"),
            (Read, 200, r#"{"code":"PARAM_ERROR","errMsg":{"requestId":"请求不存在"}}"#, "weaver.not-found"),
            (Read, 200, r#"{"status":false}"#, "weaver.unavailable"),
            (Read, 429, "<html>", "weaver.rate-limited"),
            (Read, 404, "<html>", "weaver.forbidden"),
            (Read, 200, "<html>", "weaver.answer"),
            (Read, 502, "<html>", "weaver.unavailable"),
            (Create, 502, "<html>", "weaver.unknown-outcome"),
            (Create, 200, "<html>", "weaver.unknown-outcome"),
        ] {
            assert_eq!(outcome(effect, status, body).0, expected, "{effect:?} {status} {body}");
        }
    }

    // R-W26, R-W27
    #[test]
    fn the_oas_words_say_which_field_it_is() {
        let (_, message) =
            outcome(Effect::Create, 200, r#"{"code":"PARAM_ERROR","errMsg":{"mainData":"xx字段不存在"}}"#);
        assert!(message.contains("mainData: xx字段不存在"), "{message}");
        let error = about_user(Error::permanent("weaver.refused", "x").with_vendor_code(USER), "66");
        assert!(error.message.contains("OA user 66"), "{error}");
    }
}
