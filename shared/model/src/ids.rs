//! Newtypes for identifiers, so that one kind cannot be passed where another is meant.

use crate::code;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it is; validation belongs to the place the text came from.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }
    };
}

id! {
    /// Whose data a record is. Every table key begins with it.
    TenantId
}
id! {
    /// A configured outside system: letters, digits and dashes; part of callback URLs.
    ConnectionId
}
id! {
    /// A configured SQL database: letters, digits and dashes.
    DatabaseId
}
id! {
    /// A configured flow: letters, digits and dashes.
    FlowId
}
id! {
    /// The approval instance's id in the OA .
    InstanceId
}
id! {
    /// A tenant app: `app-…`.
    AppId
}
id! {
    /// One run in the run history.
    RunId
}

impl TenantId {
    /// The tenant that owns what the configuration file describes.
    pub fn operator() -> Self {
        Self("default".to_owned())
    }

    /// Whose apps may hear of what happens to this tenant: its own and the operator's, each once.
    pub fn with_operator(&self) -> Vec<Self> {
        let operator = Self::operator();
        if *self == operator { vec![operator] } else { vec![self.clone(), operator] }
    }
}

impl Default for TenantId {
    fn default() -> Self {
        Self::operator()
    }
}

/// The ERP document's key value. B1 keys are numbers (`DocEntry`) or texts (`Code`), and the URL
/// form differs (`Drafts(16)`, `ITEM('A1')`), so the JSON type is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DocumentKey {
    /// A numeric key.
    Number(i64),
    /// A text key.
    Text(String),
}

impl DocumentKey {
    /// The document in a sort key: number 16 and text "16" are different documents.
    pub fn sort_key(&self) -> String {
        match self {
            Self::Number(n) => format!("n:{n}"),
            Self::Text(t) => format!("t:{t}"),
        }
    }

    /// Takes the key out of a document's JSON field: an integer, an integral float, or a non-empty text.
    pub fn from_json(value: &serde_json::Value) -> Option<Self> {
        match value {
            serde_json::Value::Number(n) => n
                .as_i64()
                .or_else(|| n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64))
                .map(Self::Number),
            serde_json::Value::String(s) => {
                Some(code::trim(s)).filter(|s| !s.is_empty()).map(|s| Self::Text(s.to_owned()))
            }
            _ => None,
        }
    }

    /// Reads a key typed by a person: digits are a number, anything else a text; quotes force a text.
    pub fn parse(text: &str) -> Self {
        let text = code::trim(text);
        let unquoted = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        match (unquoted, text.parse::<i64>()) {
            (Some(inner), _) => Self::Text(inner.to_owned()),
            (None, Ok(number)) => Self::Number(number),
            (None, Err(_)) => Self::Text(text.to_owned()),
        }
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(t) => f.write_str(t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_keeps_its_json_type() {
        assert_eq!(DocumentKey::from_json(&json!(16)), Some(DocumentKey::Number(16)));
        assert_eq!(DocumentKey::from_json(&json!(16.0)), Some(DocumentKey::Number(16)));
        assert_eq!(DocumentKey::from_json(&json!("16")), Some(DocumentKey::Text("16".into())));
        assert_eq!(DocumentKey::from_json(&json!(null)), None);
        assert_eq!(DocumentKey::from_json(&json!("")), None);
        assert_eq!(DocumentKey::from_json(&json!("\u{3000}A 1\r\n")), Some(DocumentKey::Text("A 1".into())));
        assert_eq!(DocumentKey::from_json(&json!(" \n")), None);
        assert_eq!(DocumentKey::parse("16"), DocumentKey::Number(16));
        assert_eq!(DocumentKey::parse("'16'"), DocumentKey::Text("16".into()));
    }
}
