//! DingTalk's errors: the new API's codes, the old API's codes under HTTP 200, and what its gateway says
//! when an address has called too often. A code decides, and not the HTTP status: a creation has been
//! answered 400 and carried out. Codes that are not known here are no refusals: a read is tried again, and
//! a creation is looked for.

use super::{Api, DINGTALK};
use crate::base::meaning::meaning;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::error::Error;
use tenon_platform::http::Answer;
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

/// The new API's codes, in lower case, and how they are compared.
const NEW_CODES: [KnownCode; 28] = {
    use Match::{Contains, Is, Starts};
    [
        (Is, "invalidauthentication", Meaning::Credential),
        (Contains, "invalidaccesstoken", Meaning::Credential),
        (Is, "invalidclientidorsecret", Meaning::Login),
        (Contains, "qpslimit", Meaning::Limit(NEXT_SECOND)),
        (Contains, "qpmlimit", Meaning::Limit(NEXT_MINUTE)),
        // `autoflowLikeTriggerRateLimited`: a form with an automation rule.
        (Contains, "ratelimit", Meaning::Limit(BUSY)),
        (Contains, "throttl", Meaning::Limit(BUSY)),
        (Contains, "flowcontrol", Meaning::Limit(BUSY)),
        (Contains, "toomanyrequest", Meaning::Limit(BUSY)),
        (Is, "systembusy", Meaning::Limit(BUSY)),
        (Starts, "forbidden", Meaning::Forbidden),
        (Is, "needauth", Meaning::Forbidden),
        (Contains, "instnotexist", Meaning::NotFound),
        (Contains, "instancenotexist", Meaning::NotFound),
        (Contains, "instancenotfound", Meaning::NotFound),
        // One broken instance; all others are well.
        (Is, "processformdataisnull", Meaning::Refused),
        (Is, "processcodeerror", Meaning::Refused),
        (Is, "formconvertererror", Meaning::Refused),
        (Is, "processinstancestartfailed", Meaning::Refused),
        (Is, "processinstanceinvalidparameter", Meaning::Refused),
        (Is, "targetselectapprovermissing", Meaning::Refused),
        (Is, "usernotexist", Meaning::Refused),
        (Is, "invalidinstanceid", Meaning::Refused),
        (Starts, "invalidparameter", Meaning::Refused),
        (Starts, "missing", Meaning::Refused),
        (Is, "invalidaction.notfound", Meaning::Refused),
        (Is, "invalidversion", Meaning::Refused),
        (Is, "methodnotallowed", Meaning::Refused),
    ]
};

/// The old API's codes; under 88 the sub code decides.
const OLD_CODES: [KnownCode; 20] = [
    (Match::Is, "40014", Meaning::Credential),
    (Match::Is, "42001", Meaning::Credential),
    (Match::Is, "40001", Meaning::Credential),
    (Match::Is, "41001", Meaning::Credential),
    (Match::Is, "60011", Meaning::Forbidden),
    (Match::Is, "60020", Meaning::Forbidden),
    (Match::Is, "90018", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "90019", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "90002", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "90003", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "90004", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "90005", Meaning::Limit(NEXT_MINUTE)),
    (Match::Is, "60003", Meaning::Refused),
    (Match::Is, "50004", Meaning::Refused),
    (Match::Is, "33012", Meaning::Refused),
    (Match::Is, "60121", Meaning::Refused),
    (Match::Is, "40035", Meaning::Refused),
    (Match::Is, "400002", Meaning::Refused),
    (Match::Is, "400402", Meaning::Refused),
    (Match::Is, "404", Meaning::Refused),
];

fn new_meaning(code: &str, message: &str) -> Option<Meaning> {
    let code = code.to_ascii_lowercase();
    let meaning = meaning(&NEW_CODES, &code)?;
    // An instance that does not exist is a wrong parameter too, and only the words say so.
    let of_instance = ["实例不存在", "instance does not exist", "instance not exist", "instance is not exist"];
    let no_instance = code.contains("invalidparameter") && of_instance.iter().any(|words| message.contains(words));
    Some(if no_instance { Meaning::NotFound } else { meaning })
}

