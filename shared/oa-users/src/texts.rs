//! Fields as OA systems write them: numbers are texts, lists are texts with commas, and nothing is an empty text.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use tenon_model::json::number;

/// A text, or a number as one; null is an empty text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    of(&Value::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("应为文本"))
}

/// A list of texts, or one text in which commas part them.
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(of).collect();
            Ok(items
                .ok_or_else(|| D::Error::custom("应为文本列表"))?
                .into_iter()
                .filter(|item| !item.is_empty())
                .collect())
        }
        one => Ok(parts(&of(&one).ok_or_else(|| D::Error::custom("应为文本列表"))?)),
    }
}

/// Whether it counts: 1, `"1"`, true; nothing said is yes.
pub(crate) fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match of(&Value::deserialize(deserializer)?).as_deref() {
        Some("" | "1" | "true") => Ok(true),
        Some("0" | "2" | "-1" | "false") => Ok(false),
        _ => Err(D::Error::custom("应为1（启用）或0（停用）")),
    }
}

/// The parts of a text between its commas, Chinese ones too.
pub(crate) fn parts(text: &str) -> Vec<String> {
    text.split([',', '，']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Null => Some(String::new()),
        Value::Bool(flag) => Some(flag.to_string()),
        other => number::text_of(other).map(Into::into),
    }
}
