//! Secrets at rest: AES-256-GCM under one master key.
//!
//! The text form is `v1.` and the standard base64 of nonce (12 bytes),
//! ciphertext and tag (16 bytes). The context names the place a secret belongs
//! to (say `connection/ding-main/app_secret`); it is authenticated and not
//! stored, so a sealed text moved to another place does not open there.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const VERSION: &str = "v1.";
const NONCE: usize = 12;

/// Why a master key or a sealed text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretError {
    /// The master key is not standard base64 of exactly 32 bytes.
    InvalidKey,
    /// The sealed text does not begin with a known version, is not base64 or is
    /// too short.
    BadFormat,
    /// It was sealed under another key or for another context, or was changed.
    Refused,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "the master key must be standard base64 of exactly 32 bytes",
            Self::BadFormat => "the stored secret is not a sealed text of a known version",
            Self::Refused => {
                "the stored secret does not open: \
                 it was sealed under another master key or for another place, or was changed"
            }
        })
    }
}

impl std::error::Error for SecretError {}

/// The key all stored secrets are sealed under.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Reads standard padded base64 of 32 bytes; white space around it is
    /// ignored, since keys arrive from files and environment variables.
    ///
    /// # Errors
    /// [`SecretError::InvalidKey`] for anything else.
    pub fn from_base64(text: &str) -> Result<Self, SecretError> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).map_err(|_| SecretError::InvalidKey)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| SecretError::InvalidKey)?;
        Ok(Self::from_bytes(key))
    }

    /// Takes the 32 bytes of the key.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Seals `plaintext` for the place `context` names. `nonce12` must be fresh
    /// randomness for every call: a nonce used twice under one key breaks GCM.
    ///
    /// GCM ends at 64 GiB; a text beyond that, or one the library refuses, gives
    /// a bare `v1.`, which never opens.
    pub fn seal(&self, context: &str, nonce12: [u8; NONCE], plaintext: &[u8]) -> String {
        let sealed = self.encrypt(context, nonce12, plaintext);
        format!("{VERSION}{}", STANDARD.encode(sealed.unwrap_or_default()))
    }

    /// Opens a text that [`MasterKey::seal`] made for the same `context`.
    ///
    /// # Errors
    /// [`SecretError::BadFormat`] or [`SecretError::Refused`]; neither says
    /// anything about the plaintext.
    pub fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>, SecretError> {
        let text = sealed.strip_prefix(VERSION).ok_or(SecretError::BadFormat)?;
        let mut bytes = STANDARD.decode(text).map_err(|_| SecretError::BadFormat)?;
        let (nonce, body) = bytes.split_first_chunk_mut::<NONCE>().ok_or(SecretError::BadFormat)?;
        if body.len() < AES_256_GCM.tag_len() {
            return Err(SecretError::BadFormat);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = self.cipher().map_err(|_| SecretError::Refused)?;
        key.open_in_place(nonce, Aad::from(context), body)
            .map(|plaintext| plaintext.to_vec())
            .map_err(|_| SecretError::Refused)
    }

    fn encrypt(&self, context: &str, nonce12: [u8; NONCE], plaintext: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let size = NONCE + plaintext.len() + AES_256_GCM.tag_len();
        // Sized at once, so that no copy of the plaintext is left behind by growth.
        let mut body = Zeroizing::new(Vec::with_capacity(size));
        body.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce12);
        let tag = self.cipher()?.seal_in_place_separate_tag(nonce, Aad::from(context), &mut body)?;
        let mut sealed = Vec::with_capacity(size);
        sealed.extend_from_slice(&nonce12);
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    fn cipher(&self) -> Result<LessSafeKey, Unspecified> {
        UnboundKey::new(&AES_256_GCM, self.0.as_slice()).map(LessSafeKey::new)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}
