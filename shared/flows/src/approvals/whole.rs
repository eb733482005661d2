//! Reading a page's new documents whole, and their approval requests, in one call each: what a submission needs
//! then travels in its message and is read for itself only when that is large or old. Drafts that wait for
//! nobody are left out, so that they cost no message.

use super::work::stages;
use crate::approvals::message::Page;
use crate::marks::is_marked;
use serde_json::{Map, Value};
use std::collections::HashMap;
use tenon_connectors::erp::{Erp, OfPage};
use tenon_model::DocumentKey;
use tenon_model::config::{ApprovalFlow, DocumentKind};
use tenon_platform::{Context, Result};

/// Bytes of a document that travel in a message, with its requests. SQS takes 256 KB a message and a batch.
const LARGEST: usize = 100 * 1024;
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
    erp: &Erp<'_>,
    flow: &ApprovalFlow,
    keys: &[DocumentKey],
) -> Result<HashMap<DocumentKey, Seen>> {
    let source = &flow.source;
    // A selection of fields is not the document.
    if keys.is_empty() || source.sql.is_some() || source.select.is_some() {
        return Ok(HashMap::new());
    }
    let read_ms = ctx.now_ms();
    let mut of_page = OfPage::default();
    if source.document == DocumentKind::Draft {
        match stages(erp)?.of_page(source, keys).await? {
            Some(found) => of_page = found,
            None => return Ok(HashMap::new()),
        }
    }
    let OfPage { not_due, mut requests } = of_page;
    let wanted: Vec<DocumentKey> = keys.iter().filter(|key| !not_due.contains(*key)).cloned().collect();
    let mut entities = erp.look_up(&source.object, &source.key, &wanted).await?;
    let mut seen = |key: &DocumentKey| match entities.remove(key) {
        Some((entity, etag)) if !is_marked(&flow.marks, &entity) => {
            Seen::Due(page(entity, etag, requests.remove(key), read_ms))
        }
        _ => Seen::NotDue,
    };
    Ok(keys.iter().map(|key| (key.clone(), seen(key))).collect())
}

fn page(entity: Map<String, Value>, etag: Option<String>, requests: Option<Vec<Value>>, read_ms: i64) -> Option<Page> {
    let document = Value::Object(entity).to_string();
    let requests = requests.map(|all| Value::Array(all).to_string());
    let size = document.len() + requests.as_ref().map_or(0, String::len);
    (size <= LARGEST).then_some(Page { document, etag, requests, read_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_large_document_travels_by_its_key() {
        let small = Map::from_iter([("A".to_owned(), json!(1.5))]);
        assert_eq!(page(small, None, None, 1).unwrap().document, r#"{"A":1.5}"#);
        assert_eq!(page(Map::from_iter([("A".to_owned(), json!("x".repeat(LARGEST)))]), None, None, 1), None);
    }
}
