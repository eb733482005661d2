//! Black Lake's callback body.

use proptest::prelude::*;
use tenon_crypto::blacklake::{Cipher, KeyForm, Secret};
use tenon_crypto::envelope::EnvelopeError;

use crate::vectors::{list, load, text};

#[test]
fn the_vendors_sdk_and_this_open_and_seal_the_same() {
    let root = load("callback-envelopes.json");
    for vector in list(&root, "/blacklake/positive") {
        let id = text(vector, "id");
        let secret = Secret::new(text(vector, "secret"));
        let plaintext = text(vector, "plaintext");
        let encrypt = text(vector, "encrypt");
        assert_eq!(secret.open(encrypt).as_deref(), Ok(plaintext), "{id}");
        assert_eq!(secret.seal(plaintext), encrypt, "{id}");
    }
}

#[test]
fn broken_bodies_fail_by_name() {
    let root = load("callback-envelopes.json");
    for vector in list(&root, "/blacklake/negative") {
        let id = text(vector, "id");
        let secret = Secret::new(text(vector, "secret"));
        let error = secret.open(text(vector, "encrypt")).expect_err(id);
        assert_eq!(error.name(), text(vector, "expect"), "{id}");
    }
}

#[test]
fn line_breaks_and_the_url_safe_alphabet_are_refused() {
    let secret = Secret::new("secret");
    let sealed = secret.seal("message");
    let broken = format!("{sealed}\n");
    assert_eq!(secret.open(&broken), Err(EnvelopeError::BadBase64));
    assert_eq!(secret.open("-_-_"), Err(EnvelopeError::BadBase64));
}

proptest! {
    #[test]
    fn what_was_sealed_opens(secret in any::<String>(), plaintext in any::<String>()) {
        let secret = Secret::new(&secret);
        prop_assert_eq!(secret.open(&secret.seal(&plaintext)), Ok(plaintext));
    }

    #[test]
    fn arbitrary_texts_do_not_panic(text in any::<String>()) {
        let opened = Secret::new("secret").open(&text);
        prop_assert!(opened.is_err());
    }

    #[test]
    fn a_cut_anywhere_is_refused(plaintext in "[a-z]{0,80}", cut in any::<prop::sample::Index>()) {
        let secret = Secret::new("secret");
        let sealed = secret.seal(&plaintext);
        prop_assert!(secret.open(&sealed[..cut.index(sealed.len())]).is_err());
    }
}

#[test]
fn a_site_may_be_set_to_another_cipher_and_key() {
    let own = "0123456789abcdef0123456789abcdef";
    let encoded = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    for (text, form) in [("回调", KeyForm::Sha256), (own, KeyForm::RawUtf8), (encoded, KeyForm::Base64)] {
        for cipher in [Cipher::Ecb, Cipher::CbcIvPrefix] {
            let secret = Secret::with(text, cipher, form).unwrap();
            for plaintext in ["", "{\"data\":\"3f1c\"}", "aaaaaaaaaaaaaaaa"] {
                let sealed = secret.seal_with(plaintext, [7; 16]);
                assert_eq!(secret.open(&sealed).as_deref(), Ok(plaintext), "{form:?} {cipher:?}");
            }
            // The other cipher does not open it, whichever is the other.
            let other = if cipher == Cipher::Ecb { Cipher::CbcIvPrefix } else { Cipher::Ecb };
            let sealed = secret.seal_with("{\"header\":{\"eventType\":\"check\"}}", [7; 16]);
            let opened = Secret::with(text, other, form).unwrap().open(&sealed);
            assert_ne!(opened.as_deref(), Ok("{\"header\":{\"eventType\":\"check\"}}"));
        }
    }
    assert_eq!(
        Secret::with(own, Cipher::Ecb, KeyForm::RawUtf8).unwrap().seal("x"),
        Secret::with(encoded, Cipher::Ecb, KeyForm::Base64).unwrap().seal("x"),
    );
}

#[test]
fn the_vector_comes_first_and_the_blocks_are_chained() {
    // Of `openssl enc -aes-256-cbc` with the SHA-256 of "test key" and a vector of sixteen 07.
    let secret = Secret::with("test key", Cipher::CbcIvPrefix, KeyForm::Sha256).unwrap();
    let sealed = secret.seal_with("hello world", [7; 16]);
    assert_eq!(sealed, "BwcHBwcHBwcHBwcHBwcHBxNjLdtVabrSPf2VXPEnR0A=");
    assert_eq!(secret.open(&sealed).as_deref(), Ok("hello world"));
}

#[test]
fn a_key_of_another_form_is_refused() {
    for (secret, form) in
        [("short", KeyForm::RawUtf8), ("short", KeyForm::Base64), ("c2hvcnQ=", KeyForm::Base64), ("", KeyForm::RawUtf8)]
    {
        let refused = Secret::with(secret, Cipher::Ecb, form).expect_err(secret);
        assert_eq!(refused, EnvelopeError::InvalidKey);
    }
    let chained = Secret::with("s", Cipher::CbcIvPrefix, KeyForm::Sha256).unwrap();
    // A vector alone is no message.
    assert_eq!(chained.open("BwcHBwcHBwcHBwcHBwcHBw=="), Err(EnvelopeError::BadCiphertextLength));
}
