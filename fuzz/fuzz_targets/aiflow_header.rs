//! The `A-Signature` header, as text and as the JSON inside its hex.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_crypto::aiflow::Header;
use tenon_crypto::digest::hex_lower;

fuzz_target!(|input: (&str, &[u8], &[u8])| {
    let (text, json, body) = input;
    for text in [text, &hex_lower(json)] {
        if let Ok(header) = Header::parse(text) {
            let _ = header.claim();
            let _ = header.verify("secret", body);
        }
    }
});
