use crate::digest::equal;
use crate::mac::hmac_sha256_hex;

/// Scheme 1: lower-case hex HMAC-SHA256 under `secret` of `app_key`,
/// `timestamp` and `body` joined with nothing between.
///
/// `timestamp` is Unix milliseconds as decimal text, exactly as it travels in
/// `X-Timestamp`; `body` is the exact bytes sent, empty for a GET.
pub fn sign_v1(secret: &str, app_key: &str, timestamp: &str, body: &[u8]) -> String {
    let parts = [app_key.as_bytes(), timestamp.as_bytes(), body];
    hmac_sha256_hex(secret.as_bytes(), &parts)
}

/// Whether `signature` is the scheme 1 signature of the other arguments.
/// Constant time; upper-case hex is refused.
///
/// Nothing separates timestamp and body in what is signed, so a digit could
/// move from one to the other: the caller must hold the timestamp to a fixed
/// number of digits and to its window.
pub fn verify_v1(secret: &str, app_key: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let expected = sign_v1(secret, app_key, timestamp, body);
    equal(expected.as_bytes(), signature.as_bytes())
}
