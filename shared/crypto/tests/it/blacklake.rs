//! Black Lake's callback body.

use proptest::prelude::*;
use tenon_crypto::blacklake::Secret;
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
