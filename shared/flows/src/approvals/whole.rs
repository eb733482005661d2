//! Reading a page's new documents whole, and their approval requests, in one call each: what a submission needs
//! then travels in its message and is read for itself only when that is large or old. Drafts that wait for
//! nobody are left out, so that they cost no message.

use crate::marks::is_marked;
use serde_json::{Map, Value};
use std::collections::HashMap;
use tenon_connectors::b1::{B1, draft_number};
use tenon_model::DocumentKey;
use tenon_model::b1::ApprovalRequest;
use tenon_model::config::{ApprovalFlow, ApprovalProcedure, DocumentKind, Source};
use tenon_model::message::Page;
use tenon_platform::{Context, Result, Retry};

/// Bytes of a document that travel in a message, with its requests. SQS takes 256 KB a message and a batch.
const LARGEST: usize = 100 * 1024;
/// Kinds of draft by the entity set they are read from; each numbers its drafts anew.
const DRAFT_TYPES: [(&str, &str); 3] =
    [("Drafts", "112"), ("PaymentDrafts", "140"), ("InventoryCountingDrafts", "1470000109")];

/// Whether a row can travel in a message.
pub fn fits(row: &Map<String, Value>) -> bool {
    serde_json::to_vec(row).is_ok_and(|text| text.len() <= LARGEST)
}

/// What a page says of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// It may be due; with its reading, if that is small.
    Due(Option<Page>),
    /// It is gone, marked, or no request of it waits.
    NotDue,
}

/// Reads these documents. Nothing is said of those it cannot judge: each is then read for itself.
pub async fn read(
    ctx: &Context,
    b1: &B1<'_>,
    flow: &ApprovalFlow,
    keys: &[DocumentKey],
) -> Result<HashMap<DocumentKey, Seen>> {
    let source = &flow.source;
    // A selection of fields is not the document.
    if keys.is_empty() || source.sql.is_some() || source.select.is_some() {
        return Ok(HashMap::new());
    }
    let read_ms = ctx.now_ms();
    let mut requests = HashMap::new();
    let mut wanted = keys.to_vec();
    if source.document == DocumentKind::Draft {
        let numbers: Vec<i64> = keys.iter().filter_map(draft_number).collect();
        let approver = match &source.approver {
            Some(user) => match b1.user_key(user).await {
                // Each document's own run says what is wrong.
                Err(error) if error.retry == Retry::Permanent => return Ok(HashMap::new()),
                key => Some(key?),
            },
            None => None,
        };
        requests = b1.approval_requests_of_drafts(&numbers).await?;
        wanted.retain(|key| {
            let Some(number) = draft_number(key) else { return true };
            may_wait(requests.get(&number).map_or(&[], Vec::as_slice), source, approver)
        });
    }
    let mut entities = b1.entities(&source.object, &source.key, &wanted).await?;
    let seen = |key: &DocumentKey| match entities.remove(key) {
        Some((entity, etag)) if !is_marked(&flow.marks, &entity) => {
            let requests = match (source.document, draft_number(key)) {
                (DocumentKind::Draft, Some(number)) => Some(requests.remove(&number).unwrap_or_default()),
                _ => None,
            };
            Seen::Due(page(entity, etag, requests, read_ms))
        }
        _ => Seen::NotDue,
    };
    let mut seen = seen;
    Ok(keys.iter().map(|key| (key.clone(), seen(key))).collect())
}

fn page(entity: Map<String, Value>, etag: Option<String>, requests: Option<Vec<Value>>, read_ms: i64) -> Option<Page> {
    let document = Value::Object(entity).to_string();
    let requests = requests.map(|all| Value::Array(all).to_string());
    let size = document.len() + requests.as_ref().map_or(0, String::len);
    (size <= LARGEST).then_some(Page { document, etag, requests, read_ms })
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
        Ok(request) => request.is_pending() && approver.is_none_or(|user| request.waiting_line(user).is_some()),
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

    #[test]
    fn a_large_document_travels_by_its_key() {
        let small = Map::from_iter([("A".to_owned(), json!(1.5))]);
        assert_eq!(page(small, None, None, 1).unwrap().document, r#"{"A":1.5}"#);
        assert_eq!(page(Map::from_iter([("A".to_owned(), json!("x".repeat(LARGEST)))]), None, None, 1), None);
    }
}
