//! What a barcode application may ask of a company.

use crate::{duration, ids::ConnectionId, text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// One company's barcode application: its B1, its DI API, and what it is let do there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Barcode {
    /// The B1 connection; part of the URLs.
    pub connection: ConnectionId,
    /// The company's name, as the barcode application shows it. Without it B1 is asked.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub name: Option<String>,
    /// The company's DI API. Without one there is no query and no backflush.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub di_api: Option<ConnectionId>,
    /// Tables that may be read; a name may end in `*`. Empty: B1's own and the site's user tables, without those of
    /// users and settings.
    #[serde(default, deserialize_with = "text::list")]
    pub tables: Vec<String>,
    /// Schemas that may stand before a table, beside the company's database and `dbo`.
    #[serde(default, deserialize_with = "text::list")]
    pub schemas: Vec<String>,
    /// SQL functions that may be called beside the usual ones.
    #[serde(default, deserialize_with = "text::list")]
    pub functions: Vec<String>,
    /// Procedures that may be asked for batches.
    #[serde(default = "procedures_default", deserialize_with = "text::list")]
    pub procedures: Vec<String>,
    /// What `UserDataTable` may create.
    #[serde(default)]
    pub objects: Vec<BarcodeObject>,
    /// The user field that carries the key by which a document is found again. Without it the key stands at the end of
    /// `Comments`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub key_field: Option<String>,
    /// Whether empty texts are sent to B1.
    #[serde(default)]
    pub send_empty: bool,
    /// Whether issue and receipt of a backflush are posted in one changeset.
    #[serde(default = "yes")]
    pub changeset: bool,
    /// What becomes of batches beyond what is needed.
    #[serde(default)]
    pub excess: Excess,
    /// Names of the columns that a procedure of batches answers with.
    #[serde(default)]
    pub batch_columns: BatchColumns,
    /// The member of a row of `linetable` with the bin that goods are moved to.
    #[serde(default = "to_bin_default", deserialize_with = "text::filled")]
    pub to_bin: String,
    /// Rows that a query may have.
    #[serde(default = "max_rows_default")]
    pub max_rows: u32,
    /// Bytes that the answer to a query may have.
    #[serde(default = "max_bytes_default")]
    pub max_bytes: u32,
    /// How long a query may take.
    #[serde(default = "query_timeout_default", with = "duration::text")]
    pub query_timeout: Duration,
    /// Queries at a time.
    #[serde(default = "max_queries_default")]
    pub max_queries: u32,
    /// How answers read.
    #[serde(default)]
    pub answer: BarcodeAnswer,
    /// Queries that are asked for by name.
    #[serde(default)]
    pub queries: Vec<NamedQuery>,
}

/// A custom object, by its name alone or with what is peculiar to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BarcodeObject {
    /// `"UDTNAME"`
    Name(String),
    /// `{ name = "UDTNAME", lines = "UDT1Collection", key = "Code" }`
    Described(DescribedObject),
}

/// A custom object and how its documents read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedObject {
    /// The object, as in the Service Layer's path.
    pub name: String,
    /// The member of its documents that takes the lines.
    #[serde(default = "lines_default")]
    pub lines: String,
    /// Its key.
    #[serde(default = "key_default")]
    pub key: String,
}

impl BarcodeObject {
    /// Its name, the member with its lines, its key.
    pub fn parts(&self) -> (&str, &str, &str) {
        match self {
            Self::Name(name) => (name, "DocumentLines", "DocEntry"),
            Self::Described(object) => (&object.name, &object.lines, &object.key),
        }
    }
}

/// What becomes of batches beyond what is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Excess {
    /// The last ones are cut.
    #[default]
    Cut,
    /// Nothing is posted.
    Error,
}

/// Names of columns, whatever their case; the first that a row has counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchColumns {
    /// The batch number.
    #[serde(deserialize_with = "text::list")]
    pub batch: Vec<String>,
    /// How much of it.
    #[serde(deserialize_with = "text::list")]
    pub quantity: Vec<String>,
    /// The bin it lies in.
    #[serde(deserialize_with = "text::list")]
    pub bin: Vec<String>,
}

impl Default for BatchColumns {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            batch: names(&["BatchNumber", "DistNumber"]),
            quantity: names(&["Quantity"]),
            bin: names(&["BinAbsEntry"]),
        }
    }
}

/// How answers read: what stands in double braces is filled in. A member that is `{{repeated}}`, `{{draft}}` or
/// `{{requestId}}` alone is left out when there is nothing to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BarcodeAnswer {
    /// Of what was done.
    pub success: Map<String, Value>,
    /// Of what was not.
    pub failure: Map<String, Value>,
}

impl Default for BarcodeAnswer {
    fn default() -> Self {
        let object = |value: Value| if let Value::Object(object) = value { object } else { Map::new() };
        Self {
            success: object(json!({
                "success": true, "code": "{{code}}", "message": "{{message}}", "data": "{{data}}",
                "repeated": "{{repeated}}", "draft": "{{draft}}"
            })),
            failure: object(json!({
                "success": false, "code": "{{code}}", "message": "{{message}}", "data": "{{data}}",
                "requestId": "{{requestId}}"
            })),
        }
    }
}

/// A query that is asked for by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedQuery {
    /// Letters, digits and dashes.
    pub name: String,
    /// The SELECT, with `:name` where a parameter goes.
    pub sql: String,
    /// Its parameters and what each is.
    #[serde(default)]
    pub parameters: BTreeMap<String, ParameterKind>,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A text.
    Text,
    /// A decimal number.
    Number,
    /// A day, as yyyyMMdd or yyyy-MM-dd.
    Date,
}

fn procedures_default() -> Vec<String> {
    vec!["TMDK".to_owned()]
}
fn to_bin_default() -> String {
    "ToBinAbsEntry".to_owned()
}
fn lines_default() -> String {
    "DocumentLines".to_owned()
}
fn key_default() -> String {
    "DocEntry".to_owned()
}
fn max_rows_default() -> u32 {
    10_000
}
/// What a function's answer may have (6 MB), with room for what is escaped in it.
fn max_bytes_default() -> u32 {
    4 * 1024 * 1024
}
fn query_timeout_default() -> Duration {
    Duration::from_secs(20)
}
fn max_queries_default() -> u32 {
    4
}
fn yes() -> bool {
    true
}
