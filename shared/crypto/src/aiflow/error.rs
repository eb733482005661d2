use std::fmt;

/// Why an `A-Signature` header was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AiflowError {
    /// The header is not an even number of hex digits, or far too long.
    BadHex,
    /// The hex does not hold JSON with enterpriseCode, appId, cipher (texts) and
    /// timestamp (a whole number).
    BadClaim,
    /// The cipher is not that of the body under the given secret.
    SignatureMismatch,
}

impl fmt::Display for AiflowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadHex => "A-Signature must be hex digits, two for each byte",
            Self::BadClaim => {
                "A-Signature must hold JSON with enterpriseCode, appId, timestamp \
                 (a number, milliseconds) and cipher"
            }
            Self::SignatureMismatch => {
                "A-Signature does not match; check the app secret, \
                 and that the signed body is byte for byte the one sent"
            }
        })
    }
}

impl std::error::Error for AiflowError {}
