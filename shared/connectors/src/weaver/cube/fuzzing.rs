//! Ways into the readers of answers for `fuzz/`, which has no connection.

use super::{answer, is_at_the_door, listing};
use crate::base::Effect;
use bytes::Bytes;
use http::HeaderMap;
use tenon_platform::http::Answer;

/// An answer to a saving of so many rows, and to a listing.
pub fn answers(status: u16, rows: u8, text: &str, body: &[u8]) {
    let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    let rows = usize::from(rows);
    if let Ok(saved) = answer::read(&answer, Effect::Create, rows) {
        assert_eq!(saved.len(), rows, "each row is answered for");
    }
    let _ = listing::read(&answer, "wlbm", text);
    let _ = is_at_the_door(&answer);
}
