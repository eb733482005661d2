//! Signatures of what is pushed to customers' webhook endpoints.
//!
//! The plain scheme is the documented one: `X-Webhook-Signature` over
//! `X-Webhook-Timestamp` and the body. [`standard`] is the Standard Webhooks
//! scheme, which also covers the message id and has verifiers in most
//! languages.

pub mod standard;

use crate::digest::equal;
use crate::mac::hmac_sha256_hex;

/// Lower-case hex HMAC-SHA256 under `callback_secret` of `timestamp` (decimal
/// text as sent) and `body` joined with nothing between.
pub fn sign(callback_secret: &str, timestamp: &str, body: &[u8]) -> String {
    hmac_sha256_hex(callback_secret.as_bytes(), &[timestamp.as_bytes(), body])
}

/// Whether `signature` is that of the other arguments. Constant time;
/// upper-case hex is refused. Freshness is the receiver's to check.
pub fn verify(callback_secret: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let expected = sign(callback_secret, timestamp, body);
    equal(expected.as_bytes(), signature.as_bytes())
}
