//! Reading bodies: what is wrong is told in the callers' language, with the field's path.

mod empty;

use crate::unique::Unique;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenon_model::json::{number, without_mark};

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

/// Reads a JSON object of at most `limit` bytes. An empty body is read as `{}`, so that one whose fields
/// are all optional may be left out; an array is refused. A byte-order mark is passed over, `500.0` is a whole
/// number, and an empty text is no value where a value may be left out.
///
/// # Errors
/// The path of the field and what is wrong with it.
pub fn read<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, BadBody> {
    if bytes.len() > limit {
        return Err(BadBody::field("", format!("请求体超过{}KB", limit / 1024)));
    }
    let bytes = number::kept(without_mark(bytes));
    let bytes = if bytes.is_empty() { b"{}" } else { bytes.as_ref() };
    // A derived reader would take the fields of an object from an array too, by their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(BadBody::field("", "应为JSON对象"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let strict = serde_path_to_error::deserialize(&mut reader).map_err(|error| told(&error)).and_then(|value| {
        reader.end().map_err(|_| BadBody::field("", "不是有效的JSON：结尾之后还有内容"))?;
        unique(bytes)?;
        Ok(value)
    });
    if bytes.windows(2).any(|pair| pair == b"\"\"")
        && unique(bytes).is_ok()
        && let Ok(whole) = serde_json::from_slice(bytes)
    {
        return empty::read(whole).map_err(|error| told(&error));
    }
    strict
}

fn told(error: &serde_path_to_error::Error<serde_json::Error>) -> BadBody {
    let path = error.path().to_string();
    let field = if path == "." { String::new() } else { path };
    in_chinese(field, &error.inner().to_string())
}

/// Refuses a text that names a field twice, however deep: a derived reader notices it of its own fields,
/// one of a map does not.
fn unique(bytes: &[u8]) -> Result<(), BadBody> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read: Result<Unique, _> = serde_path_to_error::deserialize(&mut reader);
    read.map(drop).map_err(|error| told(&error))
}

/// Reads a part of a body that was read as any JSON.
///
/// # Errors
/// As [`read`].
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, BadBody> {
    let text = serde_json::to_vec(value).map_err(|e| BadBody::field("", e.to_string()))?;
    // Errors of a value, unlike those of a text, would not say where they are.
    read(&text, usize::MAX)
}

/// Says what serde says in Chinese, where it is one of serde's standing phrases. The place in the text
/// is left out: the path says more.
fn in_chinese(field: String, message: &str) -> BadBody {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();
    let beneath = |name: &str| if field.is_empty() { name.to_owned() } else { format!("{}.{name}", field) };
    if let Some(rest) = message.strip_prefix("missing field `") {
        BadBody::field(beneath(&quoted(rest)), "不能为空")
    } else if let Some(rest) = message.strip_prefix("unknown field `") {
        let name = quoted(rest);
        let named = field == name || field.ends_with(&format!(".{name}"));
        BadBody::field(if named { field } else { beneath(&name) }, "未知字段")
    } else if let Some(rest) = message.strip_prefix("duplicate field `") {
        let name = quoted(rest);
        let named = field == name || field.ends_with(&format!(".{name}"));
        BadBody::field(if named { field } else { beneath(&name) }, "字段重复")
    } else if let Some((_, wanted)) = message.split_once(", expected ") {
        let wanted = match wanted {
            "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => "整数",
            "f64" => "数字",
            "a map" => "对象",
            "a string" => "文本",
            "a sequence" => "数组",
            "a boolean" => "布尔值",
            other if other.starts_with("struct ") => "对象",
            other => other.strip_prefix("one of ").unwrap_or(other),
        };
        BadBody::field(field, format!("应为{wanted}"))
    } else {
        let message =
            if message.starts_with('应') { message.to_owned() } else { format!("不是有效的JSON：{message}") };
        BadBody::field(field, message)
    }
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
            let bad = read::<serde_json::Map<String, Value>>(body.as_bytes(), 1024).unwrap_err();
            assert_eq!((bad.field.as_str(), bad.message.as_str()), (field, "字段重复"), "{body}");
        }
        assert!(read::<Value>(br#"{"a": {"a": [{"a": 1}, {"a": 12345678901234567890.5}]}}"#, 1024).is_ok());
    }

    #[test]
    fn an_error_names_the_field_and_what_is_wanted() {
        let wrong = |body: &str| {
            let bad = read::<Order>(body.as_bytes(), 1024).unwrap_err();
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
        assert_eq!(read::<Order>(&[b' '; 2000], 1024).unwrap_err().message, "请求体超过1KB");
        assert!(read::<Order>(br#"{"quantity": "#, 1024).unwrap_err().message.starts_with("不是有效的JSON"));
    }
}
