//! The approval requests of a page's drafts, read together.

use super::{approver, waits};
use crate::b1::{B1, draft_number};
use crate::erp::OfPage;
use serde_json::Value;
use tenon_model::DocumentKey;
use tenon_model::b1::ApprovalRequest;
use tenon_model::config::{ApprovalProcedure, Source};
use tenon_platform::{Result, Retry};

/// Kinds of draft by the entity set they are read from; each numbers its drafts anew.
const DRAFT_TYPES: [(&str, &str); 3] =
    [("Drafts", "112"), ("PaymentDrafts", "140"), ("InventoryCountingDrafts", "1470000109")];

/// Reads them. `None` when the flow's approver is not one of B1: each document's own run says what is wrong.
pub(crate) async fn of_page(b1: &B1<'_>, source: &Source, drafts: &[DocumentKey]) -> Result<Option<OfPage>> {
    let approver = match approver(b1, source).await {
        Err(error) if error.retry == Retry::Permanent => return Ok(None),
        approver => approver?,
    };
    let numbers: Vec<i64> = drafts.iter().filter_map(draft_number).collect();
    let mut requests = b1.approval_requests_of_drafts(&numbers).await?;
    let mut page = OfPage::default();
    for (key, number) in drafts.iter().filter_map(|key| Some((key, draft_number(key)?))) {
        let own = requests.remove(&number).unwrap_or_default();
        if may_wait(&own, source, approver) {
            page.requests.insert(key.clone(), own);
        } else {
            page.not_due.insert(key.clone());
        }
    }
    Ok(Some(page))
}

/// Whether a request of a draft may wait for the flow. A request of another kind of draft with the same number
/// is none of it; the submission looks closer.
fn may_wait(requests: &[Value], source: &Source, approver: Option<i64>) -> bool {
    let kind = DRAFT_TYPES.iter().find(|(set, _)| *set == source.object).map(|(_, kind)| *kind);
    let own = |request: &&Value| match (request.get("DraftType"), kind) {
        (Some(Value::String(theirs)), Some(ours)) => theirs == ours,
        (Some(Value::Number(theirs)), Some(ours)) => theirs.to_string() == ours,
        _ => true,
    };
    let mut own = requests.iter().filter(own).peekable();
    if own.peek().is_none() {
        return source.approval == ApprovalProcedure::WhenPresent && source.approver.is_none();
    }
    own.any(|request| match serde_json::from_value::<ApprovalRequest>(request.clone()) {
        Ok(request) => waits(&request, approver),
        Err(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn source(more: Value) -> Source {
        let mut source = json!({ "object": "Drafts" });
        source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(source).unwrap()
    }

    #[test]
    fn a_request_of_another_kind_of_draft_says_nothing_about_this_one() {
        let payment = json!({"Code": 1, "DraftEntry": 7, "DraftType": "140", "Status": "arsApproved"});
        let own = json!({"Code": 2, "DraftEntry": 7, "DraftType": 112, "Status": "arsApproved"});
        assert!(may_wait(std::slice::from_ref(&payment), &source(json!({})), None));
        assert!(!may_wait(std::slice::from_ref(&payment), &source(json!({"approval": "required"})), None));
        assert!(!may_wait(&[payment, own], &source(json!({})), None));
    }

    #[test]
    fn a_flows_approver_must_be_asked() {
        let request = json!({"Code": 2, "Status": "arsPending", "CurrentStage": 1, "ApprovalRequestLines": [
            {"StageCode": 1, "UserID": 5, "Status": "ardPending"}]});
        let source = source(json!({"approver": "5"}));
        assert!(may_wait(std::slice::from_ref(&request), &source, Some(5)));
        assert!(!may_wait(std::slice::from_ref(&request), &source, Some(6)));
        assert!(!may_wait(&[], &source, Some(5)));
    }
}
