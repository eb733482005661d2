//! What is kept of a record that a PLM pushed, and how a push is answered.

use crate::ids::{ConnectionId, DocumentKey, FlowId, RunId};
use serde::{Deserialize, Serialize};

/// Where a record stands. Each state can be resumed from what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlmState {
    /// It is to be written; nothing was sent of it.
    Waiting,
    /// A create is about to be sent, or was sent and its answer is not stored.
    Creating,
    /// A change is about to be sent, or was sent and its answer is not stored.
    Changing,
    /// The ERP has it.
    Done,
    /// The ERP has refused it, or it was given up.
    Failed,
}

impl PlmState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Creating, Self::Changing, Self::Done, Self::Failed];

    /// The transition table. A move that is not in it is a bug and is refused. A new push begins anew from the end of an
    /// earlier one, and nothing ends but through a write or a look.
    pub fn may_become(self, next: Self) -> bool {
        use PlmState::{Changing, Creating, Done, Failed, Waiting};
        match (self, next) {
            (Done | Failed, Done | Failed) => false,
            (Done | Failed | Waiting, Waiting | Creating | Changing) => true,
            (Waiting | Creating | Changing, Done | Failed) => true,
            (Creating | Changing, Waiting | Creating | Changing) => true,
        }
    }

    /// Whether work is left to do by itself.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Creating | Self::Changing)
    }

    /// Whether a write may have reached the ERP whose outcome nobody knows.
    pub fn is_unclear(self) -> bool {
        matches!(self, Self::Creating | Self::Changing)
    }
}

/// The stored record: the latest that was pushed under a key, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlmRecord {
    /// The flow.
    pub flow: FlowId,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// Its key.
    pub key: DocumentKey,
    /// Where it stands.
    pub state: PlmState,
    /// When it came, in ms: later than every push of the same key that was seen by then.
    pub arrival: i64,
    /// The push that brought it.
    pub push: String,
    /// The run that tells its history.
    pub run: RunId,
    /// Its fields as they are to be written, JSON; not of what is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<String>,
    /// SHA-256 of them.
    pub fingerprint: String,
    /// Epoch ms until which a change that was sent and not answered may still be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled_until_ms: Option<i64>,
    /// SHA-256 of the fields of that change; nothing when there are several such changes of different fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled_of: Option<String>,
    /// Epoch ms just before the last write was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_ms: Option<i64>,
    /// Who works on it now, until `lease_until_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Epoch ms.
    #[serde(default)]
    pub taken_ms: i64,
    /// Epoch ms.
    #[serde(default)]
    pub lease_until_ms: i64,
    /// Epoch ms at which it was pushed.
    pub began_ms: i64,
    /// Epoch ms after which an open record is looked after.
    #[serde(default)]
    pub check_after_ms: i64,
}

/// What came of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlmAction {
    /// It is new in the ERP.
    Created,
    /// It was there and is as it was pushed.
    Updated,
    /// It was there as it was pushed.
    Unchanged,
    /// A later record of the same key counts.
    Superseded,
    /// A substitute, which the flow leaves out.
    Ignored,
    /// It is not in the ERP as it was pushed.
    Failed,
}

impl PlmAction {
    /// The word in an answer.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Ignored => "ignored",
            Self::Failed => "failed",
        }
    }
}

/// The answer to a push: as PLM systems are set up for it, by `code` and `message`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlmReply {
    /// 200 only if every record succeeded; 400 when one was refused, 503 when it may be pushed again.
    pub code: u16,
    /// `success`, or the first failures, at most 500 characters.
    pub message: String,
    /// One entry for each record, in the order in which they came.
    pub data: Vec<PlmEntry>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlmEntry {
    /// Its key as it was pushed; empty when it has none.
    pub key: String,
    /// What came of it.
    pub action: PlmAction,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PlmError>,
    /// What was left out, and what may be meant otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Why a record failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlmError {
    /// The ERP's own code, else a stable one of ours, see `docs/ERRORS.md`.
    pub code: String,
    /// The ERP's own words, else ours.
    pub message: String,
    /// What to do, where the words do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_begins_anew_and_does_not_end_twice() {
        for end in [PlmState::Done, PlmState::Failed] {
            let next: Vec<PlmState> = PlmState::ALL.into_iter().filter(|next| end.may_become(*next)).collect();
            assert_eq!(next, [PlmState::Waiting, PlmState::Creating, PlmState::Changing], "{end:?}");
        }
    }

    #[test]
    fn every_open_state_may_end_and_wait() {
        for open in PlmState::ALL.into_iter().filter(|state| state.is_open()) {
            for next in [PlmState::Done, PlmState::Failed, PlmState::Waiting] {
                assert!(open.may_become(next), "{open:?} {next:?}");
            }
        }
        assert!(PlmState::ALL.into_iter().filter(|state| state.is_unclear()).all(PlmState::is_open));
    }

    #[test]
    fn an_entry_says_no_more_than_there_is_to_say() {
        let entry = PlmEntry { key: "test1234".into(), action: PlmAction::Created, error: None, warnings: Vec::new() };
        assert_eq!(serde_json::to_string(&entry).unwrap(), r#"{"key":"test1234","action":"created"}"#);
        for action in [PlmAction::Created, PlmAction::Unchanged, PlmAction::Superseded, PlmAction::Failed] {
            assert_eq!(serde_json::to_value(action).unwrap(), action.word());
        }
    }
}
