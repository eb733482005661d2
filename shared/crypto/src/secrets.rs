//! Secrets at rest, and records nobody else can have written: one master key.
//!
//! From the master key one data key per [`Purpose`] is derived, so that what was made for one purpose is
//! nothing for another. Each text names the key it was made under (`v2.KEYID.…`), so that a text of another
//! master key is told from one that was changed, and a former key can go on reading while texts are renewed.
//!
//! A sealed text is AES-256-GCM: `v2.`, the key's id, `.` and the standard base64 of nonce (12 bytes),
//! ciphertext and tag (16 bytes). A proof is HMAC-SHA256: `p2.`, the key's id, `.` and the standard base64 of
//! the tag. The context names the place a secret or record belongs to; it is authenticated and not stored, so
//! what is moved to another place does not open there.

use std::fmt;

use crate::digest::hex_lower;
use crate::mac::hmac_sha256;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const SEALED: &str = "v2.";
const PROOF: &str = "p2.";
const NONCE: usize = 12;

/// What a data key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Secrets of connections.
    Connection,
    /// Sessions and tokens that vendors gave.
    Session,
    /// Secrets of tenants' apps and endpoints.
    App,
    /// Cursors given out to callers.
    Cursor,
    /// What vendors said and is kept for a person.
    Kept,
    /// Proofs of who may call: tokens, callers with an app code, apps.
    Access,
    /// Other keys.
    Ring,
    /// Answers that are kept for a repetition of their call.
    Answer,
    /// People's sign-ins: their sessions, and what a sign-in under way has to keep.
    Login,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 9] = [
        Self::Connection,
        Self::Session,
        Self::App,
        Self::Cursor,
        Self::Kept,
        Self::Access,
        Self::Ring,
        Self::Answer,
        Self::Login,
    ];

    /// Part of the derivation: a changed word is another key.
    const fn word(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Session => "session",
            Self::App => "app",
            Self::Cursor => "cursor",
            Self::Kept => "kept",
            Self::Access => "access",
            Self::Ring => "ring",
            Self::Answer => "answer",
            Self::Login => "login",
        }
    }
}

/// Why a master key or a stored text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretError {
    /// The master key is not standard base64 of exactly 32 bytes.
    InvalidKey,
    /// The text does not begin with a known version, is not base64 or is too short.
    BadFormat,
    /// It was made under a master key that is not among ours.
    OtherKey,
    /// It was made for another context or purpose, or was changed.
    Refused,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidKey => "the master key must be standard base64 of exactly 32 bytes",
            Self::BadFormat => "it is no sealed text of a known version",
            Self::OtherKey => "this is not the master key it was sealed with",
            Self::Refused => "it was sealed for another place or purpose, or was changed",
        })
    }
}

impl std::error::Error for SecretError {}

/// One master key's id and data keys.
#[derive(Clone)]
struct Keys {
    id: String,
    /// What the rest is derived from.
    root: Zeroizing<[u8; 32]>,
    data: [Zeroizing<[u8; 32]>; Purpose::ALL.len()],
}

impl Keys {
    fn derive(master: &[u8; 32]) -> Self {
        let data =
            Purpose::ALL.map(|p| Zeroizing::new(hmac_sha256(master, &[b"tenon data key 2/", p.word().as_bytes()])));
        let id = hmac_sha256(master, &[b"tenon key id"]);
        Self { id: hex_lower(id.first_chunk::<4>().unwrap_or(&[0; 4])), root: Zeroizing::new(*master), data }
    }

    fn data(&self, purpose: Purpose) -> &[u8; 32] {
        let [connection, session, app, cursor, kept, access, ring, answer, login] = &self.data;
        match purpose {
            Purpose::Connection => connection,
            Purpose::Session => session,
            Purpose::App => app,
            Purpose::Cursor => cursor,
            Purpose::Kept => kept,
            Purpose::Access => access,
            Purpose::Ring => ring,
            Purpose::Answer => answer,
            Purpose::Login => login,
        }
    }

    fn cipher(&self, purpose: Purpose) -> Result<LessSafeKey, Unspecified> {
        UnboundKey::new(&AES_256_GCM, self.data(purpose)).map(LessSafeKey::new)
    }

    fn token_key(&self, purpose: Purpose, kind: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(hmac_sha256(self.data(purpose), &[b"token key/", kind.as_bytes()]))
    }

    fn tag(&self, purpose: Purpose, context: &str, record: &[u8]) -> [u8; 32] {
        // The length keeps context and record apart.
        let length = (context.len() as u64).to_be_bytes();
        hmac_sha256(self.data(purpose), &[b"record", &length, context.as_bytes(), record])
    }
}

