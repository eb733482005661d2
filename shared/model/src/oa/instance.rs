//! An instance as it reads.

use super::{FieldKind, Outcome};
use crate::ids::InstanceId;

/// An approval instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// How it ended; none while it runs.
    pub outcome: Option<Outcome>,
    /// Whether it is over though the OA does not say how it ended.
    pub archived: bool,
    /// OA user id of who handed it in.
    pub originator: String,
    /// What it is called.
    pub title: String,
    /// When it was handed in.
    pub created: Option<VendorTime>,
    /// When it ended.
    pub ended: Option<VendorTime>,
    /// Its controls.
    pub fields: Vec<InstanceField>,
    /// What was done to it, oldest first.
    pub operations: Vec<Operation>,
    /// The instance this one asks to take back; once this one is agreed to, what that one brought about shall
    /// not stand. Empty when the OA does not name it.
    pub revokes: Option<InstanceId>,
}

impl Instance {
    /// The text of a control that is no table.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name)?.value.text()
    }

    /// Whether it was withdrawn, deleted or refused, so that nothing came of it.
    pub fn came_to_nothing(&self) -> bool {
        self.outcome.is_some_and(|outcome| outcome != Outcome::Agreed)
    }

    /// The last operation that decided: who, when, and with what words.
    pub fn last_decision(&self) -> Option<&Operation> {
        self.operations.iter().rev().find(|operation| operation.decides)
    }
}

/// One control of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceField {
    /// The name a mapping calls it by; of a range both names, as the configuration writes them.
    pub name: String,
    /// What kind of control it is, as far as the OA says.
    pub kind: FieldKind,
    /// What stands in it.
    pub value: ReadValue,
}

/// What stands in a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadValue {
    /// A text, empty when nobody filled it in.
    Text(String),
    /// The rows of a table.
    Table(Vec<Vec<InstanceField>>),
}

impl ReadValue {
    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Table(_) => None,
        }
    }
}

/// One thing somebody did to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// OA user id.
    pub user: String,
    /// When; to the minute on some sites.
    pub at: Option<VendorTime>,
    /// Whether it agreed or refused, and did not only comment, hand on or begin.
    pub decides: bool,
    /// The person's words.
    pub comment: Option<String>,
}

/// A vendor's time as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorTime {
    /// Epoch ms.
    pub ms: i64,
    /// What the same text means where its zone is written wrongly, epoch ms.
    pub otherwise_ms: Option<i64>,
}

impl VendorTime {
    /// An instant that can be read in one way only.
    pub fn certain(ms: i64) -> Self {
        Self { ms, otherwise_ms: None }
    }
}

/// One control of a form's template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// What tells it from another; one that a mapping may call by several names is described under each.
    pub id: String,
    /// The name a mapping calls it by; of a range both names, as the configuration writes them.
    pub name: String,
    /// What kind of control it is.
    pub kind: FieldKind,
    /// Whether it must be filled in, as far as the OA says.
    pub required: bool,
    /// The controls of a table's row.
    pub columns: Vec<Control>,
}
