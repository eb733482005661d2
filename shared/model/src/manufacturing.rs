//! What is kept of the things that go between a company and its factory's MES: items, orders, reports. Each is one record
//! with one state machine; what belongs to its kind alone is its body.

use crate::base_data::Failing;
use crate::ids::{ConnectionId, DocumentKey, FlowId, RunId};
use serde::{Deserialize, Serialize};

/// Where a thing stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkState {
    /// Nothing is under way.
    #[default]
    Idle,
    /// A write is about to be sent, or was sent and nobody stored what came of it.
    Sending,
    /// The answer to a write was lost.
    Unknown,
    /// The other system has it.
    Sent,
}

impl WorkState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Idle, Self::Sending, Self::Unknown, Self::Sent];

    /// The transition table. A move that is not in it is a bug and is refused.
    pub fn may_become(self, next: Self) -> bool {
        use WorkState::{Idle, Sending, Sent, Unknown};
        match self {
            // Sent from either: nothing had to be sent.
            Idle | Sent => next != Unknown,
            Sending => next != Sending,
            // Nothing is sent again before it is known what became of it.
            Unknown => matches!(next, Idle | Sent),
        }
    }
}

/// What is kept of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tracked<B> {
    /// The flow.
    pub flow: FlowId,
    /// The thing in the system it comes from.
    pub key: DocumentKey,
    /// Where it stands.
    pub state: WorkState,
    /// The run that tells of it. One that fails again and again has one run.
    pub run: RunId,
    /// Epoch ms at which that run began.
    pub started_ms: i64,
    /// Epoch ms just before the last write was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_ms: Option<i64>,
    /// Fingerprint of the thing as it was sent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
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
    /// What belongs to its kind.
    pub of: B,
}

/// An item of the ERP and the material it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemWork {
    /// The material's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<i64>,
    /// Whether it was stopped from here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_stopped: bool,
}

/// A production order of the ERP and the work order it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderWork {
    /// The work order's code, once it is this order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The work order's id, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Whether the last write was to make it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub creates: bool,
    /// Whether the mark is about to be written, or was written and what came of it is not known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marking: bool,
    /// Fingerprint of the order whose mark the ERP refuses. What the MES was to learn of it, it knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmarkable: Option<String>,
    /// What was done in the MES last, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// A report of the MES and the receipt it became.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportWork {
    /// The report as it was read last, JSON.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub report: String,
    /// When it was made, epoch ms.
    #[serde(default)]
    pub at_ms: i64,
    /// What carries its id in the receipt.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// The receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<DocumentKey>,
    /// Whether the ERP's own approval has taken it as a draft.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_draft: bool,
    /// Why it becomes no receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<String>,
    /// Whether the ERP has refused it: a person has to say that it is to be tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_refused: bool,
    /// Fingerprint of what it was found to be after its receipt, when that differs; empty when it was gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

/// Whose a code of a work order is. Codes of one factory are those of all its companies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCode {
    /// The company.
    pub erp: ConnectionId,
    /// The production order's key.
    pub entry: i64,
    /// The flow that sent it.
    pub flow: FlowId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_m29_r_m39_nothing_is_sent_again_while_its_outcome_is_unknown() {
        assert!(!WorkState::Unknown.may_become(WorkState::Sending));
        assert!(!WorkState::Sending.may_become(WorkState::Sending));
        for state in WorkState::ALL {
            let mut reached = vec![state];
            while let Some(next) = reached
                .iter()
                .flat_map(|state| WorkState::ALL.into_iter().filter(|next| state.may_become(*next)))
                .find(|next| !reached.contains(next))
            {
                reached.push(next);
            }
            assert!(reached.contains(&WorkState::Idle) && reached.contains(&WorkState::Sent), "{state:?}");
        }
    }
}
