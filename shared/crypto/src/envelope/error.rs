use std::fmt;

/// Why an envelope was not opened, in the order the checks are made.
///
/// For logs and for the person who set the keys up. A vendor, or whoever poses
/// as one, is given the same answer for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnvelopeError {
    /// The EncodingAESKey is not 43 characters of standard base64.
    InvalidKey,
    /// The signature is not that of token, timestamp, nonce and ciphertext.
    SignatureMismatch,
    /// The ciphertext is not standard padded base64 without line breaks.
    BadBase64,
    /// The ciphertext is empty or no multiple of 16 bytes.
    BadCiphertextLength,
    /// The decrypted padding is not of equal bytes in the allowed range; most
    /// often another key encrypted it.
    BadPadding,
    /// The decrypted bytes are too short, or the length in them exceeds them.
    BadLayout,
    /// The envelope was made for another owner (app key, corp id, suite key).
    OwnerMismatch,
    /// The message is not UTF-8.
    BadUtf8,
}

impl EnvelopeError {
    /// The stable snake_case name, as the command line and the vectors use it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidKey => "invalid_key",
            Self::SignatureMismatch => "signature_mismatch",
            Self::BadBase64 => "bad_base64",
            Self::BadCiphertextLength => "bad_ciphertext_length",
            Self::BadPadding => "bad_padding",
            Self::BadLayout => "bad_layout",
            Self::OwnerMismatch => "owner_mismatch",
            Self::BadUtf8 => "bad_utf8",
        }
    }
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => {
                "the EncodingAESKey must be exactly 43 characters of standard base64; \
                 copy it again from the vendor's callback settings"
            }
            Self::SignatureMismatch => {
                "the callback signature does not match; \
                 check that the token is the one in the vendor's callback settings"
            }
            Self::BadBase64 => {
                "the ciphertext is not standard base64; \
                 a '+' that a form decoder turned into a space does this"
            }
            Self::BadCiphertextLength => "the ciphertext is empty or no multiple of 16 bytes; it was cut on the way",
            Self::BadPadding => {
                "the decrypted padding is wrong; \
                 check that the key is the one in the vendor's callback settings"
            }
            Self::BadLayout => "the decrypted bytes do not hold the message length they announce",
            Self::OwnerMismatch => {
                "the callback was made for another owner; \
                 set the owner to the app key, corp id or suite key it is registered under"
            }
            Self::BadUtf8 => "the decrypted message is not UTF-8",
        })
    }
}

impl std::error::Error for EnvelopeError {}
