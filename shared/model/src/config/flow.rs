//! Flows: what is read where, how it is mapped, and which fields carry the state.

use super::range;
use crate::b1::draft_type_of;
use crate::ids::{ConnectionId, DocumentKey, FlowId};
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// One flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What it does.
    pub kind: FlowKind,
    /// Whether it runs.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How often it looks for documents.
    #[serde(default = "every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// Where ERP documents come from; approval flows only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The OA form.
    pub form: Form,
    /// ERP fields that carry the state.
    #[serde(default)]
    pub marks: Marks,
    /// What becomes of a decision on a document that has changed since it was shown; approval flows only.
    #[serde(default)]
    pub on_changed: OnChanged,
    /// Mapped ERP fields (`DocTotal`, `DocumentLines.Quantity`, `DocumentLines`) whose change counts; without
    /// it all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Vec<String>>,
}

/// What becomes of the OA's decision when the document is not what people were shown any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnChanged {
    /// It is not written until an operator accepts the change.
    #[default]
    Hold,
    /// It is not written; the document goes to the OA again as it is now.
    Resend,
    /// It is written all the same, and the run says so.
    Write,
}

/// What a flow does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowKind {
    /// ERP documents go to the OA for approval and the decision comes back.
    Approval,
    /// Forms born in the OA become special prices in B1 when they are approved.
    Price,
}

/// Where the documents of an approval flow come from.
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
    pub lines: Option<String>,
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

/// The OA form of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// DingTalk processCode.
    #[serde(deserialize_with = "code::trimmed")]
    pub template: String,
    /// ERP field that names the submitter in the OA.
    #[serde(default = "originator_default")]
    pub originator: String,
    /// OA user who submits documents whose originator field is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_originator: Option<String>,
    /// ERP field that names the submitter's department in the OA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Department of documents whose department field is empty; -1 is DingTalk's root.
    #[serde(default = "department_default")]
    pub default_department: i64,
    /// Form control that carries the document's key, so that an instance can be found again. A
    /// mapped key field serves without this setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Header fields.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The table control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Lines>,
    /// What a withdrawn or deleted instance does to the document's marks.
    #[serde(default)]
    pub on_withdrawn: Withdrawn,
}

/// What happens to a document whose instance was withdrawn or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withdrawn {
    /// The marks stay: the document is not sent again by itself.
    #[default]
    Keep,
    /// The marks are cleared, so that the next poll sends the document again.
    Resend,
}

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
    /// The JSON text of a list of files, as DingTalk's storage gave it.
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

/// ERP fields that carry the state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Marks {
    /// Set when the document is in the OA.
    pub synced: String,
    /// Its value when set.
    pub synced_value: String,
    /// Its value when clear.
    pub unsynced_value: String,
    /// The instance id.
    pub instance: String,
    /// Written for formal and custom documents.
    pub result: String,
    /// The result field's value for an approval.
    pub approved: String,
    /// The result field's value for a refusal.
    pub rejected: String,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// How `decided_at` is written.
    pub decided_at_style: DateStyle,
    /// The last approver's comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// Longest comments the field takes, in B1's characters (UTF-16 units); longer ones are cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments_length: Option<usize>,
}

/// How a point in time is written to a B1 field, in the company's time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateStyle {
    /// `2026-11-22`, for a date field.
    #[default]
    Date,
    /// `2026-11-22 08:30:00`, for a text field.
    Datetime,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            synced: "U_ISSYN".to_owned(),
            synced_value: "Y".to_owned(),
            unsynced_value: "N".to_owned(),
            instance: "U_instanceID".to_owned(),
            result: "U_SUCCESS".to_owned(),
            approved: "Y".to_owned(),
            rejected: "N".to_owned(),
            approver: None,
            decided_at: None,
            decided_at_style: DateStyle::Date,
            comments: None,
            comments_length: None,
        }
    }
}

impl Flow {
    /// The OA control and value by which an instance of this document can be recognised: the
    /// control named by `form.key`, else the one the key field is mapped to.
    pub fn key_control(&self) -> Option<&str> {
        let key = &self.source.as_ref()?.key;
        self.form.key.as_deref().or_else(|| self.form.fields.iter().find(|f| &f.from == key).map(|f| f.to.as_str()))
    }
}

impl Flow {
    /// ERP fields a document's form is made of, as [`watch`](Self::watch) names them: header fields, who
    /// submits and for which department, the lines as a whole and each of their columns.
    pub fn mapped_fields(&self) -> Vec<String> {
        let form = &self.form;
        let submitter = [form.originator.clone()].into_iter().chain(form.department.clone());
        let mut names: Vec<String> = Vec::new();
        for name in form.fields.iter().flat_map(Field::sources).chain(submitter) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if let Some(lines) = &form.lines {
            names.push(lines.from.clone());
            let columns = lines.fields.iter().flat_map(Field::sources);
            names.extend(columns.map(|column| format!("{}.{column}", lines.from)));
        }
        names
    }
}

fn yes() -> bool {
    true
}
fn every_default() -> Duration {
    Duration::from_secs(60)
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
fn originator_default() -> String {
    "U_UserID".to_owned()
}
fn department_default() -> i64 {
    -1
}
fn lines_default() -> String {
    "DocumentLines".to_owned()
}
