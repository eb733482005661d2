//! DingTalk's errors: the new API's statuses, the old API's codes under HTTP 200, and what its
//! gateway says when an address has called too often.

use super::Api;
use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::{Error, Retry};
use tenon_platform::http::{Answer, Failure};

/// Ten thousand calls in 20 s block the caller's address for five minutes.
const BLOCKED: Duration = Duration::from_secs(300);
/// A second's quota turns over at once, a minute's in a minute.
const NEXT_SECOND: Duration = Duration::from_secs(1);
/// See [`NEXT_SECOND`].
const NEXT_MINUTE: Duration = Duration::from_secs(60);
/// After `systemBusy`.
const BUSY: Duration = Duration::from_secs(5);

/// What is wrong with an answer.
#[derive(Debug)]
pub(super) enum Problem {
    /// The token is not accepted; nothing was executed.
    Token,
    /// Anything else.
    Other(Box<Error>),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(Box::new(error))
    }
}

/// Why there is no answer. `creates` tells a call that must not be made twice.
pub(super) fn no_answer(creates: bool, failure: &Failure) -> Error {
    match failure {
        Failure::NotSent(why) => Error::transient(
            "dingtalk.unreachable",
            format!("DingTalk cannot be reached: {why}; check the network and api_url, oapi_url"),
        ),
        Failure::NoAnswer(why) if creates => unknown(&format!("the request was sent and no answer came: {why}")),
        Failure::NoAnswer(why) => Error::transient("dingtalk.no-answer", format!("DingTalk did not answer: {why}")),
    }
}

fn unknown(why: &str) -> Error {
    Error::new(
        "dingtalk.unknown-outcome",
        Retry::UnknownOutcome,
        format!("{why}; whether DingTalk carried it out must be looked up before it is tried again"),
    )
}

/// The body of a good answer, or what is wrong with it.
pub(super) fn read(api: Api, creates: bool, answer: &Answer) -> Result<Value, Problem> {
    let status = answer.status;
    let Ok(body) = tenon_model::json::from_slice(&answer.body) else {
        return Err(unspoken(creates, status).with_status(status).into());
    };
    if body.get("punish").is_some() || body.get("status").and_then(Value::as_i64) == Some(1111) {
        return Err(blocked().with_status(status).with_vendor_code("1111").into());
    }
    match api {
        Api::New if (200..300).contains(&status) && creates => Ok(body),
        Api::New if (200..300).contains(&status) => match text(body.get("success")).as_deref() {
            Some("false") => {
                Err(unhelpful("DingTalk says that the call did not succeed, and not why").with_status(status).into())
            }
            _ => Ok(body),
        },
        Api::New => Err(new_shape(creates, status, &body)),
        Api::Old => old_shape(creates, status, body),
    }
}

/// No JSON: the gateway's page, which also stands for a blocked address.
fn unspoken(creates: bool, status: u16) -> Error {
    match status {
        500.. if creates => unknown("a gateway answered in DingTalk's place"),
        500.. => Error::transient("dingtalk.unavailable", "a gateway answered in DingTalk's place"),
        200..300 if creates => unknown("the answer cannot be read"),
        _ => blocked(),
    }
}

fn blocked() -> Error {
    limited(
        BLOCKED,
        "DingTalk's gateway turned the request away, as it does for five minutes after too many calls from one address",
    )
}

fn limited(wait: Duration, why: &str) -> Error {
    Error::new("dingtalk.rate-limited", Retry::RateLimited(wait), why)
}

fn new_shape(creates: bool, status: u16, body: &Value) -> Problem {
    let code = text(body.get("code")).unwrap_or_default();
    let message = text(body.get("message")).unwrap_or_else(|| "no message".to_owned());
    let lower = code.to_ascii_lowercase();
    let error = if lower == "invalidauthentication" || lower.contains("invalidaccesstoken") {
        return Problem::Token;
    } else if lower == "invalidclientidorsecret" {
        return login_refused(&message).with_status(status).with_vendor_code(code).into();
    } else if lower.contains("qpslimit") {
        limited(NEXT_SECOND, &message)
    } else if lower.contains("qpmlimit") {
        limited(NEXT_MINUTE, &message)
    } else if lower == "systembusy" || status == 429 {
        limited(BUSY, &message)
    } else if lower.starts_with("forbidden") {
        forbidden(&message, &scopes(body))
    } else if lower == "systemerror" || status >= 500 {
        if creates {
            unknown(&format!("DingTalk failed inside: {message}"))
        } else {
            Error::transient("dingtalk.unavailable", format!("DingTalk failed inside: {message}"))
        }
    } else {
        Error::permanent("dingtalk.refused", format!("DingTalk refused: {message}"))
    };
    error.with_status(status).with_vendor_code(code).into()
}

fn old_shape(creates: bool, status: u16, body: Value) -> Result<Value, Problem> {
    let code = text(body.get("errcode")).unwrap_or_default();
    if code == "0" {
        return Ok(body);
    }
    if code.is_empty() && body.get("code").is_some() {
        return Err(new_shape(creates, status, &body));
    }
    if code.is_empty() && !creates {
        return Err(unhelpful("the answer names no errcode").with_status(status).into());
    }
    let message = text(body.get("errmsg")).unwrap_or_else(|| "no message".to_owned());
    // 88 is the gateway's; the reason is in the sub code.
    let sub = if code == "88" { text(body.get("sub_code")).unwrap_or_default() } else { String::new() };
    let deciding = if sub.is_empty() { code.as_str() } else { sub.as_str() };
    let error = match deciding {
        "40014" | "42001" | "40001" | "41001" => return Err(Problem::Token),
        "60011" => forbidden(&message, &[]),
        "90018" | "90019" | "90002" | "90003" | "90004" | "90005" => limited(NEXT_MINUTE, &message),
        "88" | "-1" | "15" if creates => unknown(&format!("DingTalk failed inside: {message}")),
        "88" | "-1" | "15" => Error::transient("dingtalk.unavailable", format!("DingTalk failed inside: {message}")),
        _ => Error::permanent("dingtalk.refused", format!("DingTalk refused: {message}")),
    };
    Err(error.with_status(status).with_vendor_code(deciding).into())
}

