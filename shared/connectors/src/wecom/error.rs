//! WeCom's error codes. A code that is not known here is no refusal: a read is made again, and a form is looked
//! for before it is handed in again. `-1` (busy) is one of these, for a creation that it answered has been seen.

use super::WECOM;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem, meaning};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// A minute's quota turns over in a minute.
const NEXT_MINUTE: Duration = Duration::from_secs(60);
/// Too many calls at the same time.
const FEWER: Duration = Duration::from_secs(5);
/// The longest pause `Retry-After` can ask for: a decision waits behind it.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

/// A parameter of an approval's call is wrong.
pub(super) const WRONG_PARAMETER: &str = "301025";
/// Of an originator.
pub(super) const NOT_THE_USERS: &str = "301055";

const CODES: [KnownCode; 34] = {
    use Match::Is;
    [
        (Is, "40014", Meaning::Credential),
        (Is, "42001", Meaning::Credential),
        (Is, "40001", Meaning::Credential),
        (Is, "41001", Meaning::Credential),
        (Is, "40013", Meaning::Login),
        (Is, "40091", Meaning::Login),
        (Is, "40056", Meaning::Login),
        (Is, "41004", Meaning::Login),
        (Is, "45009", Meaning::Limit(NEXT_MINUTE)),
        (Is, "45033", Meaning::Limit(FEWER)),
        (Is, "48002", Meaning::Forbidden),
        // Of the contacts' interface, where the company lets no new address call it.
        (Is, "48009", Meaning::Forbidden),
        (Is, "60011", Meaning::Forbidden),
        (Is, "60020", Meaning::Forbidden),
        (Is, "301056", Meaning::Forbidden),
        // About the one form and its originator: all others are well.
        (Is, NOT_THE_USERS, Meaning::Refused),
        (Is, WRONG_PARAMETER, Meaning::Refused),
        (Is, "301057", Meaning::Refused),
        (Is, "40003", Meaning::Refused),
        (Is, "40031", Meaning::Refused),
        (Is, "40058", Meaning::Refused),
        (Is, "40063", Meaning::Refused),
        // Of messages: no title, nobody who is seen.
        // No such department.
        (Is, "60123", Meaning::NotFound),
        (Is, "41016", Meaning::Refused),
        (Is, "81013", Meaning::Refused),
        (Is, "82001", Meaning::Refused),
        (Is, "44001", Meaning::Refused),
        (Is, "44004", Meaning::Refused),
        (Is, "60111", Meaning::Refused),
        // About the one file.
        (Is, "40004", Meaning::Refused),
        (Is, "40005", Meaning::Refused),
        (Is, "40006", Meaning::Refused),
        (Is, "45001", Meaning::Refused),
        (Is, "47001", Meaning::Refused),
    ]
};

/// What to do about it.
fn remedy(code: &str) -> &'static str {
    match code {
        "48002" | "60011" => {
            "list the app under Approval (审批) → API → apps that may call it (可调用接口的应用), and let it see the users"
        }
        "60020" => "add this server's address to the app's trusted addresses (企业可信IP)",
        "301056" => "switch the approval app (审批) on in the console",
        _ => "check the app in WeCom's console",
    }
}

/// What stands behind a refusal, where the code's own words do not say.
fn explained(code: &str, message: &str) -> String {
    let why = match code {
        NOT_THE_USERS => {
            "the originator may not hand this form in: he or she is not in the app's visible range (可见范围) or not \
             among those who may use the template"
        }
        WRONG_PARAMETER => {
            "a control, its value or the template is not as the form has it; compare with preview, and look whether \
             the template asks its originator for approvers (申请人自选)"
        }
        "301057" => "WeCom could not take the form in; hand it in by hand to see why",
        "40003" | "40031" | "60111" => "there is no such user in WeCom",
        _ => return message.to_owned(),
    };
    format!("{why} ({message})")
}

