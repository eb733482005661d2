//! Ways into the readers of answers for `fuzz/`, which has no connection.

use super::{Api, error};
use crate::base::Effect;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
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
}
