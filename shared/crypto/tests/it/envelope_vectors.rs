//! DingTalk's and WeCom's envelopes: published, produced by other libraries,
//! and broken in every way a check exists for.

use serde_json::Value;
use tenon_crypto::digest::sha256_hex;
use tenon_crypto::envelope::{Codec, EnvelopeError};

use crate::vectors::{list, load, text};

const FILE: &str = "callback-envelopes.json";

fn owner(vector: &Value) -> &str {
    let name = if vector.get("ownerKey").is_some() { "ownerKey" } else { "receiveId" };
    text(vector, name)
}

fn codec(vector: &Value) -> Result<Codec, EnvelopeError> {
    let key = text(vector, "encodingAesKey");
    Codec::new(text(vector, "token"), key, owner(vector))
}

fn open(vector: &Value) -> Result<String, EnvelopeError> {
    codec(vector)?.open(
        text(vector, "signature"),
        text(vector, "timestamp"),
        text(vector, "nonce"),
        text(vector, "encrypt"),
    )
}

fn random16(vector: &Value) -> [u8; 16] {
    let bytes = match vector.get("random16Hex").and_then(Value::as_str) {
        Some(hex) => (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect(),
        None => text(vector, "random16").as_bytes().to_vec(),
    };
    bytes.try_into().expect("16 bytes")
}

fn each(pointer: &str, check: impl Fn(&str, &Value)) {
    let root = load(FILE);
    for vendor in ["dingtalk", "wecom"] {
        for vector in list(&root, &format!("/{vendor}/{pointer}")) {
            check(text(vector, "id"), vector);
        }
    }
}

fn opens_and_seals_to_the_same(id: &str, vector: &Value) {
    let plaintext = open(vector).unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(plaintext, text(vector, "plaintext"), "{id}");
    assert_eq!(sha256_hex(plaintext.as_bytes()), text(vector, "plaintextSha256"), "{id}");

    let sealed =
        codec(vector).unwrap().seal(&plaintext, text(vector, "timestamp"), text(vector, "nonce"), random16(vector));
    assert_eq!(sealed.encrypt, text(vector, "encrypt"), "{id}");
    assert_eq!(sealed.signature, text(vector, "signature"), "{id}");
}

#[test]
fn published_samples_open_and_seal_to_the_same() {
    each("published", opens_and_seals_to_the_same);
}

#[test]
fn other_libraries_envelopes_open_and_seal_to_the_same() {
    each("positive", opens_and_seals_to_the_same);
}

#[test]
fn broken_envelopes_fail_by_the_first_check_they_fail() {
    each("negative", |id, vector| {
        let error = open(vector).expect_err(id);
        assert_eq!(error.name(), text(vector, "expect"), "{id}");
    });
}

#[test]
fn padding_to_16_as_dingtalks_go_sample_does_is_read_but_not_written() {
    let root = load(FILE);
    for vector in list(&root, "/dingtalk/pad16Interop") {
        let id = text(vector, "id");
        assert_eq!(open(vector).unwrap(), text(vector, "plaintext"), "{id}");
    }
    let first = &list(&root, "/dingtalk/pad16Interop")[0];
    let sealed = codec(first).unwrap().seal("success", "1", "n", random16(first));
    // 47 framed bytes: 48 when padded to 16, 64 when padded to 32.
    assert_eq!(sealed.encrypt.len(), 88);
}

#[test]
fn a_moved_boundary_between_timestamp_and_nonce_still_verifies() {
    // Not a wish but the vendors' scheme: this is why repeats are recognised by
    // the ciphertext, and timestamps are held to a fixed number of digits.
    each("signatureAmbiguity", |id, vector| {
        let verifies = vector["signatureVerifies"].as_bool().unwrap();
        assert_eq!(open(vector).is_ok(), verifies, "{id}");
    });
}

#[test]
fn timestamp_and_nonce_can_change_places() {
    each("signatureAmbiguity", |id, vector| {
        let signature =
            codec(vector).unwrap().sign(text(vector, "nonce"), text(vector, "timestamp"), text(vector, "encrypt"));
        assert_eq!(signature, text(vector, "signature"), "{id}");
    });
}

#[test]
fn error_names_are_those_of_the_golden_file() {
    let in_order = [
        EnvelopeError::InvalidKey,
        EnvelopeError::SignatureMismatch,
        EnvelopeError::BadBase64,
        EnvelopeError::BadCiphertextLength,
        EnvelopeError::BadPadding,
        EnvelopeError::BadLayout,
        EnvelopeError::OwnerMismatch,
        EnvelopeError::BadUtf8,
    ];
    let root = load(FILE);
    let names: Vec<&str> = in_order.iter().map(|error| error.name()).collect();
    let listed: Vec<&str> = list(&root, "/errorNames").iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names, listed);
}
