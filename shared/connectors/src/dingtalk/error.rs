//! DingTalk's errors: the new API's codes, the old API's codes under HTTP 200, and what its gateway says
//! when an address has called too often. A code decides, and not the HTTP status: a creation has been
//! answered 400 and carried out. Codes that are not known here are no refusals: a read is tried again, and
//! a creation is looked for.

use super::Api;
use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Retry};
use tenon_platform::http::{Answer, Failure};
use tenon_platform::retry_after::retry_after;

/// Ten thousand calls in 20 s block the caller's address for five minutes.
const BLOCKED: Duration = Duration::from_secs(300);
/// A second's quota turns over at once, a minute's in a minute.
const NEXT_SECOND: Duration = Duration::from_secs(1);
/// See [`NEXT_SECOND`].
const NEXT_MINUTE: Duration = Duration::from_secs(60);
/// After `systemBusy` and what asks to be called more slowly; the waits of the work itself grow.
const BUSY: Duration = Duration::from_secs(5);
/// The longest pause `Retry-After` can ask for: a decision waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// What a known code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Means {
    /// The token is not accepted.
    Token,
    /// The app's credentials are wrong.
    Login,
    /// Not before this time.
    Limit(Duration),
    /// The app lacks a permission, or the address is not in its list.
    Forbidden,
    /// A rule of the business, or the request's form: the same call is refused again, and did nothing.
    Refused,
    /// There is no such instance (any more).
    NoInstance,
}

/// The new API's codes, in lower case, and how they are compared.
const NEW_CODES: [(Compare, &str, Means); 28] = {
    use Compare::{Contains, Is, Starts};
    [
        (Is, "invalidauthentication", Means::Token),
        (Contains, "invalidaccesstoken", Means::Token),
        (Is, "invalidclientidorsecret", Means::Login),
        (Contains, "qpslimit", Means::Limit(NEXT_SECOND)),
        (Contains, "qpmlimit", Means::Limit(NEXT_MINUTE)),
        // `autoflowLikeTriggerRateLimited`: a form with an automation rule.
        (Contains, "ratelimit", Means::Limit(BUSY)),
        (Contains, "throttl", Means::Limit(BUSY)),
        (Contains, "flowcontrol", Means::Limit(BUSY)),
        (Contains, "toomanyrequest", Means::Limit(BUSY)),
        (Is, "systembusy", Means::Limit(BUSY)),
        (Starts, "forbidden", Means::Forbidden),
        (Is, "needauth", Means::Forbidden),
        (Contains, "instnotexist", Means::NoInstance),
        (Contains, "instancenotexist", Means::NoInstance),
        (Contains, "instancenotfound", Means::NoInstance),
        // One broken instance; all others are well.
        (Is, "processformdataisnull", Means::Refused),
        (Is, "processcodeerror", Means::Refused),
        (Is, "formconvertererror", Means::Refused),
        (Is, "processinstancestartfailed", Means::Refused),
        (Is, "processinstanceinvalidparameter", Means::Refused),
        (Is, "targetselectapprovermissing", Means::Refused),
        (Is, "usernotexist", Means::Refused),
        (Is, "invalidinstanceid", Means::Refused),
        (Starts, "invalidparameter", Means::Refused),
        (Starts, "missing", Means::Refused),
        (Is, "invalidaction.notfound", Means::Refused),
        (Is, "invalidversion", Means::Refused),
        (Is, "methodnotallowed", Means::Refused),
    ]
};

