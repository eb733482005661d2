use crate::digest::{equal, sha256_hex};
use crate::mac::hmac_sha256_hex;

/// One request as scheme 2 signs it; every text exactly as it travels.
///
/// The signed text is seven lines, joined by one line feed (`\n`), with none
/// after the last:
///
/// 1. the method in upper case (`POST`)
/// 2. the path, percent-encoded as sent, without query (`/openapi/v1/orders`)
/// 3. the query: split at `&`, empty pieces dropped, the pieces sorted by their
///    bytes as sent (nothing decoded), joined by `&`; an empty line without one
/// 4. the SHA-256 of the body as 64 lower-case hex characters; of no bytes when
///    there is no body
/// 5. the timestamp
/// 6. the nonce
/// 7. the app key
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestV2<'a> {
    /// HTTP method, in any letter case.
    pub method: &'a str,
    /// Path as sent, beginning with `/`.
    pub path: &'a str,
    /// Query as sent, without `?`; empty when there is none.
    pub query: &'a str,
    /// The exact bytes of the body.
    pub body: &'a [u8],
    /// Unix milliseconds as decimal text.
    pub timestamp: &'a str,
    /// A text the caller never uses twice.
    pub nonce: &'a str,
    /// The app key, which names the secret.
    pub app_key: &'a str,
}

impl RequestV2<'_> {
    /// The text that is signed.
    pub fn canonical(&self) -> String {
        let mut query: Vec<&str> = self.query.split('&').filter(|s| !s.is_empty()).collect();
        query.sort_unstable();
        [
            self.method.to_ascii_uppercase().as_str(),
            self.path,
            query.join("&").as_str(),
            sha256_hex(self.body).as_str(),
            self.timestamp,
            self.nonce,
            self.app_key,
        ]
        .join("\n")
    }

    /// A line feed inside a field would let two requests share one text.
    fn is_unambiguous(&self) -> bool {
        let fields = [self.method, self.path, self.query, self.timestamp, self.nonce, self.app_key];
        !fields.iter().any(|field| field.contains('\n'))
    }
}

/// Scheme 2: lower-case hex HMAC-SHA256 under `secret` of
/// [`RequestV2::canonical`].
pub fn sign_v2(secret: &str, request: &RequestV2<'_>) -> String {
    hmac_sha256_hex(secret.as_bytes(), &[request.canonical().as_bytes()])
}

/// Whether `signature` is the scheme 2 signature of `request`. Constant time;
/// upper-case hex is refused, and so is a request with a line feed in any field
/// but the body.
pub fn verify_v2(secret: &str, request: &RequestV2<'_>, signature: &str) -> bool {
    let expected = sign_v2(secret, request);
    request.is_unambiguous() && equal(expected.as_bytes(), signature.as_bytes())
}
