//! What two systems say of their own fields: an object of an ERP, and the form of an OA that it is to be shown in.

use crate::oa::FieldKind;
use serde::{Deserialize, Serialize};

/// An object of the ERP with its collections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectSchema {
    /// Entity set.
    pub set: String,
    /// The field that tells one document from another.
    pub key: String,
    /// Its own fields.
    pub header: TableSchema,
    /// Its collections, in the ERP's order.
    pub collections: Vec<TableSchema>,
    /// What could not be read, so that less was known than there is.
    pub notes: Vec<String>,
}

/// The fields of an object, or of one of its collections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSchema {
    /// `DocumentLines`; of the object itself its entity set.
    pub name: String,
    /// The table that user-defined fields of it belong to: `OPOR`, `POR1`, `@ITEM`.
    pub table: Option<String>,
    /// In the ERP's order.
    pub fields: Vec<FieldSchema>,
}

/// One field of the ERP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSchema {
    /// As it is read and written: `DocDate`, `U_ISSYN`.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// What people call it, where the ERP says so.
    pub caption: Option<String>,
    /// Values that it takes and what they are called; without any, every value.
    pub values: Vec<(String, String)>,
    /// Longest text, in the ERP's characters, where it says so.
    pub size: Option<u32>,
}

/// What a field of an ERP holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldType {
    /// A text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number, a quantity, a price or an amount.
    Decimal,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// One of the words of the ERP's own.
    Word,
    /// Anything else: a file, a structure.
    Other,
}

/// A user-defined field of the ERP, as it is or as it is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserField {
    /// The table it belongs to.
    pub table: String,
    /// With its `U_`.
    pub name: String,
    /// What people call it.
    pub caption: String,
    /// What it holds.
    pub kind: UserFieldKind,
    /// Longest text; 0 where the kind has none.
    pub size: u32,
    /// Values that it takes and what they are called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, String)>,
    /// What a new document has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// Kinds of user-defined fields that are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserFieldKind {
    /// Alphanumeric, 254 characters at most.
    Alphanumeric,
    /// A text of any length.
    Memo,
    /// A day.
    Date,
}

/// What became of a user-defined field that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum UserFieldState {
    /// It was there.
    Found {
        /// What of it is not as the flow needs it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        differs: Vec<String>,
    },
    /// It is not there.
    Missing,
    /// It was made.
    Created,
}

/// The form of an OA's template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormSchema {
    /// What people call it.
    pub title: String,
    /// Its controls, frames around controls taken away.
    pub controls: Vec<FormControl>,
}

/// One control of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormControl {
    /// What tells it from every other.
    pub id: String,
    /// What a mapping calls it by; of a range both names, as the configuration writes them.
    pub name: String,
    /// What people see.
    pub label: String,
    /// The OA's own word for its kind.
    pub word: String,
    /// What kind of control it is.
    pub kind: FieldKind,
    /// Whether a date has its time of day.
    pub with_time: bool,
    /// Whether it must be filled in, as far as the OA says.
    pub required: bool,
    /// Whether it can be filled in at all: the others are words on the form, or computed.
    pub fillable: bool,
    /// Texts of its options.
    pub options: Vec<String>,
    /// Longest text, where the OA says so.
    pub longest: Option<u32>,
    /// The controls of a table's row.
    pub columns: Vec<FormControl>,
}

impl Default for FormControl {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            label: String::new(),
            word: String::new(),
            kind: FieldKind::Unknown,
            with_time: false,
            required: false,
            fillable: true,
            options: Vec::new(),
            longest: None,
            columns: Vec::new(),
        }
    }
}

/// A form as it was when a flow was written for it: what `check` holds the form against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenForm {
    /// A digest of every control with its kind, its options and its place.
    pub fingerprint: String,
    /// The controls; none of a form that has too many to be listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<SeenControl>,
}

/// One control of a form as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeenControl {
    /// What tells it from every other of its table.
    pub id: String,
    /// What people saw.
    pub label: String,
    /// The OA's own word for its kind.
    pub kind: String,
    /// The table it is a column of.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Whether it had to be filled in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// A digest of its options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<String>,
}