/// The body of a good answer, or what is wrong with it.
pub(super) fn read(api: Api, effect: Effect, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let retry_in = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let Ok(body) = tenon_model::json::from_slice(&answer.body) else {
        return Err(not_json(effect, status, retry_in).with_status(status).into());
    };
    if body.get("punish").is_some() || body.get("status").and_then(Value::as_i64) == Some(1111) {
        return Err(blocked(retry_in).with_status(status).with_vendor_code("1111").into());
    }
    match api {
        Api::New if (200..300).contains(&status) && effect != Effect::Read => Ok(body),
        Api::New if (200..300).contains(&status) => match text(body.get("success")).as_deref() {
            Some("false") => {
                Err(unhelpful("DingTalk says that the call did not succeed, and not why").with_status(status).into())
            }
            _ => Ok(body),
        },
        Api::New => Err(new_shape(effect, status, &body, retry_in)),
        Api::Old => old_shape(effect, status, body, retry_in),
    }
}

/// No JSON: the gateway's page, which also stands for a blocked address.
fn not_json(effect: Effect, status: u16, retry_in: Option<Duration>) -> Error {
    match status {
        500.. => DINGTALK.failed(effect, "a gateway answered in its place"),
        200..300 if effect != Effect::Read => DINGTALK.unknown("the answer cannot be read"),
        _ => blocked(retry_in),
    }
}

fn blocked(retry_in: Option<Duration>) -> Error {
    DINGTALK.rate_limited(
        retry_in.unwrap_or(BLOCKED).max(BLOCKED),
        "DingTalk's gateway turned the request away, as it does for five minutes after too many calls from one address",
    )
}

fn new_shape(effect: Effect, status: u16, body: &Value, retry_in: Option<Duration>) -> Problem {
    let code = text(body.get("code")).unwrap_or_default();
    let message = text(body.get("message")).unwrap_or_else(|| "no message".to_owned());
    let meaning = match new_meaning(&code, &message) {
        None if status == 429 => Some(Meaning::Limit(BUSY)),
        // Whatever it is called, a gateway's 5xx is its own trouble.
        Some(Meaning::Refused) if status >= 500 => None,
        meaning => meaning,
    };
    DINGTALK.problem(meaning, effect, &message, retry_in, &remedy(&scopes(body))).with_codes(status, code)
}

fn old_shape(effect: Effect, status: u16, body: Value, retry_in: Option<Duration>) -> Result<Value, Problem> {
    let code = text(body.get("errcode")).unwrap_or_default();
    if code == "0" {
        return Ok(body);
    }
    if code.is_empty() && body.get("code").is_some() {
        return Err(new_shape(effect, status, &body, retry_in));
    }
    if code.is_empty() && effect == Effect::Read {
        return Err(unhelpful("the answer names no errcode").with_status(status).into());
    }
    let message = text(body.get("errmsg")).unwrap_or_else(|| "no message".to_owned());
    // 88 is the gateway's; the reason is in the sub code.
    let sub = if code == "88" { text(body.get("sub_code")).unwrap_or_default() } else { String::new() };
    let deciding = if sub.is_empty() { code } else { sub };
    let meaning = meaning(&OLD_CODES, &deciding);
    Err(match DINGTALK.problem(meaning, effect, &message, retry_in, &remedy(&[])).with_codes(status, deciding) {
        Problem::Other(error) => error.with_vendor_message(&message).into(),
        Problem::Credential => Problem::Credential,
    })
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
    DINGTALK.unintelligible(why)
}

