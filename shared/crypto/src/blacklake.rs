//! Black Lake MES callbacks: the `encrypt` member of the callback body.
//!
//! AES-256-ECB with PKCS#7 padding, keyed with the SHA-256 of the callback
//! secret, as the vendor's Java SDK does. Its names are those of an SDK that
//! chains the blocks, with the vector before them, so a site may be set to that
//! ([`Cipher::CbcIvPrefix`]), and to another way from the secret to the key. There is no signature, no owner and
//! no integrity at all: whole blocks can be swapped, dropped or replayed and
//! still decrypt. A caller must treat what comes out as a hint and read the
//! records themselves through the vendor's API.

use std::fmt;

use aes::cipher::{
    BlockCipherDecrypt as _, BlockCipherEncrypt as _, BlockModeDecrypt as _, BlockModeEncrypt as _, InnerIvInit as _,
    KeyInit as _,
};
use aes::{Aes256Dec, Aes256Enc, Block};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::block::{blocks_mut, pad, unpadded_len};
use crate::envelope::EnvelopeError;

const PAD_BLOCK: u8 = 16;

/// How blocks are encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// Each alone.
    #[default]
    Ecb,
    /// Chained, with the vector as the first block.
    CbcIvPrefix,
}

/// How the key is made of the secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum KeyForm {
    /// Its SHA-256.
    #[default]
    Sha256,
    /// Its own 32 bytes.
    RawUtf8,
    /// The 32 bytes that it is the padded base64 of.
    Base64,
}

/// The callback content secret (回调内容密钥) of one registration, as key
/// schedules. Make it once and keep it.
#[derive(Clone)]
pub struct Secret {
    encryptor: Aes256Enc,
    decryptor: Aes256Dec,
    cipher: Cipher,
}

impl Secret {
    /// Takes the secret as the vendor's console shows it, for the vendor's
    /// documented cipher and key. Any text is a secret: it is hashed, so its
    /// form cannot be checked.
    pub fn new(secret: &str) -> Self {
        Self::of_key(&hashed(secret), Cipher::Ecb)
    }

    /// The same for a site that is set to another cipher or key.
    ///
    /// # Errors
    /// `InvalidKey` when the secret is not of the form that the key is made of.
    pub fn with(secret: &str, cipher: Cipher, form: KeyForm) -> Result<Self, EnvelopeError> {
        let own = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map(Zeroizing::new).map_err(|_| EnvelopeError::InvalidKey);
        let key = match form {
            KeyForm::Sha256 => hashed(secret),
            KeyForm::RawUtf8 => own(secret.as_bytes())?,
            KeyForm::Base64 => {
                own(&STANDARD.decode(secret).map(Zeroizing::new).map_err(|_| EnvelopeError::InvalidKey)?)?
            }
        };
        Ok(Self::of_key(&key, cipher))
    }

    fn of_key(key: &[u8; 32], cipher: Cipher) -> Self {
        Self { encryptor: Aes256Enc::new(key.into()), decryptor: Aes256Dec::new(key.into()), cipher }
    }

    /// Decrypts the `encrypt` member (standard padded base64, no line breaks)
    /// into the event's JSON text.
    ///
    /// # Errors
    /// `BadBase64`, `BadCiphertextLength`, `BadPadding` (most often a wrong
    /// secret) or `BadUtf8`, checked in this order.
    pub fn open(&self, encrypt: &str) -> Result<String, EnvelopeError> {
        let mut buffer = STANDARD.decode(encrypt).map_err(|_| EnvelopeError::BadBase64)?;
        match (self.cipher, blocks_mut(&mut buffer)) {
            (Cipher::Ecb, Some(blocks @ [_, ..])) => self.decryptor.decrypt_blocks(blocks),
            (Cipher::CbcIvPrefix, Some([iv, blocks @ ..])) if !blocks.is_empty() => {
                cbc::Decryptor::inner_iv_init(&self.decryptor, iv).decrypt_blocks(blocks);
            }
            _ => return Err(EnvelopeError::BadCiphertextLength),
        }
        if self.cipher == Cipher::CbcIvPrefix {
            buffer.drain(..Block::default().len());
        }
        let length = unpadded_len(&buffer, PAD_BLOCK).ok_or(EnvelopeError::BadPadding)?;
        buffer.truncate(length);
        String::from_utf8(buffer).map_err(|_| EnvelopeError::BadUtf8)
    }

    /// Encrypts `plaintext` into the `encrypt` member, as the vendor does.
    /// `random16` is the vector of a cipher that has one, and must be fresh
    /// then; where there is none, equal texts give equal results.
    pub fn seal_with(&self, plaintext: &str, random16: [u8; 16]) -> String {
        let mut buffer = Vec::with_capacity(plaintext.len() + 2 * usize::from(PAD_BLOCK));
        buffer.extend_from_slice(plaintext.as_bytes());
        pad(&mut buffer, PAD_BLOCK);
        if let Some(blocks) = blocks_mut(&mut buffer) {
            match self.cipher {
                Cipher::Ecb => self.encryptor.encrypt_blocks(blocks),
                Cipher::CbcIvPrefix => {
                    cbc::Encryptor::inner_iv_init(&self.encryptor, (&random16).into()).encrypt_blocks(blocks);
                }
            }
        }
        if self.cipher == Cipher::CbcIvPrefix {
            buffer.splice(..0, random16);
        }
        STANDARD.encode(&buffer)
    }

    /// The same without a vector: for [`Cipher::Ecb`], which takes none.
    pub fn seal(&self, plaintext: &str) -> String {
        self.seal_with(plaintext, [0; 16])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

fn hashed(secret: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(secret).into())
}
