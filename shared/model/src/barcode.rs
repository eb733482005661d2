//! What is kept of a document that a barcode application saves: one record, one state machine.

use crate::ids::{ConnectionId, DocumentKey, RunId};
use serde::{Deserialize, Serialize};

/// Where a save stands. Each state can be resumed from what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveState {
    /// It is ours to post; nothing was sent.
    Claimed,
    /// Something is about to be posted, or was and its answer is not stored yet.
    Posting,
    /// Something was posted and its outcome is not known: look before doing it again.
    Unknown,
    /// The issue of a backflush is posted, and its receipt is not.
    Issued,
    /// B1 has all of it.
    Posted,
    /// Nothing was posted, and nothing will be before it is sent again.
    Failed,
}

impl SaveState {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Claimed, Self::Posting, Self::Unknown, Self::Issued, Self::Posted, Self::Failed];

    /// The transition table. A move that is not in it is a bug and is refused.
    pub fn may_become(self, next: Self) -> bool {
        use SaveState::{Claimed, Failed, Issued, Posted, Posting, Unknown};
        matches!(
            (self, next),
            (Claimed, Posting | Failed)
                | (Posting, Posted | Issued | Unknown | Failed | Claimed)
                | (Unknown, Posted | Issued | Failed | Claimed)
                | (Issued, Posting | Issued)
                | (Failed, Claimed)
        )
    }

    /// Whether something may have reached B1 whose outcome nobody knows.
    pub fn is_unclear(self) -> bool {
        matches!(self, Self::Posting | Self::Unknown)
    }

    /// Whether B1 has, or may have, something of it that its record alone tells.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Posting | Self::Unknown | Self::Issued)
    }
}

/// What is posted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sending {
    /// The document itself, which with a backflush is the receipt.
    Document,
    /// The issue of a backflush.
    Issue,
    /// Issue and receipt in one changeset.
    Both,
}

/// A document of B1's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// `DocEntry`, or the key of a custom object.
    pub key: DocumentKey,
    /// `DocNum`, by which people know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Whether an approval procedure took it, so that it is a draft.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_draft: bool,
}

/// The stored record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SaveRecord {
    /// The B1 connection.
    pub connection: ConnectionId,
    /// The app that sent it.
    pub app: String,
    /// Its method.
    pub method: String,
    /// SHA-256 of the body.
    pub body: String,
    /// Begins with 1; what is sent again after a failure has the next.
    pub attempt: u32,
    /// Where it stands.
    pub state: SaveState,
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
    /// What the documents carry, by which they are found again.
    pub mark: String,
    /// What was posted last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending: Option<Sending>,
    /// Epoch ms just before it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_ms: Option<i64>,
    /// The issue of a backflush.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<Posted>,
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Posted>,
    /// What the caller is told of a failure: a code, B1's own where it has said something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// And in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Epoch ms of the first claim.
    pub claimed_ms: i64,
    /// Epoch ms of the last change.
    pub changed_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_posted_stays_so_and_is_posted_only_after_a_claim_or_an_issue() {
        assert!(SaveState::ALL.iter().all(|next| !SaveState::Posted.may_become(*next)));
        let before: Vec<SaveState> =
            SaveState::ALL.into_iter().filter(|state| state.may_become(SaveState::Posting)).collect();
        assert_eq!(before, [SaveState::Claimed, SaveState::Issued]);
        // What is not known is never taken for a failure of nothing without a look, nor an issue for none.
        assert!(!SaveState::Issued.may_become(SaveState::Failed) && !SaveState::Issued.may_become(SaveState::Claimed));
    }

    #[test]
    fn every_state_reaches_the_end() {
        for start in SaveState::ALL {
            let mut reached = vec![start];
            while let Some(next) = reached
                .iter()
                .flat_map(|state| SaveState::ALL.into_iter().filter(|next| state.may_become(*next)))
                .find(|next| !reached.contains(next))
            {
                reached.push(next);
            }
            assert!(reached.contains(&SaveState::Posted), "{start:?}");
        }
    }
}
