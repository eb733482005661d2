//! What its answers mean: `{code, message, data}`, where one code is the good one. Anything else that is of this shape is
//! a refusal, in the database's own words.

use super::{DI_API, SqlAnswer};
use crate::base::{Effect, Problem};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_model::config::DiApiConnection;
use tenon_platform::http::Answer;

/// After a 429.
const PAUSE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Envelope<'b> {
    #[serde(borrow)]
    code: Option<&'b RawValue>,
    #[serde(borrow)]
    message: Option<&'b RawValue>,
    #[serde(borrow)]
    data: Option<&'b RawValue>,
}

/// What stands in `data`.
enum Rows {
    /// So many rows, as `{"value":[…]}`.
    Known(usize),
    /// So many rows, in another form; they in the known one.
    Rewritten(usize, String),
}

impl Rows {
    /// `{"value":[…]}`; some answer the list itself, or the one row where there is only one. Some answer a statement without
    /// a result with nothing at all. Anything else is nothing that is known, and never no rows.
    fn of(data: &str) -> Option<Self> {
        let within = |value: &RawValue| -> Option<Self> {
            let (text, known) = (value.get(), value.get().trim_start().chars().next()?);
            match known {
                '[' => Some(Self::Known(serde_json::from_str::<Vec<&RawValue>>(text).ok()?.len())),
                '{' => Some(Self::Rewritten(1, format!("[{text}]"))),
                'n' => Some(Self::Rewritten(0, "[]".to_owned())),
                _ => None,
            }
        };
        let wrapped = |rows: usize, list: &str| Self::Rewritten(rows, format!("{{\"value\":{list}}}"));
        match data.trim_start().chars().next()? {
            'n' => Some(wrapped(0, "[]")),
            '[' => {
                let rows = serde_json::from_str::<Vec<&RawValue>>(data).ok()?.len();
                Some(wrapped(rows, data))
            }
            _ => {
                let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(data).ok()?;
                match members.get("value") {
                    Some(value) => Some(match within(value)? {
                        Self::Known(rows) => Self::Known(rows),
                        Self::Rewritten(rows, list) => wrapped(rows, &list),
                    }),
                    None if members.is_empty() => Some(wrapped(0, "[]")),
                    None => None,
                }
            }
        }
    }
}

/// An answer of the envelope's shape.
pub(super) struct EnvelopeAnswer {
    pub code: String,
    pub message: String,
    /// Its JSON; `null` for none.
    pub data: String,
}

/// The envelope of an answer; `None` when it is not one.
pub(super) fn envelope_of(answer: &Answer) -> Option<EnvelopeAnswer> {
    let bytes = tenon_model::json::without_mark(&answer.body);
    let text = String::from_utf8_lossy(bytes);
    // Text that was cut in the middle of a character is mended, and its numbers keep what they are.
    let text = match serde_json::from_str::<Envelope<'_>>(&text) {
        Ok(_) => text,
        Err(_) => {
            let mended = tenon_model::json::from_slice(bytes).ok().filter(Value::is_object)?;
            Cow::Owned(tenon_model::json::number::write(&mended))
        }
    };
    let Envelope { code, message, data } = serde_json::from_str(&text).ok()?;
    let plain = |raw: Option<&RawValue>| match serde_json::from_str(raw?.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let code = plain(code)?;
    let data = data.map_or_else(|| "null".to_owned(), |data| data.get().to_owned());
    Some(EnvelopeAnswer { code, message: plain(message).unwrap_or_default(), data })
}

/// The rows of a good answer, or what is wrong.
pub(super) fn read(connection: &DiApiConnection, answer: &Answer) -> Result<SqlAnswer, Problem> {
    let status = answer.status;
    if status == 401 {
        return Err(Problem::Credential);
    }
    let Some(EnvelopeAnswer { code, message, data }) = envelope_of(answer) else { return Err(non_json(status)) };
    if connection.session_over.contains(&code) {
        return Err(Problem::Credential);
    }
    if code == connection.success && (200..300).contains(&status) {
        return match Rows::of(&data) {
            Some(Rows::Known(rows)) => Ok(SqlAnswer { code, message, data, rows }),
            Some(Rows::Rewritten(rows, data)) => Ok(SqlAnswer { code, message, data, rows }),
            None => {
                Err(Problem::from(DI_API.unintelligible(
                    "the answer has the code of a good one and no rows of the known shape (data.value)",
                )))
            }
        };
    }
    let error = match status {
        429 => DI_API.rate_limited(PAUSE, message.clone()),
        // A statement that the database refuses is answered so by some, and it is answered.
        500 if !code.is_empty() => DI_API.refused(&message),
        500.. => DI_API.failed(Effect::Read, &message),
        _ => DI_API.refused(&message),
    };
    Err(Problem::from(error.with_vendor_message(&message)).with_codes(status, code))
}

