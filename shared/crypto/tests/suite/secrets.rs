//! Secrets at rest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tenon_crypto::secrets::{MasterKey, SecretError};

#[test]
fn the_form_is_aes_256_gcm_with_the_nonce_before_and_the_tag_behind() {
    // Test case 14 of the GCM specification: all zero, no additional data.
    let key = MasterKey::from_bytes([0; 32]);
    let sealed = key.seal("", [0; 12], &[0; 16]);
    let bytes = STANDARD.decode(sealed.strip_prefix("v1.").unwrap()).unwrap();
    let hex = tenon_crypto::digest::hex_lower(&bytes);
    let expected = "000000000000000000000000\
                    cea7403d4d606b6e074ec5d3baf39d18\
                    d0d1c8a799996bf0265b98b5d48ab919";
    assert_eq!(hex, expected);
}

#[test]
fn a_key_is_exactly_32_bytes_of_base64() {
    let text = STANDARD.encode([5; 32]);
    let sealed = MasterKey::from_base64(&text).unwrap().seal("c", [1; 12], b"secret");
    let same = MasterKey::from_bytes([5; 32]);
    assert_eq!(same.open("c", &sealed).as_deref(), Ok(&b"secret"[..]));
    assert!(MasterKey::from_base64(&format!(" {text}\n")).is_ok());

    let short = STANDARD.encode([5; 31]);
    let long = STANDARD.encode([5; 33]);
    for text in ["", "not base64!", &short, &long] {
        let refused = MasterKey::from_base64(text).err();
        assert_eq!(refused, Some(SecretError::InvalidKey), "{text}");
    }
}

#[test]
fn another_key_and_another_place_are_refused() {
    let key = MasterKey::from_bytes([1; 32]);
    let sealed = key.seal("connection/a/password", [2; 12], b"secret");
    let refused = Err(SecretError::Refused);
    assert_eq!(key.open("connection/b/password", &sealed), refused);
    let other = MasterKey::from_bytes([3; 32]);
    assert_eq!(other.open("connection/a/password", &sealed), refused);
}

#[test]
fn texts_of_no_known_version_are_named_as_such() {
    let key = MasterKey::from_bytes([1; 32]);
    let short = format!("v1.{}", STANDARD.encode([0; 27]));
    for text in ["", "v1.", "v2.AAAA", "plain", "v1.@@@@", &short] {
        assert_eq!(key.open("c", text), Err(SecretError::BadFormat), "{text}");
    }
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        key in any::<[u8; 32]>(),
        context in any::<String>(),
        nonce in any::<[u8; 12]>(),
        plaintext in any::<Vec<u8>>(),
    ) {
        let key = MasterKey::from_bytes(key);
        let sealed = key.seal(&context, nonce, &plaintext);
        prop_assert_eq!(key.open(&context, &sealed), Ok(plaintext));
    }

    #[test]
    fn changing_any_byte_is_refused(
        plaintext in any::<Vec<u8>>(),
        at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let key = MasterKey::from_bytes([1; 32]);
        let sealed = key.seal("c", [2; 12], &plaintext);
        let mut bytes = STANDARD.decode(&sealed[3..]).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        let changed = format!("v1.{}", STANDARD.encode(bytes));
        prop_assert_eq!(key.open("c", &changed), Err(SecretError::Refused));
    }

    #[test]
    fn arbitrary_texts_are_refused(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let key = MasterKey::from_bytes([1; 32]);
        prop_assert!(key.open("c", &text).is_err());
        let garbage = format!("v1.{}", STANDARD.encode(bytes));
        prop_assert!(key.open("c", &garbage).is_err());
    }
}
