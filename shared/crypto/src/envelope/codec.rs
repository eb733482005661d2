use std::fmt;
use std::sync::LazyLock;

use aes::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, InnerIvInit as _, KeyInit as _};
use aes::{Aes256Dec, Aes256Enc, Block};
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, PAD};
use base64::engine::{DecodePaddingMode, Engine as _, Simd};
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::EnvelopeError;
use crate::block::{blocks_mut, pad, unpadded_len};
use crate::digest::{equal, hex_array};

/// DingTalk and WeCom pad to 32 though an AES block is 16. DingTalk's Go sample
/// pads to 16, so a reader takes anything from 1 to 32.
const PAD_BLOCK: u8 = 32;
/// 16 random bytes and a four-byte length come before the message.
const HEAD: usize = 20;

/// A 43-character key carries 258 bits, and vendors hand out keys whose spare
/// two are not zero. That leniency is for the key alone: ciphertext is decoded
/// strictly.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The standard alphabet with padding, by the processor's vector instructions where it has them: a callback's
/// ciphertext is most of its body.
static STANDARD: LazyLock<Simd> = LazyLock::new(|| Simd::standard(PAD));

/// Opens and seals the envelopes of one callback registration. Holds the key
/// schedules, so make it once and keep it.
#[derive(Clone)]
pub struct Codec {
    token: Zeroizing<String>,
    encryptor: Aes256Enc,
    decryptor: Aes256Dec,
    iv: Zeroizing<[u8; 16]>,
    owner: String,
}

/// A sealed message: the two values a callback body or reply carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Standard base64 with padding, no line breaks.
    pub encrypt: String,
    /// 40 lower-case hex characters over `encrypt`, timestamp and nonce.
    pub signature: String,
}

impl Codec {
    /// Takes the values of the vendor's callback settings: the token, the
    /// 43-character EncodingAESKey, and the owner id that ends every message
    /// (DingTalk: app key, corp id or suite key; WeCom: corp id, suite id, or
    /// nothing for a smart bot).
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidKey`] when the key has another form.
    pub fn new(token: &str, encoding_aes_key: &str, owner: &str) -> Result<Self, EnvelopeError> {
        let key = decode_key(encoding_aes_key)?;
        let mut iv = Zeroizing::new([0; 16]);
        for (slot, byte) in iv.iter_mut().zip(key.iter()) {
            *slot = *byte;
        }
        let key: &[u8; 32] = &key;
        Ok(Self {
            token: Zeroizing::new(token.to_owned()),
            encryptor: Aes256Enc::new(key.into()),
            decryptor: Aes256Dec::new(key.into()),
            iv,
            owner: owner.to_owned(),
        })
    }

    /// The signature of a message: lower-case hex SHA-1 of token, `timestamp`,
    /// `nonce` and `encrypt`, sorted bytewise and joined with nothing between.
    pub fn sign(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        let signature = self.signature(timestamp, nonce, encrypt);
        signature.iter().copied().map(char::from).collect()
    }

    /// Verifies and decrypts one message; all arguments as received, with
    /// percent escapes decoded once.
    ///
    /// # Errors
    /// The first check that fails, in the order of [`EnvelopeError`]'s variants.
    /// Freshness and repeats are the caller's to check.
    pub fn open(&self, signature: &str, timestamp: &str, nonce: &str, encrypt: &str) -> Result<String, EnvelopeError> {
        let message = self.open_bytes(signature, timestamp, nonce, encrypt)?;
        String::from_utf8(message).map_err(|_| EnvelopeError::BadUtf8)
    }

    /// The same, for a message whose text may have been cut in the middle of a character.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for [`EnvelopeError::BadUtf8`].
    pub fn open_bytes(
        &self,
        signature: &str,
        timestamp: &str,
        nonce: &str,
        encrypt: &str,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let expected = self.signature(timestamp, nonce, encrypt);
        if !equal(&expected, signature.as_bytes()) {
            return Err(EnvelopeError::SignatureMismatch);
        }
        let mut buffer = STANDARD.decode(encrypt).map_err(|_| EnvelopeError::BadBase64)?;
        match blocks_mut(&mut buffer) {
            None | Some([]) => return Err(EnvelopeError::BadCiphertextLength),
            Some(blocks) => {
                cbc::Decryptor::inner_iv_init(&self.decryptor, self.iv()).decrypt_blocks(blocks);
            }
        }
        let framed = unpadded_len(&buffer, PAD_BLOCK).ok_or(EnvelopeError::BadPadding)?;
        buffer.truncate(framed);
        let (message, owner) = split(&buffer).ok_or(EnvelopeError::BadLayout)?;
        // Exact: a prefix, another letter case or an empty owner is another owner.
        if !equal(owner, self.owner.as_bytes()) {
            return Err(EnvelopeError::OwnerMismatch);
        }
        let end = HEAD + message.len();
        buffer.truncate(end);
        buffer.drain(..HEAD);
        Ok(buffer)
    }

    /// Encrypts and signs one message, of at most `u32::MAX` bytes as the
    /// layout has no room for a longer length. `random16` must be fresh
    /// randomness: it is all that makes two equal messages differ.
    pub fn seal(&self, plaintext: &str, timestamp: &str, nonce: &str, random16: [u8; 16]) -> Sealed {
        let length = u32::try_from(plaintext.len()).unwrap_or(u32::MAX);
        let framed = HEAD + plaintext.len() + self.owner.len();
        let mut buffer = Vec::with_capacity(framed + usize::from(PAD_BLOCK));
        buffer.extend_from_slice(&random16);
        buffer.extend_from_slice(&length.to_be_bytes());
        buffer.extend_from_slice(plaintext.as_bytes());
        buffer.extend_from_slice(self.owner.as_bytes());
        pad(&mut buffer, PAD_BLOCK);
        if let Some(blocks) = blocks_mut(&mut buffer) {
            cbc::Encryptor::inner_iv_init(&self.encryptor, self.iv()).encrypt_blocks(blocks);
        }
        let encrypt = STANDARD.encode(&buffer);
        let signature = self.sign(timestamp, nonce, &encrypt);
        Sealed { encrypt, signature }
    }

    fn iv(&self) -> &Block {
        let iv: &[u8; 16] = &self.iv;
        iv.into()
    }

    fn signature(&self, timestamp: &str, nonce: &str, encrypt: &str) -> [u8; 40] {
        let mut parts = [self.token.as_str(), timestamp, nonce, encrypt];
        parts.sort_unstable();
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part);
        }
        hex_array(hash.finalize().into())
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec")
            .field("token", &"[redacted]")
            .field("key", &"[redacted]")
            .field("owner", &self.owner)
            .finish()
    }
}

fn decode_key(text: &str) -> Result<Zeroizing<[u8; 32]>, EnvelopeError> {
    if text.len() != 43 {
        return Err(EnvelopeError::InvalidKey);
    }
    let bytes = KEY_BASE64.decode(text).map(Zeroizing::new).map_err(|_| EnvelopeError::InvalidKey)?;
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| EnvelopeError::InvalidKey)?;
    Ok(Zeroizing::new(key))
}

/// Message and owner of an unpadded buffer. The announced length is compared
/// with what is there and never added to, so no length can wrap.
fn split(buffer: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_random, rest) = buffer.split_first_chunk::<16>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