/// The old API's codes; under 88 the sub code decides.
const OLD_CODES: [(&str, Means); 20] = [
    ("40014", Means::Token),
    ("42001", Means::Token),
    ("40001", Means::Token),
    ("41001", Means::Token),
    ("60011", Means::Forbidden),
    ("60020", Means::Forbidden),
    ("90018", Means::Limit(NEXT_MINUTE)),
    ("90019", Means::Limit(NEXT_MINUTE)),
    ("90002", Means::Limit(NEXT_MINUTE)),
    ("90003", Means::Limit(NEXT_MINUTE)),
    ("90004", Means::Limit(NEXT_MINUTE)),
    ("90005", Means::Limit(NEXT_MINUTE)),
    ("60003", Means::Refused),
    ("50004", Means::Refused),
    ("33012", Means::Refused),
    ("60121", Means::Refused),
    ("40035", Means::Refused),
    ("400002", Means::Refused),
    ("400402", Means::Refused),
    ("404", Means::Refused),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compare {
    Is,
    Starts,
    Contains,
}

impl Compare {
    fn fits(self, code: &str, known: &str) -> bool {
        match self {
            Self::Is => code == known,
            Self::Starts => code.starts_with(known),
            Self::Contains => code.contains(known),
        }
    }
}

fn new_meaning(code: &str, message: &str) -> Option<Means> {
    let code = code.to_ascii_lowercase();
    let means = NEW_CODES.iter().find(|(how, known, _)| how.fits(&code, known)).map(|(_, _, means)| *means)?;
    // An instance that does not exist is a wrong parameter too, and only the words say so.
    let of_instance = ["实例不存在", "instance does not exist", "instance not exist", "instance is not exist"];
    let no_instance = code.contains("invalidparameter") && of_instance.iter().any(|words| message.contains(words));
    Some(if no_instance { Means::NoInstance } else { means })
}

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
        )
        .with_kind(ErrorKind::Unreachable),
        Failure::NoAnswer(why) if creates => unknown(&format!("the request was sent and no answer came: {why}")),
        Failure::NoAnswer(why) => Error::transient("dingtalk.no-answer", format!("DingTalk did not answer: {why}"))
            .with_kind(ErrorKind::Unreachable),
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
pub(super) fn read(api: Api, creates: bool, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let asked = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let Ok(body) = tenon_model::json::from_slice(&answer.body) else {
        return Err(unspoken(creates, status, asked).with_status(status).into());
    };
    if body.get("punish").is_some() || body.get("status").and_then(Value::as_i64) == Some(1111) {
        return Err(blocked(asked).with_status(status).with_vendor_code("1111").into());
    }
    match api {
        Api::New if (200..300).contains(&status) && creates => Ok(body),
        Api::New if (200..300).contains(&status) => match text(body.get("success")).as_deref() {
            Some("false") => {
                Err(unhelpful("DingTalk says that the call did not succeed, and not why").with_status(status).into())
            }
            _ => Ok(body),
        },
        Api::New => Err(new_shape(creates, status, &body, asked)),
        Api::Old => old_shape(creates, status, body, asked),
    }
}

/// No JSON: the gateway's page, which also stands for a blocked address.
fn unspoken(creates: bool, status: u16, asked: Option<Duration>) -> Error {
    match status {
        500.. if creates => unknown("a gateway answered in DingTalk's place"),
        500.. => Error::transient("dingtalk.unavailable", "a gateway answered in DingTalk's place"),
        200..300 if creates => unknown("the answer cannot be read"),
        _ => blocked(asked),
    }
}

fn blocked(asked: Option<Duration>) -> Error {
    limited(
        asked.unwrap_or(BLOCKED).max(BLOCKED),
        "DingTalk's gateway turned the request away, as it does for five minutes after too many calls from one address",
    )
}

fn limited(wait: Duration, why: &str) -> Error {
    Error::new("dingtalk.rate-limited", Retry::RateLimited(wait), why).with_kind(ErrorKind::Unreachable)
}

fn new_shape(creates: bool, status: u16, body: &Value, asked: Option<Duration>) -> Problem {
    let code = text(body.get("code")).unwrap_or_default();
    let message = text(body.get("message")).unwrap_or_else(|| "no message".to_owned());
    let means = match new_meaning(&code, &message) {
        None if status == 429 => Some(Means::Limit(BUSY)),
        // Whatever it is called, a gateway's 5xx is its own trouble.
        Some(Means::Refused) if status >= 500 => None,
        means => means,
    };
    match error_of(means, creates, &message, &scopes(body), asked) {
        Some(error) => error.with_status(status).with_vendor_code(code).into(),
        None => Problem::Token,
    }
}

/// `None` for a token that is not accepted.
fn error_of(
    means: Option<Means>,
    creates: bool,
    message: &str,
    scopes: &[String],
    asked: Option<Duration>,
) -> Option<Error> {
    Some(match means {
        Some(Means::Token) => return None,
        Some(Means::Login) => login_refused(message),
        Some(Means::Limit(wait)) => limited(asked.unwrap_or(wait).max(wait), message),
        Some(Means::Forbidden) => forbidden(message, scopes),
        Some(Means::Refused) => {
            Error::permanent("dingtalk.refused", format!("DingTalk refused: {message}")).with_kind(ErrorKind::Refused)
        }
        Some(Means::NoInstance) => {
            Error::permanent("dingtalk.not-found", format!("DingTalk has no such instance: {message}"))
                .with_kind(ErrorKind::NotFound)
        }
        None if creates => unknown(&format!("DingTalk failed: {message}")),
        None => Error::transient("dingtalk.unavailable", format!("DingTalk failed: {message}")),
    })
}

