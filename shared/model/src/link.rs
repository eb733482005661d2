//! The link between an ERP document and its approval instance: one record, one state machine.

use crate::ids::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId};
use crate::oa::Decision;
use serde::{Deserialize, Serialize};

/// Where a link stands. Each state can be resumed from what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// This document is ours to submit; nothing was sent.
    Claimed,
    /// A create is about to be sent, or was sent and its answer is not stored yet.
    Creating,
    /// A create was sent and its outcome is not known: look before doing it again.
    Unknown,
    /// The instance exists and its id is stored.
    Created,
    /// The ERP document carries the marks.
    Marked,
    /// The OA has decided and the decision is stored.
    Decided,
    /// The OA has decided, and the document is not what its form showed any more: an operator accepts the
    /// change, or the document is sent again.
    OnHold,
    /// The decision is in the ERP, and the approved draft is to become its document.
    Adding,
    /// The decision is in the ERP.
    WrittenBack,
    /// The instance is gone and the marks are cleared: the document may be sent again.
    Released,
    /// Nothing more will happen to this attempt.
    Closed,
}

impl LinkState {
    /// Every state, in order of a link's life.
    pub const ALL: [Self; 11] = [
        Self::Claimed,
        Self::Creating,
        Self::Unknown,
        Self::Created,
        Self::Marked,
        Self::Decided,
        Self::OnHold,
        Self::Adding,
        Self::WrittenBack,
        Self::Released,
        Self::Closed,
    ];

    /// The transition table. A move that is not in it is a bug and is refused.
    pub fn may_become(self, next: Self) -> bool {
        use LinkState::{
            Adding, Claimed, Closed, Created, Creating, Decided, Marked, OnHold, Released, Unknown, WrittenBack,
        };
        matches!(
            (self, next),
            (Claimed, Creating | Released)
                | (Creating, Created | Unknown | Released)
                | (Unknown, Created | Creating)
                | (Created, Marked | Closed)
                | (Marked, Decided)
                | (Decided, Adding | WrittenBack | Released | Closed | OnHold)
                | (Adding, WrittenBack)
                | (OnHold, Decided | Closed | Claimed)
                | (WrittenBack | Released | Closed, Claimed)
        )
    }

    /// Whether nothing more happens to this attempt by itself, so that the document may be claimed anew.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::WrittenBack | Self::Released | Self::Closed | Self::OnHold)
    }
}

/// The ERP's own request for approval that a form was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpRequest {
    /// Its key. A document that is handed in again gets another.
    pub code: i64,
    /// The stage that waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<i64>,
}

/// What a document was when people were shown it, and what their decision therefore holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// SHA-256 of the document's mapped values.
    pub fingerprint: String,
    /// The request that waited; none for documents without an approval procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ErpRequest>,
    /// What a form that people filled in themselves says otherwise than the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
}

/// An operator's word that a decision holds for the document as it has become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who, as the command was told.
    pub by: String,
    /// Epoch ms.
    pub at_ms: i64,
}

/// How far the ERP's own approval had come when a decision was about to be given to it. Only the connector that made
/// it knows what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Progress(pub serde_json::Value);

/// The stored link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The flow.
    pub flow: FlowId,
    /// The ERP connection.
    pub erp: ConnectionId,
    /// The OA connection.
    pub oa: ConnectionId,
    /// The ERP document.
    pub key: DocumentKey,
    /// Begins with 1; a document that is sent again has the next.
    pub attempt: u32,
    /// Where it stands.
    pub state: LinkState,
    /// The run that tells its history.
    pub run: RunId,
    /// Who works on it now, until `lease_until_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<String>,
    /// Epoch ms.
    #[serde(default)]
    pub lease_until_ms: i64,
    /// Epoch ms just before the create was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_sent_ms: Option<i64>,
    /// OA user id the create names as originator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub originator: Option<String>,
    /// What the form was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// What the document was found to be instead, while it is on hold and when that is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Shown>,
    /// Who accepted that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// The instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceId>,
    /// The decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What the decision is about to be given to, stored before it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Progress>,
    /// Epoch ms just before the approved draft was about to be added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_sent_ms: Option<i64>,
    /// Files of the document that the form does not carry, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Whether the decision's fields of a formal or custom document were about to be written, stored before they
    /// are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sent: bool,
    /// Epoch ms of the claim.
    pub claimed_ms: i64,
    /// Epoch ms of the last change.
    pub changed_ms: i64,
    /// Epoch ms after which an open link is looked up in the OA.
    #[serde(default)]
    pub check_after_ms: i64,
    /// Why the attempt ended, when it did not end with a decision written back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Points from an instance to its link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstancePointer {
    /// The flow.
    pub flow: FlowId,
    /// The ERP document.
    pub key: DocumentKey,
    /// The attempt the instance belongs to.
    pub attempt: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_attempt_only_begins_anew() {
        for from in LinkState::ALL {
            for to in LinkState::ALL {
                if from == LinkState::OnHold {
                    let open = [LinkState::Claimed, LinkState::Decided, LinkState::Closed];
                    assert_eq!(from.may_become(to), open.contains(&to), "{from:?} {to:?}");
                } else if from.is_finished() {
                    assert_eq!(from.may_become(to), to == LinkState::Claimed, "{from:?} {to:?}");
                } else {
                    assert!(!from.may_become(LinkState::Claimed), "{from:?} must not be claimed again");
                }
            }
        }
    }

    #[test]
    fn every_state_reaches_an_end() {
        for start in LinkState::ALL {
            let mut reached = vec![start];
            while let Some(next) = reached
                .iter()
                .flat_map(|s| {
                    LinkState::ALL
                        .into_iter()
                        .filter(|n| !n.is_finished() || !s.is_finished())
                        .filter(|n| s.may_become(*n))
                })
                .find(|n| !reached.contains(n))
            {
                reached.push(next);
            }
            assert!(reached.iter().any(|s| s.is_finished()), "{start:?}");
        }
    }

    #[test]
    fn a_create_is_never_sent_from_a_state_that_has_an_instance() {
        for from in [LinkState::Created, LinkState::Marked, LinkState::Decided, LinkState::OnHold, LinkState::Adding] {
            assert!(!from.may_become(LinkState::Creating), "{from:?}");
        }
    }
}
