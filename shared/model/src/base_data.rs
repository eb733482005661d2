//! What is kept of a record of base data: whether it is being sent, as which row the other system has it, and why it
//! was refused.

use crate::ids::{DocumentKey, FlowId, RunId};
use serde::{Deserialize, Serialize};

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordState {
    /// Nothing is under way.
    #[default]
    Idle,
    /// Its saving is about to be sent, or was sent and nobody stored what came of it.
    Sending,
    /// The answer to its saving was lost.
    Unknown,
    /// The other system has it, and its mark is to be set.
    Saved,
}

impl RecordState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Sending, Self::Unknown, Self::Saved];

    /// Whether a record may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Idle => next == Self::Sending,
            Self::Sending => next != Self::Sending,
            // Nothing is sent again before it is known what became of it.
            Self::Unknown => next == Self::Idle,
            Self::Saved => matches!(next, Self::Idle | Self::Sending),
        }
    }
}

/// What is kept of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The flow.
    pub flow: FlowId,
    /// The record in the ERP.
    pub key: DocumentKey,
    /// Where it stands.
    pub state: RecordState,
    /// The run that tells of it. One that is refused again and again has one run.
    pub run: RunId,
    /// Epoch ms at which that run began.
    pub started_ms: i64,
    /// The other system's id of the row, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Whether the other system has said that it has the row, be its id known or not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_there: bool,
    /// Epoch ms just before the last saving was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_ms: Option<i64>,
    /// Whether that saving was to make the row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub creates: bool,
    /// Fingerprint of the record as it was sent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// Fingerprint of its detail tables as the other system has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Whether it goes alone: an answer for several did not say what became of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Why it is not there, while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// The message that was done with last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// Who works on it now, until `lease_until_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Epoch ms.
    #[serde(default)]
    pub lease_until_ms: i64,
    /// Epoch ms of the last change.
    pub changed_ms: i64,
}

/// A record that fails again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// How often in a row.
    pub times: u32,
    /// Epoch ms before which it is left alone, unless something of what it failed under has changed.
    pub next_ms: i64,
    /// Fingerprint of the record that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The flow and its connections as they were.
    pub definition: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_w16_nothing_is_sent_again_while_its_outcome_is_unknown() {
        assert!(!RecordState::Unknown.may_become(RecordState::Sending));
        assert!(!RecordState::Sending.may_become(RecordState::Sending));
    }

    #[test]
    fn every_state_comes_to_rest() {
        for state in RecordState::ALL {
            let next = RecordState::ALL.into_iter().filter(|next| state.may_become(*next));
            let mut reached: Vec<RecordState> = next.collect();
            for state in reached.clone() {
                reached.extend(RecordState::ALL.into_iter().filter(|next| state.may_become(*next)));
            }
            assert!(reached.contains(&RecordState::Idle), "{state:?}");
        }
    }
}
