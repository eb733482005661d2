//! Secrets at rest, and proofs of records.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use tenon_crypto::secrets::{MasterKey, Purpose, SecretError};

const P: Purpose = Purpose::Connection;

/// The text with its last part changed.
fn with_body(text: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let (head, body) = text.rsplit_once('.').unwrap();
    format!("{head}.{}", STANDARD.encode(change(STANDARD.decode(body).unwrap())))
}

#[test]
fn the_forms_are_those_of_an_independent_implementation() {
    // Python: key = hmac(bytes(32), b"tenon data key 2/connection", sha256); AESGCM(key).encrypt(bytes(12), bytes(16),
    // b"place"); proof = hmac(key, b"record" + (5).to_bytes(8, "big") + b"place" + b"{}", sha256).
    let key = MasterKey::from_bytes([0; 32]);
    let sealed = key.seal(P, "place", [0; 12], &[0; 16]);
    assert_eq!(sealed, "v2.aac32ede.AAAAAAAAAAAAAAAAG9u9UauH1lLjpgw495lELUggORdUGb3EJrQNTYPyzXo=");
    assert_eq!(key.prove(P, "place", b"{}"), "p2.aac32ede.59DUsbMFXYcWR4E5mVKrMRqigbOggOwP+BTV1hU1K78=");
    assert_eq!(key.id(), "aac32ede");
}

#[test]
fn a_key_is_exactly_32_bytes_of_base64() {
    let text = STANDARD.encode([5; 32]);
    let sealed = MasterKey::from_base64(&text).unwrap().seal(P, "c", [1; 12], b"secret");
    let same = MasterKey::from_bytes([5; 32]);
    assert_eq!(same.open(P, "c", &sealed).as_deref(), Ok(&b"secret"[..]));
    assert!(MasterKey::from_base64(&format!(" {text}\n")).is_ok());

    let short = STANDARD.encode([5; 31]);
    let long = STANDARD.encode([5; 33]);
    for text in ["", "not base64!", &short, &long] {
        let refused = MasterKey::from_base64(text).err();
        assert_eq!(refused, Some(SecretError::InvalidKey), "{text}");
    }
}

#[test]
fn another_key_another_place_and_another_purpose_are_refused() {
    let key = MasterKey::from_bytes([1; 32]);
    let other = MasterKey::from_bytes([3; 32]);
    let sealed = key.seal(P, "a", [2; 12], b"secret");
    assert_eq!(key.open(P, "b", &sealed), Err(SecretError::Refused));
    assert_eq!(other.open(P, "a", &sealed), Err(SecretError::OtherKey));
    let proof = key.prove(P, "a", b"record");
    assert_eq!(key.check(P, "a", b"record", &proof), Ok(()));
    assert_eq!(key.check(P, "b", b"record", &proof), Err(SecretError::Refused));
    assert_eq!(key.check(P, "a", b"record.", &proof), Err(SecretError::Refused));
    assert_eq!(key.check(P, "ar", b"ecord", &proof), Err(SecretError::Refused));
    assert_eq!(other.check(P, "a", b"record", &proof), Err(SecretError::OtherKey));
    for purpose in Purpose::ALL.into_iter().filter(|p| *p != P) {
        assert_eq!(key.open(purpose, "a", &sealed), Err(SecretError::Refused), "{purpose:?}");
        assert_eq!(key.check(purpose, "a", b"record", &proof), Err(SecretError::Refused), "{purpose:?}");
    }
    // The id in a text chooses the key, and proves nothing.
    let renamed = sealed.replace(key.id(), other.id());
    assert_eq!(other.open(P, "a", &renamed), Err(SecretError::Refused));
}

#[test]
fn a_former_key_reads_and_makes_nothing_new() {
    let old = MasterKey::from_bytes([1; 32]);
    let new = MasterKey::from_bytes([2; 32]);
    let (sealed, proof) = (old.seal(P, "a", [2; 12], b"secret"), old.prove(P, "a", b"r"));
    let both = new.clone().reading(&old);
    assert_eq!(both.open(P, "a", &sealed).as_deref(), Ok(&b"secret"[..]));
    assert_eq!(both.check(P, "a", b"r", &proof), Ok(()));
    assert!(!both.is_current(&sealed) && !both.is_current(&proof) && !both.is_current("plain"));
    let (sealed, proof) = (both.seal(P, "a", [2; 12], b"secret"), both.prove(P, "a", b"r"));
    assert!(both.is_current(&sealed) && both.is_current(&proof));
    assert_eq!(new.open(P, "a", &sealed).as_deref(), Ok(&b"secret"[..]));
    assert_eq!(old.open(P, "a", &sealed), Err(SecretError::OtherKey));
    assert_eq!(new.check(P, "a", b"r", &proof), Ok(()));
}

