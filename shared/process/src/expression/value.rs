//! Values of expressions.

use serde_json::{Map, Value as Json};
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Truth(bool),
    /// A number, exactly.
    Number(Decimal),
    /// A text.
    Text(String),
    /// Several.
    List(Vec<Value>),
    /// An object, which can only be gone into.
    Object(Map<String, Json>),
}

impl Value {
    /// A value of JSON; a number with more digits than are counted with stays a text.
    pub fn of(json: &Json) -> Self {
        if let Some(text) = number::text_of(json) {
            return decimal::parse_exact(&text).map_or_else(|| Self::Text(text.into_owned()), Self::Number);
        }
        match json {
            Json::Null | Json::Number(_) => Self::Null,
            Json::Bool(truth) => Self::Truth(*truth),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Json::Object(members) => Self::Object(members.clone()),
        }
    }

    /// The number it is: itself, or the text of one, as forms send them.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => decimal::parse_exact(text.trim()),
            _ => None,
        }
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Truth(_) | Self::Number(_) => false,
        }
    }

    /// What it is, in both languages.
    pub(super) fn word(&self) -> (&'static str, &'static str) {
        match self {
            Self::Null => ("空值", "null"),
            Self::Truth(_) => ("布尔值", "a boolean"),
            Self::Number(_) => ("数字", "a number"),
            Self::Text(_) => ("文本", "a text"),
            Self::List(_) => ("列表", "a list"),
            Self::Object(_) => ("对象", "an object"),
        }
    }

    /// The texts it names, as codes of people are: one, or each of a list; numbers are written plainly.
    pub fn texts(&self) -> Option<Vec<String>> {
        let one = |value: &Self| match value {
            Self::Text(text) => Some(text.trim().to_owned()),
            Self::Number(number) => Some(decimal::plain(*number)),
            _ => None,
        };
        let all = match self {
            Self::Null => Vec::new(),
            Self::List(items) => items.iter().map(one).collect::<Option<_>>()?,
            // Several in one text, as designers write them.
            Self::Text(text) => text.split([',', '，', ';', '；']).map(|part| part.trim().to_owned()).collect(),
            other => vec![one(other)?],
        };
        Some(all.into_iter().filter(|text| !text.is_empty()).collect())
    }
}
