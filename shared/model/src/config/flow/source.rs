//! Where the documents of a flow come from.

use crate::b1::draft_type_of;
use crate::ids::DocumentKey;
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the documents of a flow come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Draft, or formal and custom documents.
    #[serde(default)]
    pub document: DocumentKind,
    /// B1 entity set: `Drafts`, `PurchaseOrders`, a UDO code.
    #[serde(default = "object_default")]
    pub object: String,
    /// OData `$filter`; without one every document whose synced mark is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// OData `$select` of the poll; only the key is needed, so that is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<Selection>,
    /// The key field.
    #[serde(default = "key_default")]
    pub key: String,
    /// Documents a page.
    #[serde(default = "page_size_default")]
    pub page_size: u32,
    /// Main and lines SQL, run through `SQLQueries`, instead of OData.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<SqlSource>,
    /// B1 user code or internal key of the approver whose stage goes to the OA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// What is asked of a draft's approval request before it is submitted.
    #[serde(default)]
    pub approval: ApprovalProcedure,
    /// Kind of draft (`112`, `140`, …) as approval requests name it, where the entity set does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub draft_type: Option<String>,
}

impl Source {
    /// The kind of draft whose requests count.
    pub fn draft_type(&self) -> Option<&str> {
        self.draft_type.as_deref().or_else(|| draft_type_of(&self.object))
    }
}

/// `select` as a list or as the comma-separated text of OData.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Selection {
    /// `"DocEntry,DocNum"`
    Text(String),
    /// `["DocEntry", "DocNum"]`
    List(Vec<String>),
}

impl Selection {
    /// The field names.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => text.split(',').map(str::trim).filter(|n| !n.is_empty()).collect(),
            Self::List(list) => list.iter().map(String::as_str).collect(),
        }
    }
}

/// The documents' SQL version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlSource {
    /// One row a document; carries the key field. With the parameter `:last` (`… and DocEntry > :last order
    /// by DocEntry`) it is read by key.
    pub main: String,
    /// What `:last` is for the first page: a key before all others. 0, unless keys are texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<DocumentKey>,
    /// The same columns of one document; `:key` stands for its key. Read when the form is made and when the
    /// decision comes, for `main` finds only documents that are not marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The rows of one document; `:key` stands for its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<LinesSql>,
}

/// The query of a document's rows, or one for each of its tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LinesSql {
    /// Of the only table.
    One(String),
    /// By the name that the rows appear under, `from` of the table.
    Each(BTreeMap<String, String>),
}

impl LinesSql {
    /// The query of one table.
    pub fn of(&self, collection: &str) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            Self::Each(texts) => texts.get(collection).map(String::as_str),
        }
    }
}

impl SqlSource {
    /// Whether the main query can be read by key.
    pub fn has_last(&self) -> bool {
        self.main.match_indices(":last").any(|(at, word)| {
            let after = self.main.get(at + word.len()..).and_then(|rest| rest.chars().next());
            !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    }

    /// What `:last` is for the first page.
    pub fn before_all(&self) -> DocumentKey {
        self.first.clone().unwrap_or(DocumentKey::Number(0))
    }
}

/// Kinds of ERP document, which differ in how a decision is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// The decision goes to the draft's approval request.
    #[default]
    Draft,
    /// Formal and custom documents: the decision goes to a custom field.
    Document,
}

/// What is asked of a draft's approval request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalProcedure {
    /// A draft under an approval procedure must have a pending request; a draft under none is
    /// submitted too.
    #[default]
    WhenPresent,
    /// Only a draft with a pending request is submitted.
    Required,
}

fn object_default() -> String {
    "Drafts".to_owned()
}
fn key_default() -> String {
    "DocEntry".to_owned()
}
fn page_size_default() -> u32 {
    20
}