/// The body of a good answer, or what is wrong with it.
pub(super) fn read(effect: Effect, answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let body = match tenon_model::json::from_slice(&answer.body) {
        Ok(body) if body.get("errcode").is_some() || (body.is_object() && (200..300).contains(&status)) => body,
        _ => return Err(non_json(effect, status, wait)),
    };
    let code = body.get("errcode").and_then(text).unwrap_or_default();
    if code == "0" {
        return Ok(body);
    }
    if code.is_empty() {
        let why = "the answer names no errcode";
        let error = if effect == Effect::Read { WECOM.unintelligible(why) } else { WECOM.unknown(why) };
        return Err(error.with_status(status).into());
    }
    let message = body.get("errmsg").and_then(text).unwrap_or_else(|| "no message".to_owned());
    let found = meaning::meaning(&CODES, &code);
    Err(WECOM.problem(found, effect, &explained(&code, &message), wait, remedy(&code)).with_codes(status, code))
}

/// A proxy's page.
fn non_json(effect: Effect, status: u16, wait: Option<Duration>) -> Problem {
    let error = match status {
        429 => WECOM.rate_limited(wait.unwrap_or(NEXT_MINUTE), "a proxy turned the request away"),
        500.. => WECOM.failed(effect, "a gateway answered in its place"),
        _ if effect == Effect::Read => WECOM.unintelligible("the answer is not WeCom's; check api_url"),
        200..300 => WECOM.unknown("the answer cannot be read"),
        _ => WECOM.unknown("the answer is not WeCom's; check api_url"),
    };
    error.with_status(status).into()
}

/// A text; a number as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
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

    fn outcome(effect: Effect, status: u16, body: &str) -> (&'static str, Retry, String) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        match read(effect, &answer, 0) {
            Ok(_) => ("ok", Retry::Transient, String::new()),
            Err(Problem::Credential) => ("token", Retry::Session, String::new()),
            Err(Problem::Other(error)) => (error.code, error.retry, error.message.clone()),
        }
    }

    // R-C37, R-C2
    #[test]
    fn codes_are_told_apart() {
        use Effect::{Create, Read};
        use Retry::{Permanent, RateLimited, Session, Transient, UnknownOutcome};
        for (effect, code, name, retry) in [
            (Create, 40014, "token", Session),
            (Create, 42001, "token", Session),
            (Read, 40001, "token", Session),
            (Read, 41001, "token", Session),
            (Create, 45009, "wecom.rate-limited", RateLimited(NEXT_MINUTE)),
            (Read, 45033, "wecom.rate-limited", RateLimited(FEWER)),
            (Read, -1, "wecom.unavailable", Transient),
            (Create, -1, "wecom.unknown-outcome", UnknownOutcome),
            (Create, 987_654, "wecom.unknown-outcome", UnknownOutcome),
            (Create, 301_025, "wecom.refused", Permanent),
            (Create, 301_055, "wecom.refused", Permanent),
            (Create, 301_056, "wecom.forbidden", Permanent),
            (Create, 301_057, "wecom.refused", Permanent),
            (Create, 60020, "wecom.forbidden", Permanent),
            (Read, 48002, "wecom.forbidden", Permanent),
        ] {
            let (found, class, _) = outcome(effect, 200, &format!(r#"{{"errcode":{code},"errmsg":"x"}}"#));
            assert_eq!((found, class), (name, retry), "{code}");
        }
        assert!(matches!(outcome(Read, 200, r#"{"errcode":40013,"errmsg":"x"}"#).1, Retry::Blocked(_)));
        assert!(matches!(outcome(Read, 200, r#"{"errcode":"40091"}"#).1, Retry::Blocked(_)));
    }

    // R-C37
    #[test]
    fn what_a_person_has_to_mend_is_said_in_words() {
        for (code, words) in
            [(301_055, "visible range"), (60020, "企业可信IP"), (48002, "可调用接口的应用"), (301_056, "审批")]
        {
            let (_, _, message) =
                outcome(Effect::Create, 200, &format!(r#"{{"errcode":{code},"errmsg":"raw words"}}"#));
            assert!(message.contains(words) && message.contains("raw words"), "{message}");
        }
    }

    #[test]
    fn pages_of_proxies_are_not_wecoms_answers() {
        assert_eq!(outcome(Effect::Create, 502, "<html>").0, "wecom.unknown-outcome");
        assert_eq!(outcome(Effect::Read, 502, "<html>").0, "wecom.unavailable");
        assert_eq!(outcome(Effect::Read, 200, "<html>").0, "wecom.answer");
        assert_eq!(outcome(Effect::Create, 200, "{}").0, "wecom.unknown-outcome");
        assert_eq!(outcome(Effect::Read, 429, "<html>").0, "wecom.rate-limited");
    }
}
