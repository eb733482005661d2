//! Both signature schemes of the open API.

use proptest::prelude::*;
use tenon_crypto::openapi::{RequestV2, sign_v1, sign_v2, verify_v1, verify_v2};

use crate::vectors::{list, load, text};

const REQUEST: RequestV2<'static> = RequestV2 {
    method: "post",
    path: "/openapi/v1/orders/create",
    query: "page=2&&b=%E7%BA%A2&a=1",
    body: br#"{"styleNo":"FZ2024001","quantity":500}"#,
    timestamp: "1707638400000",
    nonce: "n-0001",
    app_key: "os_a1b2c3d4e5f6",
};

#[test]
fn scheme_1_equals_the_published_clients() {
    let root = load("signatures.json");
    for vector in list(&root, "/openapi") {
        let (secret, key) = (text(vector, "appSecret"), text(vector, "appKey"));
        let timestamp = text(vector, "timestamp");
        let body = text(vector, "body").as_bytes();
        let expected = text(vector, "signature");
        assert_eq!(sign_v1(secret, key, timestamp, body), expected);
        assert!(verify_v1(secret, key, timestamp, body, expected));

        let upper = expected.to_ascii_uppercase();
        assert!(!verify_v1(secret, key, timestamp, body, &upper));
        assert!(!verify_v1(secret, key, timestamp, body, ""));
        assert!(!verify_v1("other", key, timestamp, body, expected));
        assert!(!verify_v1(secret, key, "1707638400001", body, expected));
    }
}

#[test]
fn scheme_2_signs_seven_lines() {
    assert_eq!(
        REQUEST.canonical(),
        "POST\n\
         /openapi/v1/orders/create\n\
         a=1&b=%E7%BA%A2&page=2\n\
         5ed43ea55e1da6c08381043ddbaa4d912eba90d5b4dfd1d8e1f27a6f6f6724f3\n\
         1707638400000\n\
         n-0001\n\
         os_a1b2c3d4e5f6"
    );
    // Computed with Python's hmac over the text above.
    let expected = "17545a636305c15a97d577b9075c785f26f84ded0cf8be054a71b962c53f4367";
    assert_eq!(sign_v2("s3cr3t-0123456789abcdef", &REQUEST), expected);
    assert!(verify_v2("s3cr3t-0123456789abcdef", &REQUEST, expected));
}

#[test]
fn scheme_2_covers_every_field() {
    let signature = sign_v2("secret", &REQUEST);
    let changed = [
        RequestV2 { method: "PUT", ..REQUEST },
        RequestV2 { path: "/openapi/v1/orders/list", ..REQUEST },
        RequestV2 { query: "page=3&b=%E7%BA%A2&a=1", ..REQUEST },
        RequestV2 { body: b"{}", ..REQUEST },
        RequestV2 { timestamp: "1707638400001", ..REQUEST },
        RequestV2 { nonce: "n-0002", ..REQUEST },
        RequestV2 { app_key: "os_other", ..REQUEST },
    ];
    for request in changed {
        assert!(!verify_v2("secret", &request, &signature), "{request:?}");
    }
    let reordered = RequestV2 { query: "a=1&page=2&b=%E7%BA%A2", ..REQUEST };
    assert!(verify_v2("secret", &reordered, &signature));
}

#[test]
fn scheme_2_refuses_a_line_feed_that_could_move_a_boundary() {
    let honest = RequestV2 { nonce: "a", app_key: "b", ..REQUEST };
    let moved = RequestV2 { timestamp: "1707638400000\na", nonce: "b", app_key: "c", ..REQUEST };
    assert!(verify_v2("secret", &honest, &sign_v2("secret", &honest)));
    assert!(!verify_v2("secret", &moved, &sign_v2("secret", &moved)));
}

proptest! {
    #[test]
    fn scheme_1_refuses_any_changed_body_byte(
        body in prop::collection::vec(any::<u8>(), 1..200),
        at in any::<prop::sample::Index>(),
        by in 1..=255_u8,
    ) {
        let signature = sign_v1("secret", "key", "1707638400000", &body);
        prop_assert!(verify_v1("secret", "key", "1707638400000", &body, &signature));
        let mut changed = body.clone();
        changed[at.index(body.len())] ^= by;
        prop_assert!(!verify_v1("secret", "key", "1707638400000", &changed, &signature));
    }

    #[test]
    fn arbitrary_signatures_are_refused(secret in any::<String>(), signature in any::<String>()) {
        prop_assert!(!verify_v1(&secret, "key", "1", b"body", &signature));
        prop_assert!(!verify_v2(&secret, &REQUEST, &signature));
    }
}
