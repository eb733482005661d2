//! Reading bodies: what is wrong is told in the callers' language, with the field's path. The text is read
//! once, into a tree; the type is read from the tree.

mod reader;
mod tree;
mod wrong;

use reader::Reader;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use std::borrow::Cow;
use tenon_model::json::{number, without_mark};
use wrong::Wrong;

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBody {
    /// Path of the field: `colors[1]`; empty when the body as a whole is meant.
    pub field: String,
    /// What is wrong and what is wanted.
    pub message: String,
}

impl BadBody {
    /// Something wrong with one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl std::fmt::Display for BadBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.field.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.field, self.message) }
    }
}

/// Reads a JSON object. An empty body is read as `{}`, so that one whose fields are all optional may be left out;
/// an array is refused, and so is a field that is named twice, however deep. A byte-order mark is passed over,
/// `500.0` is a whole number, and an empty text is no value where a value may be left out.
///
/// # Errors
/// The path of the field and what is wrong with it.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BadBody> {
    let bytes = number::kept(without_mark(bytes));
    from_value(&tree::read(if bytes.is_empty() { b"{}" } else { bytes.as_ref() })?)
}

/// Reads any JSON, a list or a text too. Otherwise as [`read`].
///
/// # Errors
/// As [`read`]; that there is nothing.
pub fn read_any(bytes: &[u8]) -> Result<Value, BadBody> {
    let bytes = number::kept(without_mark(bytes));
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(BadBody::field("", "请求体为空"));
    }
    tree::read(&bytes)
}

/// Reads a part of a body that was read as any JSON.
///
/// # Errors
/// As [`read`].
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, BadBody> {
    // A derived reader would take the fields of an object from an array too, by their order.
    if value.is_array() {
        return Err(BadBody::field("", "应为JSON对象"));
    }
    let mut body = Cow::Borrowed(value);
    loop {
        let error = match serde_path_to_error::deserialize(Reader(&body)) {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        // `""` is absent wherever the field may be: forms and spreadsheets send it for what was not filled in.
        // A field that does not exist is wrong whatever it holds. Each turn takes one field away, so there is an
        // end.
        if matches!(error.inner(), Wrong::Unknown(_)) || !leave_out(&mut body, error.path()) {
            return Err(error.inner().bad_body(&field_of(error.path())));
        }
    }
}

fn field_of(path: &Path) -> String {
    let path = path.to_string();
    if path == "." { String::new() } else { path }
}

/// Takes the field at this path away when it is an empty text.
fn leave_out(body: &mut Cow<'_, Value>, path: &Path) -> bool {
    let mut place = body.to_mut();
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match (segment, place) {
            (Segment::Map { key }, Value::Object(fields)) if last => {
                return fields.get(key) == Some(&Value::from("")) && fields.remove(key).is_some();
            }
            (Segment::Map { key }, Value::Object(fields)) => match fields.get_mut(key) {
                Some(found) => place = found,
                None => return false,
            },
            (Segment::Seq { index }, Value::Array(items)) => match items.get_mut(*index) {
                Some(found) => place = found,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Order {
        quantity: u32,
        #[serde(default)]
        colors: Vec<String>,
    }

    #[test]
    fn a_field_that_is_named_twice_is_refused_wherever_it_stands() {
        for (body, field) in [
            (r#"{"action": "a", "quantity": 1, "quantity": 2}"#, "quantity"),
            (r#"{"params": {"a": 1, "a": 1}}"#, "params.a"),
            (r#"{"list": [{"a": 1}, {"a": {"b": null, "b": 1.5}}]}"#, "list[1].a.b"),
            (r#"{"a": "", "\u0061": true}"#, "a"),
        ] {
            let bad = read::<serde_json::Map<String, Value>>(body.as_bytes()).unwrap_err();
            assert_eq!((bad.field.as_str(), bad.message.as_str()), (field, "字段重复"), "{body}");
        }
        assert!(read::<Value>(br#"{"a": {"a": [{"a": 1}, {"a": 12345678901234567890.5}]}}"#).is_ok());
    }

    #[test]
    fn an_error_names_the_field_and_what_is_wanted() {
        let wrong = |body: &str| {
            let bad = read::<Order>(body.as_bytes()).unwrap_err();
            (bad.field, bad.message)
        };
        for (body, field, message) in [
            (r#"{"quantity": 1, "colors": ["red", 2]}"#, "colors[1]", "应为文本"),
            (r#"{"quantity": 1, "colors": 5}"#, "colors", "应为数组"),
            (r#"{"quantity": "1"}"#, "quantity", "应为整数"),
            ("{}", "quantity", "不能为空"),
            ("", "quantity", "不能为空"),
            (r#"{"quantity": 1, "size": 2}"#, "size", "未知字段"),
            (r#"{"quantity": 1, "quantity": 2}"#, "quantity", "字段重复"),
            (r#" [1, ["red"]]"#, "", "应为JSON对象"),
            (r#"{"quantity": 1} x"#, "", "不是有效的JSON：结尾之后还有内容"),
        ] {
            assert_eq!(wrong(body), (field.to_owned(), message.to_owned()), "{body}");
        }
        assert!(read::<Order>(br#"{"quantity": "#).unwrap_err().message.starts_with("不是有效的JSON"));
    }
}
