//! Reading bodies: what is wrong is told in the caller's language, with the field's path.

use serde::de::DeserializeOwned;
use serde_json::Value;
use tenon_platform::request::{self, BadBody};

/// Reads a JSON body of at most `limit` bytes; an empty one is read as `{}`.
///
/// # Errors
/// The path of the field and what is wrong with it.
pub fn read<T: DeserializeOwned>(bytes: &[u8], limit: usize) -> Result<T, BadBody> {
    if bytes.len() > limit {
        return Err(BadBody::field("", format!("请求体超过{}KB", limit / 1024)));
    }
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    request::parse(bytes, limit).map_err(in_chinese)
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
fn in_chinese(bad: BadBody) -> BadBody {
    let message = bad.message.rsplit_once(" at line ").map_or(bad.message.as_str(), |(message, _)| message);
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();
    let beneath = |name: &str| if bad.field.is_empty() { name.to_owned() } else { format!("{}.{name}", bad.field) };
    if let Some(rest) = message.strip_prefix("missing field `") {
        BadBody::field(beneath(&quoted(rest)), "不能为空")
    } else if let Some(rest) = message.strip_prefix("unknown field `") {
        let name = quoted(rest);
        let named = bad.field == name || bad.field.ends_with(&format!(".{name}"));
        BadBody::field(if named { bad.field } else { beneath(&name) }, "未知字段")
    } else if let Some(rest) = message.strip_prefix("duplicate field `") {
        BadBody::field(quoted(rest), "字段重复")
    } else if let Some((_, wanted)) = message.split_once(", expected ") {
        let wanted = match wanted {
            "i64" => "整数",
            "a string" => "文本",
            "a sequence" => "数组",
            "a boolean" => "布尔值",
            other if other.starts_with("struct ") => "对象",
            other => other.strip_prefix("one of ").unwrap_or(other),
        };
        BadBody::field(bad.field, format!("应为{wanted}"))
    } else {
        let message =
            if message.starts_with('应') { message.to_owned() } else { format!("不是有效的JSON：{message}") };
        BadBody::field(bad.field, message)
    }
}
