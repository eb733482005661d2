//! What Weaver E-cology asks of a caller: the secret and the user id encrypted
//! under the server's public key, and the MD5 of its data-cube interface.

use std::fmt;

use aws_lc_rs::rsa::{Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::digest::md5_hex;

/// Why a value could not be encrypted for a Weaver server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeaverError {
    /// `spk` is not base64 of an RSA SubjectPublicKeyInfo of 2048 to 8192 bits.
    InvalidPublicKey,
    /// The value exceeds what one RSA block carries (key bytes less 11).
    TooLong,
    /// The cryptographic library refused for a reason it does not give.
    Failed,
}

impl fmt::Display for WeaverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidPublicKey => {
                "the server's public key (spk) is not an RSA key of 2048 bits or more; \
                 register with the Weaver server again"
            }
            Self::TooLong => "the value is too long for one RSA block of the server's key",
            Self::Failed => "the value could not be encrypted for the Weaver server",
        })
    }
}

impl std::error::Error for WeaverError {}

/// Encrypts `plaintext` (the secret of `applytoken`, the user id of a business
/// call) with RSA PKCS#1 v1.5 and returns standard padded base64.
///
/// `spk_base64` is the `spk` of the registration answer: base64 of an X.509
/// SubjectPublicKeyInfo; line breaks in it are ignored.
///
/// This is the one function here whose randomness is not a parameter: the
/// padding is drawn by the cryptographic library, which has no way in for it.
/// Two calls with equal arguments give different texts.
///
/// # Errors
/// [`WeaverError`], by what is wrong.
pub fn encrypt_for_server(spk_base64: &str, plaintext: &[u8]) -> Result<String, WeaverError> {
    let text: String = spk_base64.split_ascii_whitespace().collect();
    let der = STANDARD.decode(text).map_err(|_| WeaverError::InvalidPublicKey)?;
    let key = PublicEncryptingKey::from_der(&der)
        .and_then(|key| Pkcs1PublicEncryptingKey::new(key).map_err(Into::into))
        .map_err(|_| WeaverError::InvalidPublicKey)?;
    if plaintext.len() > key.max_plaintext_size() {
        return Err(WeaverError::TooLong);
    }
    let mut buffer = vec![0; key.ciphertext_size()];
    let ciphertext = key.encrypt(plaintext, &mut buffer).map_err(|_| WeaverError::Failed)?;
    Ok(STANDARD.encode(ciphertext))
}

/// The `Md5` member of a data-cube request header: lower-case hex MD5 of
/// `system_id`, `password` and `current_date_time` (`yyyyMMddHHmmss`, server
/// local time) joined with nothing between.
pub fn cube_md5(system_id: &str, password: &str, current_date_time: &str) -> String {
    let parts = [system_id.as_bytes(), password.as_bytes(), current_date_time.as_bytes()];
    md5_hex(&parts).iter().copied().map(char::from).collect()
}