/// What to do about a missing permission.
fn remedy(scopes: &[String]) -> String {
    if scopes.is_empty() {
        "check the app's permissions and its list of server addresses in the developer console".to_owned()
    } else {
        format!("grant the app these permissions in the developer console: {}", scopes.join(", "))
    }
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
    use tenon_platform::error::Retry;

    fn code(api: Api, effect: Effect, status: u16, body: &str) -> (&'static str, Retry) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        match read(api, effect, &answer, 0) {
            Ok(_) => ("ok", Retry::Transient),
            Err(Problem::Credential) => ("token", Retry::Session),
            Err(Problem::Other(error)) => (error.code, error.retry),
        }
    }

    #[test]
    fn the_new_apis_errors_are_told_apart() {
        use Effect::{Create, Read};
        use Retry::{Permanent, RateLimited, Session, Transient, UnknownOutcome};
        for (effect, status, body, expected) in [
            (Create, 400, r#"{"code":"InvalidAuthentication"}"#, ("token", Session)),
            (
                Create,
                403,
                r#"{"code":"Forbidden.AccessDenied.QpsLimitForApi"}"#,
                ("dingtalk.rate-limited", RateLimited(NEXT_SECOND)),
            ),
            (
                Create,
                403,
                r#"{"code":"Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}"#,
                ("dingtalk.rate-limited", RateLimited(NEXT_MINUTE)),
            ),
            (Create, 403, r#"{"code":"Forbidden.AccessDenied.IpNotInWhiteList"}"#, ("dingtalk.forbidden", Permanent)),
            (Create, 429, r#"{"code":"systemBusy"}"#, ("dingtalk.rate-limited", RateLimited(BUSY))),
            (Create, 500, r#"{"code":"systemError"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Read, 500, r#"{"code":"systemError"}"#, ("dingtalk.unavailable", Transient)),
            (Create, 504, "<html>", ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Create, 403, "<html>", ("dingtalk.rate-limited", RateLimited(BLOCKED))),
            (Read, 200, "<html>", ("dingtalk.rate-limited", RateLimited(BLOCKED))),
            (
                Read,
                200,
                r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#,
                ("dingtalk.rate-limited", RateLimited(BLOCKED)),
            ),
            (Create, 400, r#"{"code":"processCodeError"}"#, ("dingtalk.refused", Permanent)),
            (Create, 400, r#"{"code":"sysErrror"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Create, 400, r#"{"code":"internalError"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Create, 400, r#"{"code":"neverSeen"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Create, 400, r#"{"message":"no code"}"#, ("dingtalk.unknown-outcome", UnknownOutcome)),
            (Read, 400, r#"{"code":"internalError"}"#, ("dingtalk.unavailable", Transient)),
            (Read, 400, r#"{"code":"neverSeen"}"#, ("dingtalk.unavailable", Transient)),
            (Read, 400, r#"{"code":"processFormDataIsNull"}"#, ("dingtalk.refused", Permanent)),
            (Create, 400, r#"{"code":"autoflowLikeTriggerRateLimited"}"#, ("dingtalk.rate-limited", RateLimited(BUSY))),
            (
                Read,
                400,
                r#"{"code":"processInstanceInvalidParameter","message":"审批实例不存在"}"#,
                ("dingtalk.not-found", Permanent),
            ),
            (Read, 400, r#"{"code":"aflowProcessInstNotExist"}"#, ("dingtalk.not-found", Permanent)),
            (Read, 400, r#"{"code":"invalidParameter","message":"用户不存在"}"#, ("dingtalk.refused", Permanent)),
            (Read, 404, r#"{"code":"InvalidAction.NotFound"}"#, ("dingtalk.refused", Permanent)),
            (Read, 400, r#"{"code":"userNotExist"}"#, ("dingtalk.refused", Permanent)),
            (Read, 200, r#"{"success":"true"}"#, ("ok", Transient)),
            (Read, 200, r#"{"success":"false"}"#, ("dingtalk.answer", Transient)),
            (Read, 200, r#"{"success":false}"#, ("dingtalk.answer", Transient)),
        ] {
            assert_eq!(code(Api::New, effect, status, body), expected, "{status} {body}");
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
            assert_eq!(code(Api::Old, Effect::Read, 200, body).0, expected, "{body}");
        }
    }

    #[test]
    fn a_pause_that_is_asked_for_is_kept_within_limits() {
        for (wish, wait) in [("17", 17), ("1", 5), ("31536000", 900), ("18446744073709551615", 900), ("x", 5)] {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, wish.parse().unwrap())]);
            let answer = Answer { status: 429, headers, body: Bytes::from_static(br#"{"code":"systemBusy"}"#) };
            let Err(Problem::Other(error)) = read(Api::New, Effect::Read, &answer, 0) else { panic!("limited") };
            assert_eq!(error.retry, Retry::RateLimited(Duration::from_secs(wait)), "{wish}");
        }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let body = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"no","accessdenieddetail":{"requiredScopes":["Workflow.Instance.Write"]}}"#;
        let answer = Answer { status: 403, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let Err(Problem::Other(error)) = read(Api::New, Effect::Create, &answer, 0) else { panic!("refused") };
        assert!(error.message.contains("Workflow.Instance.Write"), "{error}");
    }
}
