//! SHA-256 in the text forms the rest of the product stores, and the
//! constant-time compare every secret-dependent check goes through.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of `bytes` as 64 lower-case hex characters.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex_lower(&Sha256::digest(bytes))
}

/// The first `chars` characters of the unpadded URL-safe base64 of the SHA-256
/// of `bytes`; each character carries six bits, and 43 is all of it.
pub fn sha256_base64url_short(bytes: &[u8], chars: usize) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
    text.truncate(chars);
    text
}

/// Whether `a` and `b` are the same bytes, in time that depends on their
/// lengths alone. Different lengths are unequal at once: no length compared
/// here is secret.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// `bytes` as lower-case hex, two characters a byte.
pub fn hex_lower(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let [high, low] = hex_pair(*byte);
        text.push(char::from(high));
        text.push(char::from(low));
    }
    text
}

/// Lower-case hex of a digest of known size, without allocating. `OUT` must be
/// twice `IN`, which the compiler checks.
pub(crate) fn hex_array<const IN: usize, const OUT: usize>(bytes: [u8; IN]) -> [u8; OUT] {
    const { assert!(OUT == IN * 2) };
    let mut text = [0; OUT];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = hex_pair(byte);
    }
    text
}

/// Lower-case hex MD5 of the concatenation of `parts`. Only for schemes whose
/// vendor fixed MD5.
pub(crate) fn md5_hex(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Md5::new();
    for part in parts {
        hash.update(part);
    }
    hex_array(hash.finalize().into())
}

const fn hex_pair(byte: u8) -> [u8; 2] {
    [hex_digit(byte >> 4), hex_digit(byte & 0x0f)]
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_of_a_published_vector() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), expected);
        assert_eq!(hex_lower(&sha256(b"abc")), expected);
    }

    #[test]
    fn short_form_is_a_prefix_and_never_longer_than_the_hash() {
        let whole = sha256_base64url_short(b"abc", 1000);
        assert_eq!(whole, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_eq!(sha256_base64url_short(b"abc", 12), whole[..12]);
        assert_eq!(sha256_base64url_short(b"abc", 0), "");
    }

    #[test]
    fn hex_covers_every_nibble() {
        assert_eq!(hex_lower(&[0x01, 0x9a, 0xff, 0xe0]), "019affe0");
        assert_eq!(hex_lower(&[]), "");
    }

    #[test]
    fn equal_compares_whole_slices() {
        assert!(equal(b"", b""));
        assert!(equal(b"same", b"same"));
        assert!(!equal(b"same", b"samE"));
        assert!(!equal(b"same", b"same "));
    }
}
