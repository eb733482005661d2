//! Building answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde_json::Value;

/// An answer as the simulators make it.
pub(crate) type Reply = Response<Bytes>;

/// An answer with a body of some type.
pub(crate) fn with_body(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &Value) -> Reply {
    with_body(status, "application/json;charset=utf-8", body.to_string())
}

/// 204.
pub(crate) fn no_content() -> Reply {
    let mut reply = Response::new(Bytes::new());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// The page a proxy in front of the vendor answers with.
pub(crate) fn html(status: u16) -> Reply {
    let reason = StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Error");
    with_body(
        status,
        "text/html",
        format!("<html><head><title>{status} {reason}</title></head><body><h1>{reason}</h1></body></html>"),
    )
}

/// A proxy's page that asks to be left alone for so long.
pub(crate) fn retry_after(wish: &str) -> Reply {
    let mut reply = html(429);
    add(&mut reply, http::header::RETRY_AFTER, wish);
    reply
}

/// Adds a header line; values that cannot be one are left out.
pub(crate) fn add(reply: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().append(name, value);
    }
}
