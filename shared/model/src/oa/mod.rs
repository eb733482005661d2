//! The words in which everything but an OA's own connector speaks of approval: a form as it is to be handed
//! in, an instance as it reads, what became of it, and what is heard of it. Vendors' words, numbers of states
//! and ways of writing a value are their connector's alone.

mod event;
mod form;
mod instance;

pub use event::{EventDecision, InstanceEvent, LostCreate};
pub use form::{ApprovalStep, Field, FieldKind, FieldValue, FormDraft, Needs, Place, StoredFile, Unfit};
pub use instance::{Control, Instance, InstanceField, Operation, ReadValue, VendorTime};

use serde::{Deserialize, Serialize};

/// How an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everybody who was asked agreed.
    Agreed,
    /// Somebody refused.
    Refused,
    /// Taken back by its originator.
    Withdrawn,
    /// Removed by an administrator.
    Deleted,
}

impl Outcome {
    /// Whether people decided, and not only gave it up.
    pub fn is_decision(self) -> bool {
        matches!(self, Self::Agreed | Self::Refused)
    }

    /// The word used in texts for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Deleted => "deleted",
        }
    }
}

/// What the OA decided on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// How the instance ended.
    pub outcome: Outcome,
    /// OA user id of the last approver who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// Epoch ms of the decision.
    pub at_ms: i64,
    /// The last approver's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
}