/// Something else spoke in its place.
pub(super) fn non_json(status: u16) -> Problem {
    let error = match status {
        429 => DI_API.rate_limited(PAUSE, "too many requests"),
        408 | 500.. => DI_API.failed(Effect::Read, "a proxy or web server answered in its place"),
        _ => DI_API
            .unintelligible("the answer is not the DI API's; check base_url and root, and what stands in front of it"),
    };
    error.with_status(status).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    fn connection() -> DiApiConnection {
        serde_json::from_value(json!({ "id": "di", "base_url": "http://di", "company_db": "A", "username": "u",
            "password": "p", "session_over": ["RIS.40100001"] }))
        .unwrap()
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.to_owned()) }
    }

    // R-B5, R-B8
    #[test]
    fn rows_pass_as_they_came_and_only_one_code_is_a_success() {
        let body = r#"{"code":"RIS.10000000","message":"OK","data":{"value":[{"UPDATEDATE":"2023-10-23","ItemCode":"","n":null,"q":1234567890123.123456,"z":1.50}]},"timestamp":"t"}"#;
        let read = read(&connection(), &answer(200, body)).unwrap();
        let data =
            r#"{"value":[{"UPDATEDATE":"2023-10-23","ItemCode":"","n":null,"q":1234567890123.123456,"z":1.50}]}"#;
        assert_eq!((read.data.as_str(), read.rows), (data, 1));
        let rows = read.objects();
        assert_eq!(rows[0]["ItemCode"], "");
        assert!(rows[0]["n"].is_null());
        let problem = |status, body: &str| super::read(&connection(), &answer(status, body)).unwrap_err();
        for (status, body, code) in [
            (200, r#"{"code":"RIS.20000001","message":"invalid table name: OITX"}"#, "di-api.refused"),
            (200, r#"{"code":1,"message":"Sql不能为空"}"#, "di-api.refused"),
            (500, r#"{"code":"RIS.5","message":"sql syntax error"}"#, "di-api.refused"),
            (503, r#"{"code":"RIS.5","message":"down"}"#, "di-api.unavailable"),
            (502, "<html>", "di-api.unavailable"),
            (404, "<html>", "di-api.answer"),
            (200, "[]", "di-api.answer"),
            (200, r#"{"code":"RIS.10000000","message":"OK","data":{"value":7}}"#, "di-api.answer"),
        ] {
            let Problem::Other(error) = problem(status, body) else { panic!("{body}") };
            assert_eq!(error.code, code, "{body}");
        }
        // Rows of another form are never taken for none.
        for data in ["\"x\"", "7", "true", r#"{"DocEntry":478}"#, r#"{"rows":[]}"#, r#"{"value":"x"}"#] {
            let body = format!(r#"{{"code":"RIS.10000000","message":"OK","data":{data}}}"#);
            let Problem::Other(error) = problem(200, &body) else { panic!("{body}") };
            assert_eq!(error.code, "di-api.answer", "{body}");
        }
        for (data, expected, count) in [
            ("null", r#"{"value":[]}"#, 0),
            ("{}", r#"{"value":[]}"#, 0),
            (r#"{"value":null}"#, r#"{"value":[]}"#, 0),
            (r#"[{"a":1.50},{"a":2}]"#, r#"{"value":[{"a":1.50},{"a":2}]}"#, 2),
            (r#"{"value":{"a":1.50}}"#, r#"{"value":[{"a":1.50}]}"#, 1),
            (r#"{"other":1,"value":[]}"#, r#"{"other":1,"value":[]}"#, 0),
        ] {
            let body = format!(r#"{{"code":"RIS.10000000","message":"OK","data":{data}}}"#);
            let read = super::read(&connection(), &answer(200, &body)).unwrap();
            assert_eq!((read.data.as_str(), read.rows), (expected, count), "{data}");
        }
        assert!(matches!(problem(401, ""), Problem::Credential));
        assert!(matches!(problem(200, r#"{"code":"RIS.40100001","message":"session"}"#), Problem::Credential));
    }
}
