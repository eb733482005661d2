//! Ways into the readers of answers for `fuzz/`, which has no connection.

use super::{Batch, Entity, Query, WriteOptions, batch, error, page};
use crate::base::Effect;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::json;
use tenon_model::DocumentKey;
use tenon_platform::http::Answer;

fn answer(status: u16, content_type: &str, body: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value.clone());
        headers.insert(header::RETRY_AFTER, value);
    }
    Answer { status, headers, body: Bytes::copy_from_slice(body) }
}

/// A page, and a link from the beginning and from a later page.
pub fn page(body: &[u8], link: &str) {
    if let Ok(page::Answered { values, link: Some(found), .. }) = page::read(&answer(200, "", body)) {
        let _ = page::follow(&found, None, values.len());
    }
    if let Ok(cursor) = page::follow(link, None, 20) {
        assert!(page::follow(link, Some(&cursor), 20).is_err(), "a link that leads back is followed");
    }
}

/// An error of either shape, after each kind of call.
pub fn error(status: u16, body: &[u8]) {
    for effect in [Effect::Read, Effect::Create, Effect::Change] {
        let _ = error::refused(effect, &answer(status, "60", body), 0);
    }
}

/// The answer of a batch with a read and a set of changes.
pub fn batch(content_type: &str, body: &str) {
    let draft = Entity::new("Drafts").key(&DocumentKey::Number(1));
    let changes = [
        batch::Change::create("ITEM", json!({"Code": "A"})),
        batch::Change::patch(&draft, json!({"U_A": "1"}), &WriteOptions::default()),
    ];
    let sent = Batch::new().read(&draft, &Query::new()).changes(changes);
    let _ = batch::read_answers(&sent, &answer(202, content_type, body.as_bytes()));
    let _ = batch::read_answers(&sent, &answer(202, "multipart/mixed;boundary=b", body.as_bytes()));
}
