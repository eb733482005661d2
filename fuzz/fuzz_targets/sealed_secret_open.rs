//! Sealed secrets and proofs: the master key's text, the stored text, and what is in it.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tenon_crypto::secrets::{MasterKey, Purpose};

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (context, text, bytes) = input;
    let _ = MasterKey::from_base64(text);

    let key = MasterKey::from_bytes([7; 32]);
    let body = format!("{}.{}", key.id(), STANDARD.encode(bytes));
    for stored in [text.to_owned(), format!("v2.{body}"), format!("p2.{body}")] {
        let _ = key.open(Purpose::Connection, context, &stored);
        let _ = key.check(Purpose::Access, context, bytes, &stored);
        let _ = key.is_current(&stored);
    }

    let sealed = key.seal(Purpose::Connection, context, [9; 12], bytes);
    assert_eq!(key.open(Purpose::Connection, context, &sealed).as_deref(), Ok(bytes));
    assert!(key.open(Purpose::App, context, &sealed).is_err());
    let proof = key.prove(Purpose::Access, context, bytes);
    assert!(key.check(Purpose::Access, context, bytes, &proof).is_ok());
});
