//! Texts that vendors also write as numbers.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

impl Written {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// A text, number or flag as a text; null and the empty text are absent.
pub fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<Written>::deserialize(from)?.map(Written::text);
    Ok(text.filter(|text| !text.is_empty()))
}

/// A text, number or flag as a text, and not an empty one.
pub fn filled<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    optional(from)?.ok_or_else(|| serde::de::Error::custom("is empty"))
}

/// A text, number or flag as a text; an absent one is empty.
pub fn trimmed<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(optional(from)?.unwrap_or_default())
}

/// A list of texts, numbers or flags as texts; one alone is a list of one.
pub fn list<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Several {
        Many(Vec<Written>),
        One(Written),
    }
    let all = match Several::deserialize(from)? {
        Several::Many(all) => all,
        Several::One(one) => vec![one],
    };
    Ok(all.into_iter().map(Written::text).filter(|text| !text.is_empty()).collect())
}
