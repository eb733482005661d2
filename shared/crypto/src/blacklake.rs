//! Black Lake MES callbacks: the `encrypt` member of the callback body.
//!
//! AES-256-ECB with PKCS#7 padding, keyed with the SHA-256 of the callback
//! secret, as the vendor's Java SDK does. There is no signature, no owner and
//! no integrity at all: whole blocks can be swapped, dropped or replayed and
//! still decrypt. A caller must treat what comes out as a hint and read the
//! records themselves through the vendor's API.

use std::fmt;

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use aes::{Aes256Dec, Aes256Enc};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::block::{blocks_mut, pad, unpadded_len};
use crate::envelope::EnvelopeError;

const PAD_BLOCK: u8 = 16;

/// The callback content secret (回调内容密钥) of one registration, as key
/// schedules. Make it once and keep it.
#[derive(Clone)]
pub struct Secret {
    encryptor: Aes256Enc,
    decryptor: Aes256Dec,
}

impl Secret {
    /// Takes the secret as the vendor's console shows it. Any text is a secret:
    /// it is hashed, so its form cannot be checked.
    pub fn new(secret: &str) -> Self {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(secret).into());
        let key: &[u8; 32] = &key;
        Self { encryptor: Aes256Enc::new(key.into()), decryptor: Aes256Dec::new(key.into()) }
    }

    /// Decrypts the `encrypt` member (standard padded base64, no line breaks)
    /// into the event's JSON text.
    ///
    /// # Errors
    /// `BadBase64`, `BadCiphertextLength`, `BadPadding` (most often a wrong
    /// secret) or `BadUtf8`, checked in this order.
    pub fn open(&self, encrypt: &str) -> Result<String, EnvelopeError> {
        let mut buffer = STANDARD.decode(encrypt).map_err(|_| EnvelopeError::BadBase64)?;
        match blocks_mut(&mut buffer) {
            None | Some([]) => return Err(EnvelopeError::BadCiphertextLength),
            Some(blocks) => self.decryptor.decrypt_blocks(blocks),
        }
        let length = unpadded_len(&buffer, PAD_BLOCK).ok_or(EnvelopeError::BadPadding)?;
        buffer.truncate(length);
        String::from_utf8(buffer).map_err(|_| EnvelopeError::BadUtf8)
    }

    /// Encrypts `plaintext` into the `encrypt` member, as the vendor does.
    /// Equal texts give equal results: the scheme takes no randomness.
    pub fn seal(&self, plaintext: &str) -> String {
        let mut buffer = Vec::with_capacity(plaintext.len() + usize::from(PAD_BLOCK));
        buffer.extend_from_slice(plaintext.as_bytes());
        pad(&mut buffer, PAD_BLOCK);
        if let Some(blocks) = blocks_mut(&mut buffer) {
            self.encryptor.encrypt_blocks(blocks);
        }
        STANDARD.encode(&buffer)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}
