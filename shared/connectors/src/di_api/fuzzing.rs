//! What the fuzz targets reach of this connector.

use super::error;
use bytes::Bytes;
use http::HeaderMap;
use tenon_model::config::DiApiConnection;
use tenon_platform::http::Answer;

/// Reads an answer.
pub fn read(connection: &DiApiConnection, status: u16, body: &[u8]) {
    let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    if let Ok(read) = error::read(connection, &answer) {
        let _ = read.objects();
    }
}