fn unhelpful(why: &str) -> Error {
    Error::transient("dingtalk.answer", why)
}

/// A wrong app key or secret.
pub(super) fn login_refused(message: &str) -> Error {
    Error::new(
        "dingtalk.login-refused",
        Retry::Blocked(crate::refusal::ASK_AGAIN),
        format!(
            "DingTalk refused the app's credentials: {message}; correct app_key and app_secret, apply the configuration and run check"
        ),
    )
}

fn forbidden(message: &str, scopes: &[String]) -> Error {
    let mend = if scopes.is_empty() {
        "check the app's permissions and its list of server addresses in the developer console".to_owned()
    } else {
        format!("grant the app these permissions in the developer console: {}", scopes.join(", "))
    };
    Error::permanent("dingtalk.forbidden", format!("DingTalk forbids this call: {message}; {mend}"))
}

fn scopes(body: &Value) -> Vec<String> {
    let detail = ["accessdenieddetail", "accessDeniedDetail"].iter().find_map(|name| body.get(*name));
    let list = detail.and_then(|d| d.get("requiredScopes")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|v| text(Some(v))).collect()
}

/// A text; a number or a boolean as text.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(s) => Some(s.clone()),
        Value::Bool(b) => Some(b.to_string()),
        other => tenon_model::json::number::text_of(other).map(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn code(api: Api, creates: bool, status: u16, body: &str) -> (&'static str, Retry) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        match read(api, creates, &answer) {
            Ok(_) => ("ok", Retry::Transient),
            Err(Problem::Token) => ("token", Retry::Session),
            Err(Problem::Other(error)) => (error.code, error.retry),
        }
    }

    #[test]
    fn the_new_apis_errors_are_told_apart() {
        use Retry::{Permanent, RateLimited, Session, Transient, UnknownOutcome};
        for (creates, status, body, expected) in [
            (true, 400, r#"{"code":"InvalidAuthentication"}"#, ("token", Session)),
            (
                true,
                403,
                r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi"}"#,
                ("dingtalk.rate-limited", RateLimited(NEXT_SECOND)),
            ),
            (
                true,
                403,
                r#"{"code":"Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}"#,
                ("dingtalk.rate-limited", RateLimited(NEXT_MINUTE)),
            ),
            (true, 403, r#"{"code":"Forbidden.AccessDenied.IpNotInWhiteList"}"#, ("dingtalk.forbidden", Permanent)),
            (true, 429, r#"{"code":"systemBusy"}"#, ("dingtalk.rate-limited", RateLimited(BUSY))),
            (true, 500, r#"{"code":"systemError"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (false, 500, r#"{"code":"systemError"}"#, ("dingtalk.unavailable", Transient)),
            (true, 504, "<html>", ("dingtalk.unknown-outcome", UnknownOutcome)),
            (true, 403, "<html>", ("dingtalk.rate-limited", RateLimited(BLOCKED))),
            (false, 200, "<html>", ("dingtalk.rate-limited", RateLimited(BLOCKED))),
            (
                false,
                200,
                r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#,
                ("dingtalk.rate-limited", RateLimited(BLOCKED)),
            ),
            (true, 400, r#"{"code":"processCodeError"}"#, ("dingtalk.refused", Permanent)),
            (false, 200, r#"{"success":"true"}"#, ("ok", Transient)),
            (false, 200, r#"{"success":"false"}"#, ("dingtalk.answer", Transient)),
            (false, 200, r#"{"success":false}"#, ("dingtalk.answer", Transient)),
        ] {
            assert_eq!(code(Api::New, creates, status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_old_apis_errors_come_with_status_200() {
        for (body, expected) in [
            (r#"{"errcode":0,"errmsg":"ok"}"#, "ok"),
            (r#"{"errcode":"0"}"#, "ok"),
            (r#"{"errcode":88,"sub_code":"40014"}"#, "token"),
            (r#"{"errcode":42001}"#, "token"),
            (r#"{"errcode":88,"sub_code":"60011"}"#, "dingtalk.forbidden"),
            (r#"{"errcode":88,"sub_code":""}"#, "dingtalk.unavailable"),
            (r#"{"errcode":-1}"#, "dingtalk.unavailable"),
            (r#"{"errcode":90018}"#, "dingtalk.rate-limited"),
            (r#"{"errcode":400002}"#, "dingtalk.refused"),
            (r"{}", "dingtalk.answer"),
        ] {
            assert_eq!(code(Api::Old, false, 200, body).0, expected, "{body}");
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let body = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"no","accessdenieddetail":{"requiredScopes":["Workflow.Instance.Write"]}}"#;
        let answer = Answer { status: 403, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let Err(Problem::Other(error)) = read(Api::New, true, &answer) else { panic!("refused") };
        assert!(error.message.contains("Workflow.Instance.Write"), "{error}");
    }
}
