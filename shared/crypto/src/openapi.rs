//! Signatures of calls to the open API.
//!
//! Scheme 1 is what the published clients do: it covers the app key, the
//! timestamp and the body, and neither method nor path nor query. Scheme 2
//! covers the whole request and a nonce. Both are HMAC-SHA256 under the app's
//! secret, as 64 lower-case hex characters.
//!
//! A valid signature says nothing about age or repetition: the caller holds
//! the timestamp to its window and remembers what it has seen.

mod v1;
mod v2;

pub use v1::{sign_v1, verify_v1};
pub use v2::{RequestV2, sign_v2, verify_v2};
