//! The `A-Signature` header of aiflow, made for its API and checked on calls
//! from it.
//!
//! The header is upper-case hex of the UTF-8 JSON
//! `{"enterpriseCode":"…","appId":"…","timestamp":…,"cipher":"…"}`, in this
//! order and without spaces. The cipher is lower-case hex MD5 of the lower-case
//! hex text of the MD5 of enterprise code, app secret, body and timestamp joined
//! with nothing between. The scheme is the vendor's: it is MD5 and no HMAC, and
//! the app id is covered only in that it chooses the secret.

mod error;

use std::fmt;

use serde::Deserialize;

use crate::digest::{equal, md5_hex};

pub use error::AiflowError;

/// No honest header is near this long: 16 KiB of hex is 8 KiB of JSON.
const MAX_HEADER: usize = 16 * 1024;

/// What a header says of its sender. Nothing in it is proven until
/// [`Header::verify`] has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The enterprise the call is made for.
    pub enterprise_code: String,
    /// The app whose secret signed it.
    pub app_id: String,
    /// When it was signed, in Unix milliseconds.
    pub timestamp_ms: i64,
}

/// A header that was read but not yet verified.
#[derive(Clone)]
pub struct Header {
    claim: Claim,
    cipher: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    enterprise_code: String,
    app_id: String,
    timestamp: i64,
    cipher: String,
}

impl Header {
    /// Reads the header's text: hex of either letter case, JSON with the four
    /// members in any order; others are passed over.
    ///
    /// # Errors
    /// [`AiflowError::BadHex`] or [`AiflowError::BadClaim`].
    pub fn parse(text: &str) -> Result<Self, AiflowError> {
        if text.len() > MAX_HEADER {
            return Err(AiflowError::BadHex);
        }
        let json = unhex(text).ok_or(AiflowError::BadHex)?;
        let wire: Wire = serde_json::from_slice(&json).map_err(|_| AiflowError::BadClaim)?;
        Ok(Self {
            claim: Claim { enterprise_code: wire.enterprise_code, app_id: wire.app_id, timestamp_ms: wire.timestamp },
            cipher: wire.cipher,
        })
    }

    /// Who the header says it is from: look the secret up by enterprise code
    /// and app id, and hold the timestamp to a window.
    pub fn claim(&self) -> &Claim {
        &self.claim
    }

    /// Whether the header was made with `app_secret` for exactly these body
    /// bytes. Constant time.
    ///
    /// # Errors
    /// [`AiflowError::SignatureMismatch`].
    pub fn verify(&self, app_secret: &str, body: &[u8]) -> Result<(), AiflowError> {
        let Claim { enterprise_code, timestamp_ms, .. } = &self.claim;
        let expected = cipher(enterprise_code, app_secret, *timestamp_ms, body);
        if equal(&expected, self.cipher.as_bytes()) { Ok(()) } else { Err(AiflowError::SignatureMismatch) }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("claim", &self.claim).field("cipher", &"[redacted]").finish()
    }
}

/// The header of a call at `timestamp_ms` (Unix milliseconds) whose body is
/// exactly `body`: a body serialised again before sending fails.
///
/// The vendor's SDK escapes nothing, so a code or id with a quote or backslash
/// in it makes a header that nobody can read.
pub fn sign(enterprise_code: &str, app_id: &str, app_secret: &str, timestamp_ms: i64, body: &[u8]) -> String {
    let cipher = cipher(enterprise_code, app_secret, timestamp_ms, body);
    let cipher: String = cipher.iter().copied().map(char::from).collect();
    let json = format!(
        r#"{{"enterpriseCode":"{enterprise_code}","appId":"{app_id}","timestamp":{timestamp_ms},"cipher":"{cipher}"}}"#
    );
    let mut header = crate::digest::hex_lower(json.as_bytes());
    header.make_ascii_uppercase();
    header
}

fn cipher(enterprise_code: &str, app_secret: &str, timestamp_ms: i64, body: &[u8]) -> [u8; 32] {
    let timestamp = timestamp_ms.to_string();
    let inner = md5_hex(&[enterprise_code.as_bytes(), app_secret.as_bytes(), body, timestamp.as_bytes()]);
    md5_hex(&[&inner])
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
