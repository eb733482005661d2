//! Weaver's credentials, opened with a private key as its server would.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenon_crypto::weaver::{WeaverError, cube_md5, encrypt_for_server};

use crate::vectors::{list, load, text};

fn key_pair() -> (Pkcs1PrivateDecryptingKey, String) {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let public: PublicKeyX509Der<'_> = private.public_key().as_der().unwrap();
    let spk = STANDARD.encode(public.as_ref());
    (Pkcs1PrivateDecryptingKey::new(private).unwrap(), spk)
}

fn decrypt(key: &Pkcs1PrivateDecryptingKey, text: &str) -> Vec<u8> {
    let mut buffer = vec![0; key.min_output_size()];
    let ciphertext = STANDARD.decode(text).unwrap();
    key.decrypt(&ciphertext, &mut buffer).unwrap().to_vec()
}

#[test]
fn the_server_reads_what_was_encrypted_for_it() {
    let (private, spk) = key_pair();
    let longest = [7; 245];
    let values: [&[u8]; 4] = [b"", b"1", "密钥-0001".as_bytes(), &longest];
    for value in values {
        let text = encrypt_for_server(&spk, value).unwrap();
        assert_eq!(decrypt(&private, &text), value);
    }
    assert_eq!(encrypt_for_server(&spk, &[7; 246]), Err(WeaverError::TooLong));

    // Padding is random, so one value never makes the same header twice.
    let (one, two) = (encrypt_for_server(&spk, b"42"), encrypt_for_server(&spk, b"42"));
    assert_ne!(one, two);

    let wrapped = format!("{}\r\n{}\n", &spk[..64], &spk[64..]);
    let text = encrypt_for_server(&wrapped, b"42").unwrap();
    assert_eq!(decrypt(&private, &text), b"42");
}

#[test]
fn anything_but_an_rsa_public_key_is_refused() {
    for spk in ["", "not base64!", "AAAA", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"] {
        assert_eq!(encrypt_for_server(spk, b"42"), Err(WeaverError::InvalidPublicKey), "{spk}");
    }
}

#[test]
fn cube_md5_equals_the_documented_header() {
    let root = load("signatures.json");
    for vector in list(&root, "/weaver_cube") {
        let md5 = cube_md5(text(vector, "systemid"), text(vector, "password"), text(vector, "currentDateTime"));
        assert_eq!(md5, text(vector, "Md5"));
    }
}

/// R-W12: the check value of the contract.
#[test]
fn cube_md5_joins_system_password_and_time() {
    assert_eq!(cube_md5("SAPB1", "Sap@b1oa", "20241120093000"), "ccdefda4c4db469411c31ddcd504582d");
}

#[test]
fn a_refusal_says_what_is_wrong() {
    for (why, word) in [
        (WeaverError::InvalidPublicKey, "spk"),
        (WeaverError::TooLong, "too long"),
        (WeaverError::Failed, "could not be encrypted"),
    ] {
        assert!(why.to_string().contains(word), "{why}");
    }
}
