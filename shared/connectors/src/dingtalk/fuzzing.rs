//! Ways into the readers of answers for `fuzz/`, which has no connection.

use super::{Api, error, failed, form, notice, people};
use crate::base::Effect;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use tenon_model::oa::{FieldKind, InstanceField};
use tenon_platform::http::Answer;

/// An answer of either API, to a read and to a create.
pub fn answer(status: u16, retry_after: &str, body: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(retry_after) {
        headers.insert(header::RETRY_AFTER, value);
    }
    let answer = Answer { status, headers, body: Bytes::copy_from_slice(body) };
    for api in [Api::New, Api::Old] {
        for effect in [Effect::Read, Effect::Create] {
            let _ = error::read(api, effect, &answer, 0);
        }
    }
    let _ = error::may_carry(&answer);
    if let Ok(read) = serde_json::from_slice::<Value>(body) {
        let _ = people::person(&read, "1");
        let _ = notice::delivered("u", &read);
    }
}

/// The events of an answer of the list of failed callbacks.
pub fn failed_events(answer: &[u8]) -> Vec<Value> {
    failed::read_failed_callbacks(answer).map(|list| list.events).unwrap_or_default()
}

/// A control whose kind is not told, from its text.
pub fn control(text: &str) -> InstanceField {
    form::control("t", FieldKind::Unknown, text)
}
