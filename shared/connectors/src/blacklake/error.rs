//! Black Lake's errors as ours. An answer of its own with another code than 200 says that it was not done; what servers and
//! proxies say in its place says nothing of the kind.

use super::BLACKLAKE;
use crate::base::vendor::FOR_A_WHILE;
use crate::base::{Effect, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_model::blacklake::text_at;
use tenon_platform::error::{Error, ErrorKind, Retry};
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause `Retry-After` can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(60);
/// A token that is not accepted.
const TOKEN_CODE: &str = "400150";
/// The same as `subCode`, whole or behind the name of a domain.
const TOKEN_SUB_CODES: [&str; 2] = ["SSO_TOKEN_FAIL", "ACCESS_TOKEN_EXPIRED"];

/// What an answer says.
struct Envelope {
    code: String,
    sub_code: String,
    message: String,
    needs_check: bool,
    data: Option<Value>,
}

impl Envelope {
    fn of(body: &[u8]) -> Option<Self> {
        let mut body = tenon_model::json::from_slice(body).ok()?;
        body.get("code")?;
        let check = text_at(&body, "needCheck");
        let message = text_at(&body, "message");
        Some(Self {
            code: text_at(&body, "code"),
            sub_code: text_at(&body, "subCode"),
            message: if message.is_empty() { "no message".to_owned() } else { message },
            needs_check: !matches!(check.as_str(), "" | "0" | "false"),
            data: body.get_mut("data").map(Value::take).filter(|data| !data.is_null()),
        })
    }

    fn is_about_token(&self, status: u16) -> bool {
        let named = |known: &&str| self.sub_code == **known || self.sub_code.ends_with(&format!("/{known}"));
        status == 401 || self.code == TOKEN_CODE || TOKEN_SUB_CODES.iter().any(named)
    }

    /// In its own words, with the codes that the vendor's support asks for.
    fn shown(&self) -> String {
        let Self { code, sub_code, message, .. } = self;
        if sub_code.is_empty() { format!("{message} [{code}]") } else { format!("{message} [{code} {sub_code}]") }
    }

    fn vendor_code(&self) -> String {
        if self.sub_code.is_empty() { self.code.clone() } else { format!("{} {}", self.code, self.sub_code) }
    }
}

/// The data of a good answer, or what is wrong with it.
pub(super) fn read(effect: Effect, answer: &Answer, now_ms: i64) -> Result<Option<Value>, Problem> {
    read_as(effect, answer, now_ms, false)
}

/// The same of a login, where every refusal is one of the credentials.
pub(super) fn read_login(answer: &Answer, now_ms: i64) -> Result<Option<Value>, Problem> {
    read_as(Effect::Read, answer, now_ms, true)
}

fn read_as(effect: Effect, answer: &Answer, now_ms: i64, is_login: bool) -> Result<Option<Value>, Problem> {
    let status = answer.status;
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let envelope = match Envelope::of(&answer.body) {
        Some(envelope) => envelope,
        None if status == 401 => return Err(Problem::Credential),
        None => return Err(foreign(effect, status, wait)),
    };
    let good = envelope.code == "200" && (200..300).contains(&status);
    if good && !envelope.needs_check {
        return Ok(envelope.data);
    }
    if status == 429 || envelope.code == "429" {
        let limited = BLACKLAKE.problem(Some(Meaning::Limit(PAUSE)), effect, &envelope.shown(), wait, "");
        return Err(limited.with_codes(status, envelope.vendor_code()));
    }
    if envelope.is_about_token(status) {
        return Err(Problem::Credential);
    }
    let error = if good {
        confirmation(&envelope)
    } else if status >= 500 {
        // Whatever its body says, a server's 5xx is its own trouble.
        BLACKLAKE.failed(effect, &envelope.shown())
    } else if is_login {
        BLACKLAKE.login_refused(&envelope.shown())
    } else if status == 403 {
        let remedy = "give the application this interface in the console (企业自建应用 → 接口权限), and list this server's address";
        BLACKLAKE.forbidden(&envelope.shown(), remedy)
    } else {
        BLACKLAKE.refused(&envelope.shown())
    };
    let found =
        error.with_vendor_message(&envelope.message).with_status(status).with_vendor_code(envelope.vendor_code());
    Err(found.into())
}

/// The MES asks whether it is meant: nobody is there to say so, and nothing was done.
fn confirmation(envelope: &Envelope) -> Error {
    let message = format!(
        "Black Lake asks for a confirmation (needCheck) and has done nothing: {}; do it in the MES by hand, or change \
         what it warns of",
        envelope.shown()
    );
    Error::permanent("blacklake.confirmation", message).with_kind(ErrorKind::Refused)
}

/// No envelope: a proxy or a web server spoke, or something that is no MES.
fn foreign(effect: Effect, status: u16, wait: Option<Duration>) -> Problem {
    const NOT_IT: &str = "the answer is not Black Lake's; check base_url, which is the host of the interfaces and has no path, and paths";
    let error = match (status, effect) {
        (429, _) => BLACKLAKE.rate_limited(wait.unwrap_or(PAUSE), "a proxy turned the request away"),
        (408 | 500.., _) => BLACKLAKE.failed(effect, "something else answered in its place"),
        (403, _) => BLACKLAKE.forbidden("a proxy refused", "list this server's address"),
        (404 | 405, Effect::Create | Effect::Change) => {
            Error::new("blacklake.answer", Retry::TransientFor(FOR_A_WHILE), NOT_IT)
                .with_kind(ErrorKind::Unintelligible)
        }
        (_, Effect::Read) => BLACKLAKE.unintelligible(NOT_IT),
        _ => BLACKLAKE.unknown("the answer to a write cannot be read"),
    };
    error.with_status(status).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn outcome(effect: Effect, status: u16, body: &'static str) -> (&'static str, Retry, String) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        match read(effect, &answer, 0) {
            Ok(_) => ("ok", Retry::Transient, String::new()),
            Err(Problem::Credential) => ("token", Retry::Session, String::new()),
            Err(Problem::Other(error)) => (error.code, error.retry, error.message.clone()),
        }
    }

    #[test]
    fn r_m2_r_m4_done_is_200_in_the_body_and_a_token_is_told_in_many_ways() {
        use Effect::{Change, Read};
        for (effect, status, body, code) in [
            (Read, 200, r#"{"code":200,"data":{}}"#, "ok"),
            (Read, 200, r#"{"code":200,"data":null,"needCheck":0}"#, "ok"),
            (Read, 200, r#"{"code":"200","data":null,"needCheck":null,"subCode":""}"#, "ok"),
            (Change, 200, r#"{"code":200,"needCheck":1,"message":"确认?"}"#, "blacklake.confirmation"),
            (Read, 401, r#"{"code":400150,"subCode":"SSO_TOKEN_FAIL"}"#, "token"),
            (Read, 401, "<html>", "token"),
            (Change, 200, r#"{"code":400150}"#, "token"),
            (Change, 200, r#"{"code":500,"subCode":"USER-DOMAIN/SSO_TOKEN_FAIL"}"#, "token"),
            (Read, 200, r#"{"code":403,"subCode":"OPENAPI-DOMAIN/ACCESS_TOKEN_EXPIRED"}"#, "token"),
            (Change, 200, r#"{"code":500,"subCode":"MED/STATUS","message":"工单执行中"}"#, "blacklake.refused"),
            (Read, 200, r#"{"code":404}"#, "blacklake.refused"),
            (Change, 500, r#"{"code":500,"message":"x"}"#, "blacklake.unknown-outcome"),
            (Read, 502, "<html>", "blacklake.unavailable"),
            (Change, 502, "<html>", "blacklake.unknown-outcome"),
            (Change, 200, "<html>", "blacklake.unknown-outcome"),
            (Change, 404, "<html>", "blacklake.answer"),
            (Read, 404, "<html>", "blacklake.answer"),
            (Read, 200, "{}", "blacklake.answer"),
            (Read, 429, "<html>", "blacklake.rate-limited"),
            (Change, 200, r#"{"code":429,"message":"too many"}"#, "blacklake.rate-limited"),
            (Read, 403, r#"{"code":403,"message":"无权限"}"#, "blacklake.forbidden"),
        ] {
            assert_eq!(outcome(effect, status, body).0, code, "{effect:?} {status} {body}");
        }
    }

    #[test]
    fn r_m4_an_error_carries_code_sub_code_and_message() {
        let (_, retry, message) =
            outcome(Effect::Change, 200, r#"{"code":500,"subCode":"MED/STATUS","message":"工单执行中"}"#);
        assert_eq!(retry, Retry::Permanent);
        assert!(message.contains("工单执行中") && message.contains("500 MED/STATUS"), "{message}");
    }

    #[test]
    fn a_login_that_is_not_taken_is_refused_and_a_sick_server_is_not() {
        let of = |status: u16, body: &'static str| {
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
            match read_login(&answer, 0) {
                Err(problem) => problem.of_login(&BLACKLAKE, status).code,
                Ok(_) => "ok",
            }
        };
        assert_eq!(of(200, r#"{"code":400,"message":"appKey或appSecret错误"}"#), "blacklake.login-refused");
        assert_eq!(of(401, r#"{"code":401}"#), "blacklake.login-refused");
        assert_eq!(of(502, "<html>"), "blacklake.unavailable");
        assert_eq!(of(500, r#"{"code":500}"#), "blacklake.unavailable");
    }
}
