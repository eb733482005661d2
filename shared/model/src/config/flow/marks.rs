//! The ERP fields that say where a document stands.

use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(skip_serializing_if = "InstanceMark::is_the_default")]
    pub instance: InstanceMark,
    /// Written for formal and custom documents.
    pub result: String,
    /// The result field's value for an approval.
    pub approved: String,
    /// The result field's value for a refusal.
    pub rejected: String,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Whether `approver` and `comments` tell of the last who decided, or of all.
    pub approvers: Approvers,
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

/// Whose decisions are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approvers {
    /// The last one's.
    #[default]
    Last,
    /// Everybody's: user ids parted by blanks, and `user:words` for each who said something.
    All,
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

/// The field that carries the instance id. Sites name it by the OA they began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub enum InstanceMark {
    /// As the flow says.
    Named(String),
    /// As is usual with the flow's OA.
    Usual(&'static str),
}

impl InstanceMark {
    /// The field's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Usual(name) => name,
        }
    }

    pub(super) fn is_the_default(&self) -> bool {
        matches!(self, Self::Usual(_))
    }
}

impl Default for InstanceMark {
    fn default() -> Self {
        Self::Usual("U_instanceID")
    }
}

impl<'de> Deserialize<'de> for InstanceMark {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Named)
    }
}

impl From<InstanceMark> for String {
    fn from(mark: InstanceMark) -> Self {
        mark.name().to_owned()
    }
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            synced: "U_ISSYN".to_owned(),
            synced_value: "Y".to_owned(),
            unsynced_value: "N".to_owned(),
            instance: InstanceMark::default(),
            result: "U_SUCCESS".to_owned(),
            approved: "Y".to_owned(),
            rejected: "N".to_owned(),
            approver: None,
            approvers: Approvers::Last,
            decided_at: None,
            decided_at_style: DateStyle::Date,
            comments: None,
            comments_length: None,
        }
    }
}
