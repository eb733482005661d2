//! Identifiers that some systems write as numbers and others as texts.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A whole number or a text, kept as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "应为整数或文本")]
pub enum NumberOrText {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl fmt::Display for NumberOrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
