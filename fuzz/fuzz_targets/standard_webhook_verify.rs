//! Standard Webhooks: the secret's text and every verified header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_crypto::webhook::standard::Secret;

fuzz_target!(|input: (&str, [&str; 3], &[u8])| {
    let (text, [id, timestamp, header], body) = input;
    if let Ok(secret) = Secret::parse(text) {
        assert_eq!(secret.reveal(), text);
    }

    let secret = Secret::from_bytes([7; 32]);
    let _ = secret.verify(id, timestamp, body, header);
    // A signature of our own among garbage must be found when the headers are sound.
    let listed = format!("{header} {}", secret.sign(id, "1717171717", body));
    let sound = !id.is_empty() && !id.contains('.');
    let verified = secret.verify(id, "1717171717", body, &listed);
    assert_eq!(verified.is_ok(), sound);
});
