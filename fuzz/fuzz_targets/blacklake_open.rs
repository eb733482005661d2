//! Black Lake's callback body, as text and as ciphertext.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tenon_crypto::blacklake::Secret;

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (secret, text, ciphertext) = input;
    let secret = Secret::new(secret);
    let _ = secret.open(text);
    let _ = secret.open(&STANDARD.encode(ciphertext));
    assert_eq!(secret.open(&secret.seal(text)).as_deref(), Ok(text));
});
