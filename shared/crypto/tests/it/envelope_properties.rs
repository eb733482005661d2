//! Envelopes of arbitrary content.

use aes::Aes256Enc;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::{BlockModeEncrypt as _, InnerIvInit as _, KeyInit as _};
use proptest::prelude::*;
use tenon_crypto::envelope::{Codec, EnvelopeError, Sealed};

/// 43 times `A` is the base64 of 32 zero bytes.
const ZERO_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn codec(owner: &str) -> Codec {
    Codec::new("token", ZERO_KEY, owner).unwrap()
}

fn open(codec: &Codec, sealed: &Sealed) -> Result<String, EnvelopeError> {
    codec.open(&sealed.signature, "1717171717", "nonce", &sealed.encrypt)
}

/// Signs bytes nobody sealed, so that the checks behind the signature are met.
fn signed(codec: &Codec, ciphertext: &[u8]) -> Sealed {
    let encrypt = STANDARD.encode(ciphertext);
    let signature = codec.sign("1717171717", "nonce", &encrypt);
    Sealed { encrypt, signature }
}

/// Encrypts a whole frame as it stands, padding included.
fn encrypted(frame: &[u8]) -> Vec<u8> {
    let mut blocks: Vec<aes::Block> = frame.as_chunks::<16>().0.iter().map(|block| (*block).into()).collect();
    let cipher = Aes256Enc::new(&[0; 32].into());
    cbc::Encryptor::inner_iv_init(cipher, &[0; 16].into()).encrypt_blocks(&mut blocks);
    blocks.concat()
}

proptest! {
    #[test]
    fn what_was_sealed_opens(
        token in any::<String>(),
        key in "[A-Za-z0-9+/]{43}",
        owner in any::<String>(),
        plaintext in any::<String>(),
        timestamp in any::<String>(),
        nonce in any::<String>(),
        random16 in any::<[u8; 16]>(),
    ) {
        let codec = Codec::new(&token, &key, &owner).unwrap();
        let sealed = codec.seal(&plaintext, &timestamp, &nonce, random16);
        let opened = codec.open(&sealed.signature, &timestamp, &nonce, &sealed.encrypt);
        prop_assert_eq!(opened, Ok(plaintext));
    }

    #[test]
    fn arbitrary_arguments_are_refused(
        signature in any::<String>(),
        timestamp in any::<String>(),
        nonce in any::<String>(),
        encrypt in any::<String>(),
    ) {
        let opened = codec("owner").open(&signature, &timestamp, &nonce, &encrypt);
        prop_assert_eq!(opened, Err(EnvelopeError::SignatureMismatch));
    }

    #[test]
    fn arbitrary_keys_are_refused_or_taken(key in any::<String>()) {
        let well_formed = key.len() == 43
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/');
        prop_assert_eq!(Codec::new("token", &key, "owner").is_ok(), well_formed);
    }

    #[test]
    fn signed_garbage_is_refused_as_what_it_is(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let codec = codec("owner");
        let error = open(&codec, &signed(&codec, &bytes)).unwrap_err();
        let wrong_length = bytes.is_empty() || bytes.len() % 16 != 0;
        prop_assert_eq!(error == EnvelopeError::BadCiphertextLength, wrong_length);
        prop_assert_ne!(error, EnvelopeError::SignatureMismatch);
        prop_assert_ne!(error, EnvelopeError::BadBase64);
    }

    #[test]
    fn any_announced_length_but_the_true_one_is_refused(
        announced in prop_oneof![any::<u32>(), 0..64_u32],
        message in "[a-z]{0,40}",
    ) {
        let mut frame = vec![7; 16];
        frame.extend(announced.to_be_bytes());
        frame.extend(message.as_bytes());
        frame.extend(b"owner");
        let padding = 32 - frame.len() % 32;
        frame.extend(vec![u8::try_from(padding).unwrap(); padding]);

        let codec = codec("owner");
        let opened = open(&codec, &signed(&codec, &encrypted(&frame)));
        let announced = usize::try_from(announced).unwrap();
        let expected = if announced == message.len() {
            Ok(message)
        } else if announced > message.len() + "owner".len() {
            Err(EnvelopeError::BadLayout)
        } else {
            Err(EnvelopeError::OwnerMismatch)
        };
        prop_assert_eq!(opened, expected);
    }

    #[test]
    fn a_wrong_padding_byte_is_refused_wherever_it_is(
        (count, at) in (1..=32_usize).prop_flat_map(|count| (Just(count), 0..count)),
        wrong in any::<u8>(),
    ) {
        let right = u8::try_from(count).unwrap();
        prop_assume!(wrong != right && (at + 1 < count || wrong == 0 || wrong > 32));
        let mut frame = vec![0; 96 - count];
        frame[91 - count..].copy_from_slice(b"owner");
        frame[19] = u8::try_from(91 - count - 20).unwrap();
        frame.resize(96, right);
        let codec = codec("owner");
        let untouched = open(&codec, &signed(&codec, &encrypted(&frame)));
        prop_assert!(untouched.is_ok());

        frame[96 - count + at] = wrong;
        let opened = open(&codec, &signed(&codec, &encrypted(&frame)));
        prop_assert_eq!(opened, Err(EnvelopeError::BadPadding));
    }

    #[test]
    fn another_owner_is_refused(mine in any::<String>(), other in any::<String>()) {
        prop_assume!(mine != other);
        let sealed = codec(&other).seal("message", "1717171717", "nonce", [9; 16]);
        prop_assert_eq!(open(&codec(&mine), &sealed), Err(EnvelopeError::OwnerMismatch));
    }

    #[test]
    fn changing_any_character_is_refused(
        plaintext in any::<String>(),
        at in any::<prop::sample::Index>(),
        by in 1..128_u8,
        in_signature in any::<bool>(),
    ) {
        let codec = codec("owner");
        let mut sealed = codec.seal(&plaintext, "1717171717", "nonce", [9; 16]);
        let part = if in_signature { &mut sealed.signature } else { &mut sealed.encrypt };
        let mut bytes = std::mem::take(part).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        *part = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(open(&codec, &sealed), Err(EnvelopeError::SignatureMismatch));
    }
}
