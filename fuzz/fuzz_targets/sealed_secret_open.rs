//! Sealed secrets: the master key's text, the sealed text, and what is in it.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use tenon_crypto::secrets::MasterKey;

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (context, text, bytes) = input;
    let _ = MasterKey::from_base64(text);

    let key = MasterKey::from_bytes([7; 32]);
    let _ = key.open(context, text);
    let _ = key.open(context, &format!("v1.{}", STANDARD.encode(bytes)));

    let sealed = key.seal(context, [9; 12], bytes);
    assert_eq!(key.open(context, &sealed).as_deref(), Ok(bytes));
});
