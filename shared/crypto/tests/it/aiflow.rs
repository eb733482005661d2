//! The `A-Signature` header.

use proptest::prelude::*;
use tenon_crypto::aiflow::{AiflowError, Header, sign};
use tenon_crypto::digest::hex_lower;

use crate::vectors::{list, load, text};

const BODY: &[u8] = br#"{"departments": []}"#;

fn header() -> String {
    sign("COMPANY001", "APP001", "your_app_secret", 1_700_000_000_000, BODY)
}

#[test]
fn headers_equal_those_of_the_vendors_sdk_and_verify() {
    let root = load("signatures.json");
    for vector in list(&root, "/aiflow") {
        let (code, app) = (text(vector, "enterpriseCode"), text(vector, "appId"));
        let secret = text(vector, "appSecret");
        let timestamp = vector["timestamp"].as_i64().unwrap();
        let body = text(vector, "body").as_bytes();
        let expected = text(vector, "header");
        assert_eq!(sign(code, app, secret, timestamp, body), expected);

        let header = Header::parse(expected).unwrap();
        assert_eq!(header.claim().enterprise_code, code);
        assert_eq!(header.claim().app_id, app);
        assert_eq!(header.claim().timestamp_ms, timestamp);
        assert_eq!(header.verify(secret, body), Ok(()));
    }
}

#[test]
fn lower_case_hex_and_spaced_json_are_read() {
    let lower = header().to_ascii_lowercase();
    let header = Header::parse(&lower).unwrap();
    assert_eq!(header.verify("your_app_secret", BODY), Ok(()));

    let spaced = br#"{ "cipher": "54b6fcc2d13b6e6d46ccde0f2a2e052d", "appId": "APP001",
        "enterpriseCode": "COMPANY001", "timestamp": 1700000000000 }"#;
    let header = Header::parse(&hex_lower(spaced)).unwrap();
    assert_eq!(header.verify("your_app_secret", BODY), Ok(()));
}

#[test]
fn the_wrong_secret_or_another_body_is_refused() {
    let header = Header::parse(&header()).unwrap();
    let mismatch = Err(AiflowError::SignatureMismatch);
    assert_eq!(header.verify("another_secret", BODY), mismatch);
    assert_eq!(header.verify("your_app_secret", br#"{"departments":[]}"#), mismatch);
}

#[test]
fn a_changed_claim_is_refused() {
    let json = br#"{"enterpriseCode":"COMPANY001","appId":"APP001","timestamp":1700000000001,"cipher":"54b6fcc2d13b6e6d46ccde0f2a2e052d"}"#;
    let header = Header::parse(&hex_lower(json)).unwrap();
    assert_eq!(header.verify("your_app_secret", BODY), Err(AiflowError::SignatureMismatch));
}

#[test]
fn malformed_headers_say_what_is_wrong() {
    for text in ["7", "7G", "zz", " 7B", "技术"] {
        assert_eq!(Header::parse(text).err(), Some(AiflowError::BadHex), "{text}");
    }
    let texts = [
        "",
        "{}",
        "[]",
        r#"{"enterpriseCode":"c","appId":"a","timestamp":"1700000000000","cipher":"d"}"#,
        r#"{"enterpriseCode":"c","appId":"a","timestamp":1.5,"cipher":"d"}"#,
        r#"{"enterpriseCode":"c","appId":"a","appId":"b","timestamp":1,"cipher":"d"}"#,
    ];
    for text in texts {
        let parsed = Header::parse(&hex_lower(text.as_bytes()));
        assert_eq!(parsed.err(), Some(AiflowError::BadClaim), "{text}");
    }
    let long = "7B".repeat(10_000);
    assert_eq!(Header::parse(&long).err(), Some(AiflowError::BadHex));
}

proptest! {
    #[test]
    fn what_was_signed_verifies(
        code in "[^\"\\\\\\x00-\\x1f]{0,20}",
        app in "[^\"\\\\\\x00-\\x1f]{0,20}",
        secret in any::<String>(),
        timestamp in any::<i64>(),
        body in any::<Vec<u8>>(),
    ) {
        let header = Header::parse(&sign(&code, &app, &secret, timestamp, &body)).unwrap();
        prop_assert_eq!(&header.claim().app_id, &app);
        prop_assert_eq!(header.verify(&secret, &body), Ok(()));
    }

    #[test]
    fn arbitrary_claims_do_not_verify(json in any::<String>(), body in any::<Vec<u8>>()) {
        if let Ok(header) = Header::parse(&hex_lower(json.as_bytes())) {
            prop_assert!(header.verify("secret", &body).is_err());
        }
    }

    #[test]
    fn arbitrary_headers_do_not_panic(text in any::<String>()) {
        prop_assert!(Header::parse(&text).is_err());
    }
}

#[test]
fn a_header_of_sixteen_kilobytes_is_read_and_a_longer_one_refused() {
    const MAX_BYTES: usize = 16 * 1024;
    let hex = header();
    let padded = |length: usize| format!("{hex}{}", "20".repeat((length - hex.len()) / 2));
    assert_eq!(padded(MAX_BYTES).len(), MAX_BYTES);
    assert_eq!(Header::parse(&padded(MAX_BYTES)).unwrap().verify("your_app_secret", BODY), Ok(()));
    assert_eq!(Header::parse(&padded(MAX_BYTES + 2)).unwrap_err(), AiflowError::BadHex);
}
