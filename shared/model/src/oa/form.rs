//! A form as it is to be handed in.

use crate::ids::InstanceId;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// A form to be handed in, with everything any OA wants to know of it. What an OA does not take is left out
/// by its connector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormDraft {
    /// The form's template, by the OA's id.
    pub template: String,
    /// What the instance is called, where that is ours to say.
    pub title: Option<String>,
    /// OA user id of who hands it in.
    pub originator: String,
    /// The originator's department, by the OA's id; the connector's default without one.
    pub department: Option<String>,
    /// The filled-in controls, in the template's or the mapping's order.
    pub fields: Vec<Field>,
    /// Who approves, step by step; without one the template says.
    pub approvers: Vec<ApprovalStep>,
    /// OA user ids of those who are only told.
    pub copied_to: Vec<String>,
    /// Lines that lists and notices show, where the OA does not make them itself.
    pub summary: Vec<String>,
}

/// One step of a form's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalStep {
    /// OA user ids.
    pub users: Vec<String>,
    /// How many of them have to agree.
    #[serde(default)]
    pub needs: Needs,
}

/// How many approvers of a step have to agree. OAs number these both ways round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Every one.
    #[default]
    All,
    /// Any one.
    Any,
}

/// One filled-in control.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The control as the mapping names it: its label, its id or its database name, whichever the OA goes by.
    pub name: String,
    /// What stands in it.
    pub value: FieldValue,
}

/// A control's value, typed by what the mapping knows of it.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A text. It may go into a control of any kind, which reads it as it reads what people type.
    Text(String),
    /// A decimal number, written plainly and with as many digits as it is to have: `55`, `300.00`.
    Number(String),
    /// A day.
    Date(Date),
    /// A minute on the company's clock.
    DateTime(DateTime),
    /// Two days, or two minutes when `with_time`.
    DateRange {
        /// The first.
        begin: DateTime,
        /// The last.
        end: DateTime,
        /// Whether the time of day counts.
        with_time: bool,
    },
    /// One option, by its text.
    Choice(String),
    /// Several options, by their texts.
    Choices(Vec<String>),
    /// OA user ids.
    People(Vec<String>),
    /// OA department ids.
    Departments(Vec<String>),
    /// Files, in the words the OA's own storage gave for them.
    Files(String),
    /// Files that were handed to the OA's storage before.
    Attached(Vec<StoredFile>),
    /// Other instances.
    Instances(Vec<InstanceId>),
    /// Rows of controls.
    Table(Vec<Vec<Field>>),
}

/// A file that the OA's storage has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Its name, with its extension.
    pub name: String,
    /// How a form names it, in the OA's own words: an id, or a JSON object as text.
    pub reference: String,
}

/// Kinds of controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// One line or several, a telephone number, the number of a card.
    Text,
    /// A number.
    Number,
    /// An amount.
    Money,
    /// A day, with or without its time.
    Date,
    /// Two of them.
    DateRange,
    /// One of several options.
    Choice,
    /// Some of several options.
    Choices,
    /// Users.
    People,
    /// Departments.
    Departments,
    /// Files and pictures.
    Files,
    /// Other instances.
    Instances,
    /// Rows of controls.
    Table,
    /// A kind that has no word here: a formula, a place, a suite.
    Other,
    /// The OA does not say.
    Unknown,
}

impl FieldValue {
    /// The text of a value that is one thing, as people write it; `None` for lists, ranges and tables.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Choice(text) | Self::Files(text) => Some(text.clone()),
            Self::Date(day) => Some(day.to_string()),
            Self::DateTime(at) => Some(at.strftime("%Y-%m-%d %H:%M").to_string()),
            Self::DateRange { .. }
            | Self::Choices(_)
            | Self::People(_)
            | Self::Departments(_)
            | Self::Attached(_)
            | Self::Instances(_)
            | Self::Table(_) => None,
        }
    }

    /// The kind of control that it is meant for; a text may be meant for any.
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Text(_) => FieldKind::Unknown,
            Self::Number(_) => FieldKind::Number,
            Self::Date(_) | Self::DateTime(_) => FieldKind::Date,
            Self::DateRange { .. } => FieldKind::DateRange,
            Self::Choice(_) => FieldKind::Choice,
            Self::Choices(_) => FieldKind::Choices,
            Self::People(_) => FieldKind::People,
            Self::Departments(_) => FieldKind::Departments,
            Self::Files(_) | Self::Attached(_) => FieldKind::Files,
            Self::Instances(_) => FieldKind::Instances,
            Self::Table(_) => FieldKind::Table,
        }
    }
}

/// Why an OA would not take a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// Where it would not.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// A place of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The form as a whole.
    Form,
    /// Its originator's department.
    Department,
    /// A control, by its name.
    Field(String),
}
