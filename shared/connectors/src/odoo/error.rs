//! Odoo's errors as ours. The name of its exception decides.

use super::ODOO;
use crate::base::meaning::meaning;
use crate::base::{Effect, KnownCode, Match, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// The longest pause `Retry-After` can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(900);
/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(60);

const NAMES: &[KnownCode] = &[
    (Match::Is, "odoo.exceptions.AccessDenied", Meaning::Credential),
    (Match::Is, "odoo.exceptions.AccessError", Meaning::Forbidden),
    (Match::Is, "odoo.exceptions.MissingError", Meaning::NotFound),
    (Match::Is, "odoo.exceptions.UserError", Meaning::Refused),
    (Match::Is, "odoo.exceptions.ValidationError", Meaning::Refused),
    // A field or model that there is not.
    (Match::Is, "builtins.ValueError", Meaning::Refused),
    (Match::Is, "builtins.KeyError", Meaning::Refused),
    (Match::Is, "builtins.AttributeError", Meaning::Refused),
];

/// The result of a good answer, or what is wrong with it.
pub(super) fn read(answer: &Answer, now_ms: i64) -> Result<Value, Problem> {
    let status = answer.status;
    let wait = retry_after(&answer.headers, now_ms, LONGEST_PAUSE);
    let mut body = match tenon_model::json::from_slice(&answer.body) {
        Ok(body) if body.get("jsonrpc").is_some() => body,
        _ => return Err(not_odoos(status, wait)),
    };
    let Some(error) = body.get("error").filter(|error| !error.is_null()) else {
        return match body.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(ODOO.unintelligible("the answer has neither a result nor an error").with_status(status).into()),
        };
    };
    let data = error.get("data");
    let text_of = |name: &str| data.and_then(|data| data.get(name)).and_then(Value::as_str);
    let name = text_of("name").unwrap_or_default();
    let outer = error.get("message").and_then(Value::as_str).unwrap_or("no message");
    let message = text_of("message").filter(|text| !text.trim().is_empty()).unwrap_or(outer);
    let meaning = match meaning(NAMES, name) {
        // PostgreSQL's word for a database that there is not.
        None if message.contains("database") && message.contains("does not exist") => Some(Meaning::Login),
        found => found,
    };
    let remedy = "give the connection's user the right to read it in Odoo, for a directory that to Employees (员工)";
    Err(ODOO.problem(meaning, Effect::Read, message, wait, remedy).with_codes(status, name))
}

fn not_odoos(status: u16, wait: Option<Duration>) -> Problem {
    let error = match status {
        429 => ODOO.rate_limited(wait.unwrap_or(PAUSE), "too many requests"),
        500.. => ODOO.failed(Effect::Read, "something else answered in its place"),
        _ => ODOO.unintelligible("the answer is not Odoo's; check base_url"),
    };
    error.with_status(status).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn outcome(status: u16, body: &str) -> (&'static str, String) {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) };
        match read(&answer, 0) {
            Ok(_) => ("ok", String::new()),
            Err(Problem::Credential) => ("login", String::new()),
            Err(Problem::Other(error)) => (error.code, error.message),
        }
    }

    fn failed(name: &str, message: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":200,"message":"Odoo Server Error","data":{{"name":"{name}","message":"{message}"}}}}}}"#
        )
    }

    #[test]
    fn odoos_exceptions_are_told_apart_and_keep_their_words() {
        for (name, message, code) in [
            ("odoo.exceptions.AccessDenied", "Access Denied", "login"),
            ("odoo.exceptions.AccessError", "You are not allowed to access", "odoo.forbidden"),
            ("builtins.ValueError", "Invalid field 'x' on model 'hr.employee'", "odoo.refused"),
            ("psycopg2.OperationalError", "database x does not exist", "odoo.login-refused"),
            ("psycopg2.errors.SerializationFailure", "could not serialize", "odoo.unavailable"),
        ] {
            let (found, words) = outcome(200, &failed(name, message));
            assert_eq!(found, code, "{name}");
            assert!(code == "login" || words.contains(message), "{words}");
        }
        assert_eq!(outcome(200, r#"{"jsonrpc":"2.0","id":1,"result":false}"#).0, "ok");
        assert_eq!(outcome(200, r#"{"jsonrpc":"2.0","id":1}"#).0, "odoo.answer");
        assert_eq!(outcome(404, "<html>").0, "odoo.answer");
        assert_eq!(outcome(502, "<html>").0, "odoo.unavailable");
        assert_eq!(outcome(429, "<html>").0, "odoo.rate-limited");
    }
}
