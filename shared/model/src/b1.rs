//! SAP Business One wire shapes: approval requests and their decisions.

use crate::text;
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
    /// The draft's number, which is its own only within [`draft_type`](Self::draft_type).
    #[serde(default)]
    pub draft_entry: Option<i64>,
    /// Kind of draft: `112` documents, `140` payments, …
    #[serde(default, deserialize_with = "text::optional")]
    pub draft_type: Option<String>,
    /// Kind of document: `22`, `1470000113`, …
    #[serde(default, deserialize_with = "text::optional")]
    pub object_type: Option<String>,
    /// `Y` while the document is a draft.
    #[serde(default, deserialize_with = "text::optional")]
    pub is_draft: Option<String>,
    /// The document, once it is one.
    #[serde(default, deserialize_with = "text::optional")]
    pub object_entry: Option<String>,
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
pub enum ApprovalDecision {
    /// Approved.
    #[serde(rename = "ardApproved")]
    Approved,
    /// Refused.
    #[serde(rename = "ardNotApproved")]
    NotApproved,
}

impl ApprovalDecision {
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

/// Kinds of draft by the entity set they are read from.
const DRAFT_TYPES: [(&str, &str); 3] =
    [("Drafts", "112"), ("PaymentDrafts", "140"), ("InventoryCountingDrafts", "1470000109")];

/// The kind of draft an entity set holds, where it is known.
pub fn draft_type_of(set: &str) -> Option<&'static str> {
    DRAFT_TYPES.iter().find(|(name, _)| *name == set).map(|(_, kind)| *kind)
}

/// Object codes as a draft's `DocObjectCode` spells them.
const OBJECT_CODES: [(&str, &str); 27] = [
    ("oInvoices", "13"),
    ("oCreditNotes", "14"),
    ("oDeliveryNotes", "15"),
    ("oReturns", "16"),
    ("oOrders", "17"),
    ("oPurchaseInvoices", "18"),
    ("oPurchaseCreditNotes", "19"),
    ("oPurchaseDeliveryNotes", "20"),
    ("oPurchaseReturns", "21"),
    ("oPurchaseOrders", "22"),
    ("oQuotations", "23"),
    ("oIncomingPayments", "24"),
    ("oVendorPayments", "46"),
    ("oInventoryGenEntry", "59"),
    ("oInventoryGenExit", "60"),
    ("oStockTransfer", "67"),
    ("oCorrectionPurchaseInvoice", "163"),
    ("oCorrectionPurchaseInvoiceReversal", "164"),
    ("oCorrectionInvoice", "165"),
    ("oCorrectionInvoiceReversal", "166"),
    ("oDownPayments", "203"),
    ("oPurchaseDownPayments", "204"),
    ("oReturnRequest", "234000031"),
    ("oGoodsReturnRequest", "234000032"),
    ("oPurchaseQuotations", "540000006"),
    ("oInventoryTransferRequest", "1250000001"),
    ("oPurchaseRequest", "1470000113"),
];

/// The number of an object code, which is given as a word or as the number itself; `None` for a word that is
/// not known here.
pub fn object_type_of(code: &str) -> Option<&str> {
    let code = code.trim();
    if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
        return Some(code);
    }
    OBJECT_CODES.iter().find(|(word, _)| *word == code).map(|(_, number)| *number)
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
    fn kinds_read_alike_as_texts_and_as_numbers() {
        for (draft_type, object_type) in [(serde_json::json!("112"), serde_json::json!("22")), (112.into(), 22.into())]
        {
            let request: ApprovalRequest = serde_json::from_value(serde_json::json!({
                "Code": 1, "DraftType": draft_type, "ObjectType": object_type, "IsDraft": "Y", "ObjectEntry": null
            }))
            .unwrap();
            assert_eq!((request.draft_type.as_deref(), request.object_type.as_deref()), (Some("112"), Some("22")));
            assert_eq!((request.is_draft.as_deref(), request.object_entry), (Some("Y"), None));
        }
        assert_eq!((object_type_of("oPurchaseRequest"), object_type_of("22")), (Some("1470000113"), Some("22")));
        assert_eq!((object_type_of("oSomethingNew"), object_type_of("")), (None, None));
        assert_eq!(
            (draft_type_of("Drafts"), draft_type_of("PaymentDrafts"), draft_type_of("X")),
            (Some("112"), Some("140"), None)
        );
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
