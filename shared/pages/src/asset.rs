//! What pages are drawn with. Its address names its content, so that it may be kept for ever.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use lambda_http::{Body, Response};
use std::sync::LazyLock;
use tenon_crypto::digest;

/// The one style sheet.
const STYLE: &str = include_str!("style.css");
/// What it is called.
const NAME: &str = "app.css";

static HASH: LazyLock<String> = LazyLock::new(|| digest::sha256_base64url_short(STYLE.as_bytes(), 16));

/// Where the style sheet is.
pub fn style() -> String {
    format!("/aflow/assets/{}/{NAME}", *HASH)
}

/// The asset of that address; none for another content than ours.
pub fn find(hash: &str, name: &str) -> Option<Response<Body>> {
    if hash != *HASH || name != NAME {
        return None;
    }
    let mut response = Response::new(Body::Text(STYLE.to_owned()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_content() {
        let address = style();
        let hash = address.split('/').nth(3).unwrap();
        assert_eq!(hash.len(), 16);
        let found = find(hash, "app.css").unwrap();
        assert!(found.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(find("another", "app.css").is_none() && find(hash, "other.css").is_none());
    }
}
