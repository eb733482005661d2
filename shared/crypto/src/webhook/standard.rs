//! Standard Webhooks, symmetric form (`v1`).
//!
//! Headers `webhook-id`, `webhook-timestamp` (Unix seconds) and
//! `webhook-signature`: one or more of `v1,` and the standard base64
//! HMAC-SHA256 of `id.timestamp.body`, separated by spaces, so that a sender
//! can sign with an old and a new secret while one replaces the other.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::digest::equal;
use crate::mac::hmac_sha256;

const PREFIX: &str = "whsec_";
const VERSION: &str = "v1,";

/// Why a secret or a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandardError {
    /// The secret is not `whsec_` and the standard base64 of at least one byte.
    InvalidSecret,
    /// The id is empty or holds a full stop, or the timestamp is not digits:
    /// the signed text would not say where they end.
    InvalidHeaders,
    /// No signature in the header is that of the message.
    SignatureMismatch,
}

impl fmt::Display for StandardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidSecret => "a webhook secret must be 'whsec_' and standard base64",
            Self::InvalidHeaders => {
                "webhook-id must not be empty or hold a full stop, \
                 and webhook-timestamp must be digits"
            }
            Self::SignatureMismatch => {
                "no signature in webhook-signature matches the message; \
                 check the secret, and that the body is verified before it is parsed"
            }
        })
    }
}

impl std::error::Error for StandardError {}

/// One endpoint's signing secret.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Reads `whsec_` followed by standard padded base64.
    ///
    /// # Errors
    /// [`StandardError::InvalidSecret`] for anything else, or no bytes.
    pub fn parse(text: &str) -> Result<Self, StandardError> {
        let base64 = text.strip_prefix(PREFIX).ok_or(StandardError::InvalidSecret)?;
        let bytes = STANDARD.decode(base64).map_err(|_| StandardError::InvalidSecret)?;
        if bytes.is_empty() {
            return Err(StandardError::InvalidSecret);
        }
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// What a callback secret signs with: one that begins with `whsec_` is read as [`Secret::parse`] does,
    /// any other is its text's bytes.
    ///
    /// # Errors
    /// [`StandardError::InvalidSecret`] for an empty text, and for `whsec_` with anything but standard
    /// padded base64 after it.
    pub fn of_text(text: &str) -> Result<Self, StandardError> {
        if text.starts_with(PREFIX) {
            return Self::parse(text);
        }
        if text.is_empty() {
            return Err(StandardError::InvalidSecret);
        }
        Ok(Self(Zeroizing::new(text.as_bytes().to_vec())))
    }

    /// Makes a secret of random bytes the caller drew; the specification asks
    /// for 24 to 64 of them.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The `whsec_` text, to be shown to the customer once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0.as_slice()))
    }

    /// The signature of one message, as `v1,` and base64. `timestamp` is Unix
    /// seconds as decimal text; `id` must not hold a full stop.
    pub fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let parts: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        format!("{VERSION}{}", STANDARD.encode(hmac_sha256(&self.0, &parts)))
    }

    /// Verifies a message against a `webhook-signature` header of one or more
    /// signatures; those of other versions are passed over. Constant time per
    /// signature. Freshness is the caller's to check.
    ///
    /// # Errors
    /// [`StandardError::InvalidHeaders`] or [`StandardError::SignatureMismatch`].
    pub fn verify(&self, id: &str, timestamp: &str, body: &[u8], header: &str) -> Result<(), StandardError> {
        let digits = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
        if id.is_empty() || id.contains('.') || !digits {
            return Err(StandardError::InvalidHeaders);
        }
        let expected = self.sign(id, timestamp, body);
        let matches = header.split(' ').any(|given| equal(expected.as_bytes(), given.as_bytes()));
        if matches { Ok(()) } else { Err(StandardError::SignatureMismatch) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
