//! DingTalk and WeCom envelopes: the key, all four arguments, and the checks
//! behind a valid signature.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tenon_crypto::envelope::Codec;

type Input<'a> = (&'a str, &'a str, [&'a str; 4], &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (key, owner, [signature, timestamp, nonce, encrypt], ciphertext) = input;
    let _ = Codec::new("token", key, owner);

    let fixed = "A".repeat(43);
    let codec = Codec::new("token", &fixed, owner).expect("a well-formed key");
    let _ = codec.open(signature, timestamp, nonce, encrypt);

    // Past the signature, which random input would never get right.
    for text in [encrypt, &STANDARD.encode(ciphertext)] {
        let signature = codec.sign(timestamp, nonce, text);
        let _ = codec.open(&signature, timestamp, nonce, text);
    }

    let sealed = codec.seal(encrypt, timestamp, nonce, [7; 16]);
    let opened = codec.open(&sealed.signature, timestamp, nonce, &sealed.encrypt);
    assert_eq!(opened.as_deref(), Ok(encrypt));
});
