//! What may be logged of the types that hold secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tenon_crypto::{aiflow, blacklake, envelope::Codec, secrets::MasterKey, webhook::standard};

#[test]
fn debug_shows_no_secret() {
    let codec = Codec::new("my-token", &"A".repeat(43), "ding-owner").unwrap();
    let shown = format!("{codec:?}");
    assert_eq!(shown, r#"Codec { token: "[redacted]", key: "[redacted]", owner: "ding-owner" }"#);

    let blacklake = format!("{:?}", blacklake::Secret::new("my-secret"));
    assert_eq!(blacklake, "Secret([redacted])");

    let key = MasterKey::from_base64(&STANDARD.encode([7; 32])).unwrap();
    assert_eq!(format!("{key:?}"), "MasterKey([redacted])");

    let webhook = standard::Secret::from_bytes([7; 32]);
    assert_eq!(format!("{webhook:?}"), "Secret([redacted])");

    let header = aiflow::Header::parse(&aiflow::sign("C", "A", "s", 1, b"")).unwrap();
    let shown = format!("{header:?}");
    assert!(shown.contains("enterprise_code: \"C\""), "{shown}");
    assert!(shown.contains("cipher: \"[redacted]\""), "{shown}");
}
