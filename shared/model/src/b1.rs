//! SAP Business One wire shapes: approval requests and their decisions.

use serde::{Deserialize, Serialize};

/// An `ApprovalRequests` entity, the fields that matter here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApprovalRequest {
    /// The key.
    pub code: i64,
    /// `arsPending`, `arsApproved`, `arsNotApproved`, `arsGenerated`, `arsGeneratedByAuthorizer`, `arsCancelled`.
    #[serde(default)]
    pub status: String,
    /// The draft.
    #[serde(default)]
    pub draft_entry: Option<i64>,
    /// The stage whose approvers are asked now.
    #[serde(default)]
    pub current_stage: Option<i64>,
    /// Internal key of the user who asked for approval.
    #[serde(default, rename = "OriginatorID")]
    pub originator_id: Option<i64>,
    /// The originator's words.
    #[serde(default)]
    pub remarks: Option<String>,
    /// One line per stage and approver.
    #[serde(default, rename = "ApprovalRequestLines")]
    pub lines: Vec<ApprovalLine>,
}

/// One approver's line.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApprovalLine {
    /// The stage.
    #[serde(default)]
    pub stage_code: Option<i64>,
    /// Internal key of the approver.
    #[serde(default, rename = "UserID")]
    pub user_id: Option<i64>,
    /// `ardPending`, `ardApproved`, `ardNotApproved`.
    #[serde(default)]
    pub status: String,
    /// The approver's words.
    #[serde(default)]
    pub remarks: Option<String>,
}

/// What an approver can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Approved.
    #[serde(rename = "ardApproved")]
    Approved,
    /// Refused.
    #[serde(rename = "ardNotApproved")]
    NotApproved,
}

impl Verdict {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "ardApproved",
            Self::NotApproved => "ardNotApproved",
        }
    }

    /// The request status that means the whole request ended this way.
    pub fn request_status(self) -> &'static str {
        match self {
            Self::Approved => "arsApproved",
            Self::NotApproved => "arsNotApproved",
        }
    }
}

impl ApprovalRequest {
    /// Whether it still waits for a decision.
    pub fn is_pending(&self) -> bool {
        self.status == "arsPending"
    }

    /// Whether it was approved; a generated request was approved before its document was posted.
    pub fn is_approved(&self) -> bool {
        matches!(self.status.as_str(), "arsApproved" | "arsGenerated" | "arsGeneratedByAuthorizer")
    }

    /// The line of this approver that waits now: pending, and on the current stage when both the
    /// line and the request name one.
    pub fn waiting_line(&self, user_id: i64) -> Option<&ApprovalLine> {
        self.lines.iter().find(|line| {
            line.user_id == Some(user_id)
                && line.status == "ardPending"
                && (line.stage_code.is_none() || self.current_stage.is_none() || line.stage_code == self.current_stage)
        })
    }
}

/// B1 refuses a decision whose remarks are longer than this many UTF-16 units.
pub const REMARKS_LIMIT: usize = 200;

/// Cuts remarks to what B1 takes, on a character boundary.
pub fn cut_remarks(text: &str) -> &str {
    cut(text, REMARKS_LIMIT)
}

/// Cuts a text to so many UTF-16 units, in which B1 and its databases count the length of every field: an
/// emoji is two, and is kept whole or not at all.
pub fn cut(text: &str, units: usize) -> &str {
    let mut length = 0;
    let end = text.char_indices().find(|(_, c)| {
        length += c.len_utf16();
        length > units
    });
    end.map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_cut_between_characters() {
        let long = "同意".repeat(150);
        assert_eq!(cut_remarks(&long).chars().count(), 200);
        assert!(long.starts_with(cut_remarks(&long)));
        assert_eq!(cut_remarks("短"), "短");
        let units = |text: &str| text.encode_utf16().count();
        let mixed = format!("{}{}", "同意".repeat(75), "👍".repeat(40));
        assert_eq!((units(cut_remarks(&mixed)), cut_remarks(&mixed).chars().count()), (200, 175));
        // The hundredth emoji would end in the middle.
        let odd = format!("x{}", "👍".repeat(100));
        assert_eq!(units(cut_remarks(&odd)), 199);
    }

    #[test]
    fn an_approver_waits_only_on_the_current_stage() {
        let request: ApprovalRequest = serde_json::from_value(serde_json::json!({
        "Code": 17, "Status": "arsPending", "DraftEntry": 16, "CurrentStage": 2,
        "ApprovalRequestLines": [
            {"StageCode": 1, "UserID": 5, "Status": "ardApproved"},
            {"StageCode": 2, "UserID": 6, "Status": "ardPending"},
            {"StageCode": 3, "UserID": 7, "Status": "ardPending"}
        ]}))
        .unwrap();
        assert!(request.waiting_line(6).is_some());
        assert!(request.waiting_line(5).is_none());
        assert!(request.waiting_line(7).is_none());
    }
}
