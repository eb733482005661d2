//! `kind = "approval"`: ERP documents go to the OA for approval and the decision comes back.

use super::{Field, Header, Lines, Marks, Source};
use crate::ids::{ConnectionId, FlowId};
use crate::oa::ApprovalStep;
use crate::one_or_several::one_or_several;
use crate::schema::SeenForm;
use crate::{code, duration, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One approval flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalFlow {
    /// Letters, digits and dashes.
    pub id: FlowId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it runs.
    #[serde(default = "super::enabled_default")]
    pub enabled: bool,
    /// How often it looks for documents.
    #[serde(default = "super::every_default", with = "duration::text")]
    pub every: Duration,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// Where documents come from.
    pub source: Source,
    /// The OA form.
    pub form: ApprovalForm,
    /// ERP fields that carry the state.
    #[serde(default)]
    pub marks: Marks,
    /// What becomes of a decision on a document that has changed since it was shown.
    #[serde(default)]
    pub on_changed: OnChanged,
    /// What becomes of a draft that was approved.
    #[serde(default)]
    pub on_approved: OnApproved,
    /// Whether drafts whose lines have batch or serial numbers are added too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub add_batches: bool,
    /// Mapped ERP fields (`DocTotal`, `DocumentLines.Quantity`, `DocumentLines`) whose change counts; without
    /// it all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch: Option<Vec<String>>,
}

impl ApprovalFlow {
    pub(super) fn header(&self) -> Header<'_> {
        Header { id: &self.id, name: self.name.as_deref(), enabled: self.enabled, every: self.every }
    }

    /// The OA control and value by which an instance of this document can be recognised: the
    /// control named by `form.key`, else the one the key field is mapped to.
    pub fn key_control(&self) -> Option<&str> {
        let key = &self.source.key;
        self.form.key.as_deref().or_else(|| self.form.fields.iter().find(|f| &f.from == key).map(|f| f.to.as_str()))
    }

    /// The collections that the lines of a document appear as, each once.
    pub fn collections(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for lines in &self.form.lines {
            if !all.contains(&lines.from.as_str()) {
                all.push(&lines.from);
            }
        }
        all
    }

    /// ERP fields a document's form is made of, as [`watch`](Self::watch) names them: header fields, who
    /// submits and for which department, the lines as a whole and each of their columns.
    pub fn mapped_fields(&self) -> Vec<String> {
        let form = &self.form;
        // Whoever the ERP itself names as the document's user does not change with the document.
        let originator = form.originator_user.is_none().then(|| form.originator.clone());
        let submitter = originator.into_iter().chain(form.department.clone());
        let mut names: Vec<String> = Vec::new();
        for name in form.fields.iter().flat_map(Field::sources).chain(submitter) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for lines in &form.lines {
            names.push(lines.from.clone());
            let columns = lines.fields.iter().flat_map(Field::sources);
            names.extend(columns.map(|column| format!("{}.{column}", lines.from)));
        }
        names
    }
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

/// What becomes of a draft whose approval is in the ERP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnApproved {
    /// It stays a draft; a person adds it.
    #[default]
    Keep,
    /// It becomes its document, where the ERP's own approval holds for it.
    Add,
}

/// Files of the document that the form carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// ERP field with the key under which the ERP keeps the document's files.
    #[serde(default = "attachments_from_default")]
    pub from: String,
    /// The form's control.
    pub to: String,
    /// Whether the form is handed in only with all of them.
    #[serde(default)]
    pub required: bool,
    /// Largest file, in MB (1024 × 1024 bytes).
    #[serde(default = "max_mb_default")]
    pub max_mb: u32,
    /// Most files a form.
    #[serde(default = "max_files_default")]
    pub max_files: u32,
    /// Extensions that are carried; without any, all are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
}

impl Attachments {
    /// Whether a file of this name is of a type that is carried.
    pub fn carries(&self, name: &str) -> bool {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let same = |own: &String| own.trim().trim_start_matches('.').eq_ignore_ascii_case(extension);
        self.types.is_empty() || self.types.iter().any(same)
    }

    /// Bytes of the largest file.
    pub fn max_bytes(&self) -> usize {
        usize::try_from(self.max_mb).unwrap_or(usize::MAX).saturating_mul(1024 * 1024)
    }
}

fn attachments_from_default() -> String {
    "AttachmentEntry".to_owned()
}

fn max_mb_default() -> u32 {
    10
}

fn max_files_default() -> u32 {
    6
}

/// The OA form that a document becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalForm {
    /// The form's template, by the OA's id.
    #[serde(deserialize_with = "code::trimmed")]
    pub template: String,
    /// What its instances are called, before the document's key, where the OA takes a title (流程名称).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// ERP field that names the submitter in the OA.
    #[serde(default = "originator_default")]
    pub originator: String,
    /// The ERP user who submits, instead of a field of the document: the fax number (传真名) of a B1 user is the
    /// OA user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originator_user: Option<OriginatorUser>,
    /// OA user who submits documents whose originator field is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_originator: Option<String>,
    /// ERP field that names the submitter's department in the OA.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Department of documents whose department field is empty; without one the OA's root.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub default_department: Option<String>,
    /// Form control that carries the document's key, so that an instance can be found again. A
    /// mapped key field serves without this setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Header fields.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The table controls.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
    pub lines: Vec<Lines>,
    /// ERP fields whose texts the OA shows in its lists, one a line; without them what the originator wrote when
    /// asking for approval, or the form's name and the document's key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summary: Vec<String>,
    /// Who approves, step by step; without it the form's own template says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<ApprovalStep>,
    /// OA users who are told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<String>,
    /// Files of the document, in a control of the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Attachments>,
    /// What a withdrawn or deleted instance does to the document's marks.
    #[serde(default)]
    pub on_withdrawn: Withdrawn,
    /// The form as it was when `tenon new flow` wrote the mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenForm>,
}

/// Which B1 user submits a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginatorUser {
    /// The one who asked for the draft's approval.
    #[serde(rename = "OriginatorID")]
    OriginatorId,
    /// The one who entered the document.
    UserSign,
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

fn originator_default() -> String {
    "U_UserID".to_owned()
}