/// The key all stored secrets are sealed under, and former ones that still read.
#[derive(Clone)]
pub struct MasterKey {
    current: Keys,
    former: Vec<Keys>,
}

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
        let bytes = Zeroizing::new(bytes);
        Self { current: Keys::derive(&bytes), former: Vec::new() }
    }

    /// Lets what was made under a former key be read too. Nothing new is made under it.
    #[must_use]
    pub fn reading(mut self, former: &Self) -> Self {
        self.former.push(former.current.clone());
        self
    }

    /// Names the key, and tells nothing of it.
    pub fn id(&self) -> &str {
        &self.current.id
    }

    /// Whether a sealed text or a proof was made under the current key.
    pub fn is_current(&self, text: &str) -> bool {
        key_id(text) == Some(&self.current.id)
    }

    /// Whether a sealed text or a proof names a key that is among ours.
    pub fn knows(&self, text: &str) -> bool {
        let named = key_id(text);
        std::iter::once(&self.current).chain(&self.former).any(|keys| named == Some(keys.id.as_str()))
    }

    /// Seals `plaintext` for the place `context` names. `nonce12` must be fresh
    /// randomness for every call: a nonce used twice under one key breaks GCM.
    ///
    /// GCM ends at 64 GiB; a text beyond that, or one the library refuses, gives
    /// an empty body, which never opens.
    pub fn seal(&self, purpose: Purpose, context: &str, nonce12: [u8; NONCE], plaintext: &[u8]) -> String {
        let sealed = encrypt(&self.current, purpose, context, nonce12, plaintext);
        format!("{SEALED}{}.{}", self.current.id, STANDARD.encode(sealed.unwrap_or_default()))
    }

    /// The current key itself, sealed under another: whoever has that one goes on reading what this one made.
    pub fn sealed_under(&self, other: &Self, purpose: Purpose, context: &str, nonce12: [u8; NONCE]) -> String {
        other.seal(purpose, context, nonce12, self.current.root.as_slice())
    }

    /// Opens a text that [`MasterKey::seal`] made for the same purpose and `context`.
    ///
    /// # Errors
    /// [`SecretError::BadFormat`], [`SecretError::OtherKey`] or [`SecretError::Refused`]; none says
    /// anything about the plaintext.
    pub fn open(&self, purpose: Purpose, context: &str, sealed: &str) -> Result<Vec<u8>, SecretError> {
        let (keys, mut bytes) = self.made_under(SEALED, sealed)?;
        let (nonce, body) = bytes.split_first_chunk_mut::<NONCE>().ok_or(SecretError::BadFormat)?;
        if body.len() < AES_256_GCM.tag_len() {
            return Err(SecretError::BadFormat);
        }
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let key = keys.cipher(purpose).map_err(|_| SecretError::Refused)?;
        key.open_in_place(nonce, Aad::from(context), body)
            .map(|plaintext| plaintext.to_vec())
            .map_err(|_| SecretError::Refused)
    }

    /// A proof that the holder of this key wrote `record` at the place `context` names.
    pub fn prove(&self, purpose: Purpose, context: &str, record: &[u8]) -> String {
        format!("{PROOF}{}.{}", self.current.id, STANDARD.encode(self.current.tag(purpose, context, record)))
    }

    /// Checks a proof in constant time.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn check(&self, purpose: Purpose, context: &str, record: &[u8], proof: &str) -> Result<(), SecretError> {
        let (keys, tag) = self.made_under(PROOF, proof)?;
        if crate::digest::equal(&tag, &keys.tag(purpose, context, record)) { Ok(()) } else { Err(SecretError::Refused) }
    }

    /// A key of 32 bytes for tokens of one kind that a library signs, and the id by which it is found again
    /// ([`verifying`](Self::verifying)).
    pub fn signing(&self, purpose: Purpose, kind: &str) -> (&str, Zeroizing<[u8; 32]>) {
        (&self.current.id, self.current.token_key(purpose, kind))
    }

    /// The key that [`signing`](Self::signing) gave under this id; none when it is not among ours.
    pub fn verifying(&self, id: &str, purpose: Purpose, kind: &str) -> Option<Zeroizing<[u8; 32]>> {
        let keys = std::iter::once(&self.current).chain(&self.former).find(|keys| keys.id == id)?;
        Some(keys.token_key(purpose, kind))
    }

    fn made_under(&self, version: &str, text: &str) -> Result<(&Keys, Vec<u8>), SecretError> {
        let rest = text.strip_prefix(version).ok_or(SecretError::BadFormat)?;
        let (id, body) = rest.split_once('.').ok_or(SecretError::BadFormat)?;
        let bytes = STANDARD.decode(body).map_err(|_| SecretError::BadFormat)?;
        let all = std::iter::once(&self.current).chain(&self.former);
        let keys = all.into_iter().find(|k| k.id == id).ok_or(SecretError::OtherKey)?;
        Ok((keys, bytes))
    }
}

/// The id of the key that a sealed text or a proof names.
pub fn key_id(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(SEALED).or_else(|| text.strip_prefix(PROOF))?;
    rest.split_once('.').map(|(id, _)| id)
}

fn encrypt(
    keys: &Keys,
    purpose: Purpose,
    context: &str,
    nonce12: [u8; NONCE],
    plaintext: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    let size = NONCE + plaintext.len() + AES_256_GCM.tag_len();
    // Sized at once, so that no copy of the plaintext is left behind by growth.
    let mut body = Zeroizing::new(Vec::with_capacity(size));
    body.extend_from_slice(plaintext);
    let nonce = Nonce::assume_unique_for_key(nonce12);
    let tag = keys.cipher(purpose)?.seal_in_place_separate_tag(nonce, Aad::from(context), &mut body)?;
    let mut sealed = Vec::with_capacity(size);
    sealed.extend_from_slice(&nonce12);
    sealed.extend_from_slice(&body);
    sealed.extend_from_slice(tag.as_ref());
    Ok(sealed)
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}