#[test]
fn texts_of_no_known_version_are_named_as_such() {
    let key = MasterKey::from_bytes([1; 32]);
    let short = with_body(&key.seal(P, "c", [0; 12], b""), |b| b[..27].to_vec());
    for text in ["", "v1.AAAA", "v2.", "v2.AAAA", "v3.00000000.AAAA", "plain", "v2.00000000.@@@@", &short] {
        assert_eq!(key.open(P, "c", text), Err(SecretError::BadFormat), "{text}");
    }
    let sealed = key.seal(P, "c", [0; 12], b"r");
    for text in ["", "p2.", "p2.AAAA", "p2.00000000.@@@@", &sealed] {
        assert_eq!(key.check(P, "c", b"r", text), Err(SecretError::BadFormat), "{text}");
    }
    // A proof is compared whole.
    for length in [0, 31] {
        let cut = with_body(&key.prove(P, "c", b"r"), |b| b[..length].to_vec());
        assert_eq!(key.check(P, "c", b"r", &cut), Err(SecretError::Refused));
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
        let sealed = key.seal(P, &context, nonce, &plaintext);
        prop_assert_eq!(key.open(P, &context, &sealed), Ok(plaintext.clone()));
        let proof = key.prove(P, &context, &plaintext);
        prop_assert_eq!(key.check(P, &context, &plaintext, &proof), Ok(()));
    }

    #[test]
    fn changing_any_byte_is_refused(
        plaintext in any::<Vec<u8>>(),
        at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let key = MasterKey::from_bytes([1; 32]);
        let change = |mut bytes: Vec<u8>| {
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            bytes
        };
        let sealed = with_body(&key.seal(P, "c", [2; 12], &plaintext), change);
        prop_assert_eq!(key.open(P, "c", &sealed), Err(SecretError::Refused));
        let proof = with_body(&key.prove(P, "c", &plaintext), change);
        prop_assert_eq!(key.check(P, "c", &plaintext, &proof), Err(SecretError::Refused));
    }

    #[test]
    fn arbitrary_texts_are_refused(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let key = MasterKey::from_bytes([1; 32]);
        prop_assert!(key.open(P, "c", &text).is_err());
        prop_assert!(key.check(P, "c", &bytes, &text).is_err());
        let garbage = format!("v2.{}.{}", key.id(), STANDARD.encode(bytes));
        prop_assert!(key.open(P, "c", &garbage).is_err());
    }
}

#[test]
fn a_key_knows_what_it_and_its_former_ones_made_and_nothing_else() {
    let [one, other, third] = [[1; 32], [2; 32], [3; 32]].map(MasterKey::from_bytes);
    let both = one.clone().reading(&other);
    for (maker, known) in [(&one, true), (&other, true), (&third, false)] {
        for text in [maker.seal(P, "place", [9; 12], b"x"), maker.prove(P, "place", b"x")] {
            assert_eq!(both.knows(&text), known, "{text}");
        }
    }
    assert!(!both.knows("") && !both.knows("v2.") && !both.knows("v2..AAAA"));
    assert!(one.is_current(&one.seal(P, "place", [9; 12], b"x")));
}

#[test]
fn a_key_sealed_under_another_is_that_key_for_whoever_has_the_other() {
    let (former, next) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
    let made = former.seal(P, "place", [3; 12], b"the password");
    let sealed = former.sealed_under(&next, Purpose::Ring, "keys/1", [4; 12]);
    assert_eq!(former.open(Purpose::Ring, "keys/1", &sealed), Err(SecretError::OtherKey), "not by itself");
    assert_eq!(next.open(Purpose::Ring, "keys/2", &sealed), Err(SecretError::Refused), "not at another place");
    let bytes = next.open(Purpose::Ring, "keys/1", &sealed).unwrap();
    let again = MasterKey::from_bytes(<[u8; 32]>::try_from(bytes.as_slice()).unwrap());
    assert_eq!((again.id(), again.open(P, "place", &made)), (former.id(), Ok(b"the password".to_vec())));
}

#[test]
fn each_refusal_is_told_in_words_of_its_own() {
    let all = [SecretError::InvalidKey, SecretError::BadFormat, SecretError::OtherKey, SecretError::Refused];
    let words: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), all.len());
    assert!(words.contains("this is not the master key it was sealed with"));
}
