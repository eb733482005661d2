//! What Kingdee's answers mean. They have HTTP status 200: an error stands in the array of rows, in an object of its
//! own, or is a text. Its words decide only in an answer that failed: a row may hold any of them.

use super::KINGDEE;
use crate::base::{Effect, Meaning, Problem};
use serde_json::Value;
use std::time::Duration;
use tenon_platform::http::Answer;
use tenon_platform::retry_after::retry_after;

/// After a limit that names no time.
const PAUSE: Duration = Duration::from_secs(30);
/// Words of an answer that failed, by which a session that is lost is known where no number says so.
const LOST: [&str; 6] = ["会话信息已丢失", "会话已丢失", "ctx == null", "未登录", "重新登录", "-10001"];

/// The body of an answer that did not fail.
pub(super) fn body(answer: &Answer) -> Result<Value, Problem> {
    let status = answer.status;
    let Ok(body) = tenon_model::json::from_slice(&answer.body) else { return Err(no_json(answer)) };
    if let Some(failed) = failed(&body) {
        return Err(problem_of(&failed, status));
    }
    if body.get("actionname").and_then(Value::as_str) == Some("ShowErrMsg") {
        let parameter = body.pointer("/params/0");
        let words: Vec<&str> = ["errorTitle", "errorInfo"]
            .into_iter()
            .filter_map(|name| parameter?.get(name)?.as_str())
            .filter(|text| !text.is_empty())
            .collect();
        return Err(problem_of(
            &Failed { words: words.join(": "), lost: false, code: "ShowErrMsg".to_owned() },
            status,
        ));
    }
    match status {
        200..300 => Ok(body),
        401 => Err(Problem::Credential),
        _ => Err(no_json(answer)),
    }
}

/// What an answer that failed says.
struct Failed {
    words: String,
    lost: bool,
    code: String,
}

/// The status of an answer that failed: in an array of arrays, in an array, or by itself.
fn failed(body: &Value) -> Option<Failed> {
    let mut place = body;
    while let Value::Array(items) = place {
        // An error is alone.
        place = if let [only] = items.as_slice() { only } else { return None };
    }
    let status = place.pointer("/Result/ResponseStatus")?;
    if status.get("IsSuccess") == Some(&Value::Bool(true)) {
        return None;
    }
    let number = |name: &str| status.get(name).and_then(tenon_model::json::number::text_of).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for error in status.get("Errors").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let message = text("Message").unwrap_or_default();
        words.push(match text("FieldName") {
            Some(field) if !message.contains(field) => format!("{field}: {message}"),
            _ => message.to_owned(),
        });
    }
    let words = if words.is_empty() { "no message".to_owned() } else { words.join("; ") };
    Some(Failed { lost: number("MsgCode") == "1", code: number("ErrorCode").into_owned(), words })
}

fn problem_of(failed: &Failed, status: u16) -> Problem {
    let words = failed.words.as_str();
    let has = |some: &[&str]| some.iter().any(|word| words.contains(word));
    let meaning = if failed.lost || has(&LOST) {
        Some(Meaning::Credential)
    } else if has(&["频繁", "限流", "超出调用", "too many"]) {
        Some(Meaning::Limit(PAUSE))
    } else if has(&["没有权限", "无权限", "权限不足", "没有查看"]) {
        Some(Meaning::Forbidden)
    } else if has(&["死锁", "超时", "deadlock", "timeout", "Timeout"]) {
        None
    } else {
        Some(Meaning::Refused)
    };
    let remedy = "let the user see it, in K3Cloud's authorisation (业务领域授权), and the organisation it belongs to";
    KINGDEE.problem(meaning, Effect::Read, words, None, remedy).with_codes(status, failed.code.clone())
}

/// A text: `response_error:` with Kingdee's words, a proxy's page, or nothing.
fn no_json(answer: &Answer) -> Problem {
    let status = answer.status;
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim();
    let response_error = text.strip_prefix("response_error:").map(str::trim);
    if let Some(response_error) = response_error {
        return problem_of(
            &Failed { words: response_error.to_owned(), lost: false, code: "response_error".to_owned() },
            status,
        );
    }
    let wait = retry_after(&answer.headers, 0, Duration::from_secs(900));
    let error = match status {
        401 => return Problem::Credential,
        429 => KINGDEE.rate_limited(wait.unwrap_or(PAUSE), "too many requests"),
        500.. => KINGDEE.failed(Effect::Read, "something else answered in its place"),
        404 => KINGDEE.forbidden("there is no such interface", "check base_url, which ends in /k3cloud"),
        _ if LOST.iter().any(|word| text.contains(word)) => return Problem::Credential,
        _ => KINGDEE.unintelligible("the answer is not Kingdee's; check base_url, which ends in /k3cloud"),
    };
    error.with_status(status).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderMap;

    fn outcome(status: u16, text: &str) -> &'static str {
        let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from(text.to_owned()) };
        match body(&answer) {
            Ok(_) => "ok",
            Err(Problem::Credential) => "session",
            Err(Problem::Other(error)) => error.code,
        }
    }

    fn status(msg_code: i64, message: &str) -> String {
        format!(
            r#"{{"Result":{{"ResponseStatus":{{"ErrorCode":500,"IsSuccess":false,"Errors":[{{"FieldName":null,"Message":"{message}","DIndex":0}}],"MsgCode":{msg_code}}}}}}}"#
        )
    }

    #[test]
    fn an_error_is_one_wherever_it_stands_and_a_row_is_none() {
        let lost = status(1, "会话信息已丢失，请重新登录");
        for wrapped in [format!("[[{lost}]]"), format!("[{lost}]"), lost.clone()] {
            assert_eq!(outcome(200, &wrapped), "session", "{wrapped}");
        }
        for (http, text, expected) in [
            (200, "[]".to_owned(), "ok"),
            (200, r#"[[1,"会话信息已丢失 session ctx == null 未登录"]]"#.to_owned(), "ok"),
            (200, r#"{"Result":{"ResponseStatus":{"IsSuccess":true}}}"#.to_owned(), "ok"),
            (200, format!("[[{}]]", status(9, "字段 FXyz 不存在")), "kingdee.refused"),
            (200, format!("[[{}]]", status(9, "没有权限查看")), "kingdee.forbidden"),
            (200, format!("[[{}]]", status(9, "数据库死锁")), "kingdee.unavailable"),
            (200, format!("[[{}]]", status(9, "ctx == null")), "session"),
            (
                200,
                r#"{"actionname":"ShowErrMsg","params":[{"errorTitle":"错误","errorInfo":"参数不对"}]}"#.to_owned(),
                "kingdee.refused",
            ),
            (200, "response_error: 未登录".to_owned(), "session"),
            (200, "response_error: 服务器内部错误".to_owned(), "kingdee.refused"),
            (401, String::new(), "session"),
            (200, "<html>".to_owned(), "kingdee.answer"),
            (404, "<html>".to_owned(), "kingdee.forbidden"),
            (429, "<html>".to_owned(), "kingdee.rate-limited"),
            (502, "<html>".to_owned(), "kingdee.unavailable"),
        ] {
            assert_eq!(outcome(http, &text), expected, "{http} {text}");
        }
    }
}
