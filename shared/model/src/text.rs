//! Texts that vendors also write as numbers.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

/// A text, number or flag as a text; null and the empty text are absent.
pub fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<Written>::deserialize(from)?.map(|written| match written {
        Written::Text(text) => text.trim().to_owned(),
        Written::Number(number) => number.to_string(),
        Written::Flag(flag) => flag.to_string(),
    });
    Ok(text.filter(|text| !text.is_empty()))
}
