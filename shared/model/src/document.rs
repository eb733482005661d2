//! What is kept of a document that the OA hands over to the ERP: one record, one state machine.

use crate::ids::{ConnectionId, DocumentKey, FlowId, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a document stands. Each state can be resumed from what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentState {
    /// It is ours to create; nothing was sent.
    Claimed,
    /// A create is about to be sent, or was sent and its answer is not stored yet.
    Creating,
    /// A create was sent and its outcome is not known: look before doing it again.
    Unknown,
    /// The ERP has it.
    Created,
    /// Nothing was created, and nothing will be before it is handed over again.
    Failed,
    /// Nothing will ever be created.
    Closed,
}

impl DocumentState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Claimed, Self::Creating, Self::Unknown, Self::Created, Self::Failed, Self::Closed];

    /// The transition table. A move that is not in it is a bug and is refused.
    pub fn may_become(self, next: Self) -> bool {
        use DocumentState::{Claimed, Closed, Created, Creating, Failed, Unknown};
        matches!(
            (self, next),
            (Claimed, Creating | Failed | Closed)
                | (Creating, Created | Unknown | Failed | Claimed)
                | (Unknown, Created | Creating | Failed)
                | (Failed, Claimed | Closed)
        )
    }

    /// Whether work is left to do by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Claimed | Self::Creating | Self::Unknown)
    }

    /// Whether a create may have reached the ERP whose outcome nobody knows.
    pub fn is_unclear(self) -> bool {
        matches!(self, Self::Creating | Self::Unknown)
    }
}

/// The stored record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// The flow.
    pub flow: FlowId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// What is created.
    pub object: String,
    /// The OA's request or instance.
    pub request: String,
    /// Begins with 1; a document that is handed over again after a failure has the next.
    pub attempt: u32,
    /// Where it stands.
    pub state: DocumentState,
    /// The run that tells its history.
    pub run: RunId,
    /// Who works on it now, until `lease_until_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Epoch ms.
    #[serde(default)]
    pub taken_ms: i64,
    /// Epoch ms.
    #[serde(default)]
    pub lease_until_ms: i64,
    /// What was pushed, as JSON; not of forms, which can be read again, nor of what is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed: Option<String>,
    /// SHA-256 of what was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What somebody corrected of what was handed over, since it could not be mapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Corrected>,
    /// What the ERP field that carries the request says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Epoch ms just before the create was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_sent_ms: Option<i64>,
    /// What was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<DocumentKey>,
    /// Whether it is a draft that the ERP's own approval has taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_draft: bool,
    /// Stable code of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What went wrong, in the words the caller is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Epoch ms of the claim.
    pub claimed_ms: i64,
    /// Epoch ms of the last change.
    pub changed_ms: i64,
    /// Epoch ms after which an open record is looked after.
    #[serde(default)]
    pub check_after_ms: i64,
}

/// An operator's correction of values that could not be mapped. It holds for what was shown and confirmed, and for nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// Who.
    pub by: String,
    /// Epoch ms.
    pub at_ms: i64,
    /// By their places, `明细[0].数量`.
    pub values: BTreeMap<String, CorrectedValue>,
    /// SHA-256 of the fields that were confirmed, which are the ones to create.
    pub result: String,
}

/// A value that was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectedValue {
    /// What stands in what was handed over; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What counts instead.
    pub is: String,
}

/// Points from a document of the ERP to the record it was created for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedFor {
    /// The flow.
    pub flow: FlowId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// The OA's request or instance.
    pub request: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_created_or_closed_stays_so() {
        for end in [DocumentState::Created, DocumentState::Closed] {
            assert!(DocumentState::ALL.iter().all(|next| !end.may_become(*next)), "{end:?}");
        }
    }

    #[test]
    fn a_create_is_sent_only_after_a_claim_or_a_look() {
        let before: Vec<DocumentState> =
            DocumentState::ALL.into_iter().filter(|state| state.may_become(DocumentState::Creating)).collect();
        assert_eq!(before, [DocumentState::Claimed, DocumentState::Unknown]);
    }

    #[test]
    fn every_open_state_reaches_an_end() {
        for start in DocumentState::ALL.into_iter().filter(|state| state.is_open()) {
            let mut reached = vec![start];
            while let Some(next) = reached
                .iter()
                .flat_map(|state| DocumentState::ALL.into_iter().filter(|next| state.may_become(*next)))
                .find(|next| !reached.contains(next))
            {
                reached.push(next);
            }
            assert!(reached.contains(&DocumentState::Created) && reached.contains(&DocumentState::Failed), "{start:?}");
        }
    }
}
