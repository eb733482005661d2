//! Mapped fields: which value goes where, and how it is written.

use crate::config::range;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One mapped field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name on the side the document comes from; two names for a range, see [`range`].
    #[serde(deserialize_with = "range::name_or_pair")]
    pub from: String,
    /// Name on the side it goes to; two names for a range.
    #[serde(deserialize_with = "range::name_or_pair")]
    pub to: String,
    /// How the value is written.
    #[serde(default)]
    pub format: FieldFormat,
    /// Replaces values: `{ tYES = "是", tNO = "否" }`. A value that is not named stays as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// Written when the source is null, empty or missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Digits after the decimal point, for numbers and money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Whether an empty value is an error.
    #[serde(default)]
    pub required: bool,
}

impl Field {
    /// The fields it is filled from: one, or the two of a range.
    pub fn sources(&self) -> Vec<String> {
        range::pair(&self.from).map_or_else(|| vec![self.from.clone()], |(begin, end)| vec![begin, end])
    }
}

/// How a value is written to a form control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldFormat {
    /// As it reads.
    #[default]
    Text,
    /// A plain decimal number.
    Number,
    /// A decimal number with two digits, unless `decimals` says otherwise.
    Money,
    /// `2026-11-22`
    Date,
    /// `2026-11-22 08:30`
    Datetime,
    /// One option's text.
    Choice,
    /// A JSON list of options; the source is a list or comma-separated text.
    MultiChoice,
    /// People, written as a JSON list of userIds; the source is a list or comma-separated text.
    Contact,
    /// Departments, written as ids with commas between them.
    Department,
    /// The JSON text of a list of files, as the OA's storage gave it.
    Attachment,
    /// Other instances, written as a JSON list of their ids.
    Related,
}

impl FieldFormat {
    /// Whether a control of this kind reads back as it was written, so that an instance can be recognised
    /// by it. A list of options may stand for one of people, which does not.
    pub fn reads_back(self) -> bool {
        match self {
            Self::Text | Self::Number | Self::Money | Self::Date | Self::Datetime | Self::Choice => true,
            Self::MultiChoice | Self::Contact | Self::Department | Self::Attachment | Self::Related => false,
        }
    }
}

/// The table control of a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Collection on the side the document comes from.
    #[serde(default = "lines_default")]
    pub from: String,
    /// The table on the side it goes to.
    #[serde(default)]
    pub to: String,
    /// Columns.
    pub fields: Vec<Field>,
}

fn lines_default() -> String {
    "DocumentLines".to_owned()
}