fn old_shape(creates: bool, status: u16, body: Value, asked: Option<Duration>) -> Result<Value, Problem> {
    let code = text(body.get("errcode")).unwrap_or_default();
    if code == "0" {
        return Ok(body);
    }
    if code.is_empty() && body.get("code").is_some() {
        return Err(new_shape(creates, status, &body, asked));
    }
    if code.is_empty() && !creates {
        return Err(unhelpful("the answer names no errcode").with_status(status).into());
    }
    let message = text(body.get("errmsg")).unwrap_or_else(|| "no message".to_owned());
    // 88 is the gateway's; the reason is in the sub code.
    let sub = if code == "88" { text(body.get("sub_code")).unwrap_or_default() } else { String::new() };
    let deciding = if sub.is_empty() { code.as_str() } else { sub.as_str() };
    let means = OLD_CODES.iter().find(|(known, _)| *known == deciding).map(|(_, means)| *means);
    match error_of(means, creates, &message, &[], asked) {
        Some(error) => Err(error.with_status(status).with_vendor_code(deciding).into()),
        None => Err(Problem::Token),
    }
}

/// Whether an answer that cannot be read as a good one may carry something all the same: it came with a good
/// status, is no page and names no error.
pub(super) fn may_carry(answer: &Answer) -> bool {
    if !(200..300).contains(&answer.status) || answer.body.is_empty() {
        return false;
    }
    match tenon_model::json::from_slice(&answer.body) {
        Err(_) => !answer.body.trim_ascii_start().starts_with(b"<"),
        Ok(body) => !["errcode", "code", "punish", "status"].iter().any(|name| body.get(*name).is_some()),
    }
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
    .with_kind(ErrorKind::LoginRefused)
}

fn forbidden(message: &str, scopes: &[String]) -> Error {
    let mend = if scopes.is_empty() {
        "check the app's permissions and its list of server addresses in the developer console".to_owned()
    } else {
        format!("grant the app these permissions in the developer console: {}", scopes.join(", "))
    };
    Error::permanent("dingtalk.forbidden", format!("DingTalk forbids this call: {message}; {mend}"))
        .with_kind(ErrorKind::Unreachable)
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
        match read(api, creates, &answer, 0) {
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
            (true, 400, r#"{"code":"sysErrror"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (true, 400, r#"{"code":"internalError"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (true, 400, r#"{"code":"neverSeen"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (true, 400, r#"{"message":"no code"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (false, 400, r#"{"code":"internalError"}"#, ("dingtalk.unavailable", Transient)),
            (false, 400, r#"{"code":"neverSeen"}"#, ("dingtalk.unavailable", Transient)),
            (false, 400, r#"{"code":"processFormDataIsNull"}"#, ("dingtalk.refused", Permanent)),
            (true, 400, r#"{"code":"autoflowLikeTriggerRateLimited"}"#, ("dingtalk.rate-limited", RateLimited(BUSY))),
            (
                false,
                400,
                r#"{"code":"processInstanceInvalidParameter","message":"审批实例不存在"}"#,
                ("dingtalk.not-found", Permanent),
            ),
            (false, 400, r#"{"code":"aflowProcessInstNotExist"}"#, ("dingtalk.not-found", Permanent)),
            (false, 400, r#"{"code":"invalidParameter","message":"用户不存在"}"#, ("dingtalk.refused", Permanent)),
            (false, 404, r#"{"code":"InvalidAction.NotFound"}"#, ("dingtalk.refused", Permanent)),
            (false, 400, r#"{"code":"userNotExist"}"#, ("dingtalk.refused", Permanent)),
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
            (r#"{"errcode":88,"sub_code":"60020"}"#, "dingtalk.forbidden"),
            (r#"{"errcode":88,"sub_code":"70000"}"#, "dingtalk.unavailable"),
            (r#"{"errcode":123456}"#, "dingtalk.unavailable"),
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
    fn a_pause_that_is_asked_for_is_kept_within_limits() {
        for (wish, wait) in [("17", 17), ("1", 5), ("31536000", 900), ("18446744073709551615", 900), ("x", 5)] {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, wish.parse().unwrap())]);
            let answer = Answer { status: 429, headers, body: Bytes::from_static(br#"{"code":"systemBusy"}"#) };
            let Err(Problem::Other(error)) = read(Api::New, false, &answer, 0) else { panic!("limited") };
            assert_eq!(error.retry, Retry::RateLimited(Duration::from_secs(wait)), "{wish}");
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let body = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"no","accessdenieddetail":{"requiredScopes":["Workflow.Instance.Write"]}}"#;
        let answer = Answer { status: 403, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let Err(Problem::Other(error)) = read(Api::New, true, &answer, 0) else { panic!("refused") };
        assert!(error.message.contains("Workflow.Instance.Write"), "{error}");
    }
}
