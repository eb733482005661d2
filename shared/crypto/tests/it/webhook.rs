//! Both signature schemes of outgoing webhooks.

use proptest::prelude::*;
use tenon_crypto::webhook::standard::{Secret, StandardError};
use tenon_crypto::webhook::{sign, verify};

use crate::vectors::{list, load, text};

/// The example of the Standard Webhooks libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const TIMESTAMP: &str = "1614265330";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

#[test]
fn the_plain_scheme_equals_the_documented_receiver() {
    let root = load("signatures.json");
    for vector in list(&root, "/webhook") {
        let secret = text(vector, "callbackSecret");
        let timestamp = text(vector, "timestamp");
        let body = text(vector, "body").as_bytes();
        let expected = text(vector, "signature");
        assert_eq!(sign(secret, timestamp, body), expected);
        assert!(verify(secret, timestamp, body, expected));
        assert!(!verify(secret, timestamp, b"{}", expected));
        assert!(!verify("other", timestamp, body, expected));
    }
}

#[test]
fn the_standard_example_is_signed_and_verified() {
    let secret = Secret::parse(SECRET).unwrap();
    assert_eq!(secret.sign(ID, TIMESTAMP, BODY), SIGNATURE);
    assert_eq!(secret.verify(ID, TIMESTAMP, BODY, SIGNATURE), Ok(()));
}

#[test]
fn one_good_signature_among_several_is_enough() {
    let secret = Secret::parse(SECRET).unwrap();
    let other = Secret::from_bytes([7; 32]).sign(ID, TIMESTAMP, BODY);
    let header = format!("v1a,AAAA {other} {SIGNATURE}");
    assert_eq!(secret.verify(ID, TIMESTAMP, BODY, &header), Ok(()));

    let mismatch = Err(StandardError::SignatureMismatch);
    for header in [other.as_str(), "", " ", "v1,", "v2,x", &SIGNATURE[3..]] {
        assert_eq!(secret.verify(ID, TIMESTAMP, BODY, header), mismatch, "{header}");
    }
}

#[test]
fn id_timestamp_and_body_are_all_covered() {
    let secret = Secret::parse(SECRET).unwrap();
    let mismatch = Err(StandardError::SignatureMismatch);
    assert_eq!(secret.verify("msg_other", TIMESTAMP, BODY, SIGNATURE), mismatch);
    assert_eq!(secret.verify(ID, "1614265331", BODY, SIGNATURE), mismatch);
    assert_eq!(secret.verify(ID, TIMESTAMP, b"{}", SIGNATURE), mismatch);
}

#[test]
fn headers_that_could_move_a_boundary_are_refused() {
    let secret = Secret::parse(SECRET).unwrap();
    for (id, timestamp) in [("", "1"), ("a.1", "2"), ("a", ""), ("a", "1.2"), ("a", "-1")] {
        let signature = secret.sign(id, timestamp, BODY);
        assert_eq!(secret.verify(id, timestamp, BODY, &signature), Err(StandardError::InvalidHeaders));
    }
}

#[test]
fn secrets_are_read_strictly_and_shown_as_they_were() {
    for text in ["", "whsec_", "whsec_a", "WHSEC_AAAA", "AAAA", "whsec_AA-_"] {
        assert_eq!(Secret::parse(text).err(), Some(StandardError::InvalidSecret), "{text}");
    }
    assert_eq!(Secret::parse(SECRET).unwrap().reveal(), SECRET);
}

proptest! {
    #[test]
    fn any_changed_body_byte_is_refused(
        bytes in any::<[u8; 32]>(),
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let secret = Secret::parse(&Secret::from_bytes(bytes).reveal()).unwrap();
        let signature = secret.sign(ID, TIMESTAMP, &body);
        prop_assert_eq!(secret.verify(ID, TIMESTAMP, &body, &signature), Ok(()));
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= by;
        prop_assert!(secret.verify(ID, TIMESTAMP, &changed, &signature).is_err());
    }

    #[test]
    fn arbitrary_headers_are_refused(id in any::<String>(), time in any::<String>(), header in any::<String>()) {
        let secret = Secret::from_bytes([7; 32]);
        prop_assert!(secret.verify(&id, &time, BODY, &header).is_err());
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    for (why, word) in [
        (StandardError::InvalidSecret, "whsec_"),
        (StandardError::InvalidHeaders, "webhook-timestamp"),
        (StandardError::SignatureMismatch, "webhook-signature"),
    ] {
        assert!(why.to_string().contains(word), "{why}");
    }
}
