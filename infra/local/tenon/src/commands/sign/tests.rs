use super::*;
use clap::Parser;

#[derive(Parser)]
struct Only {
    #[command(subcommand)]
    what: What,
}

/// The headers of a command line, signed at 1 700 000 000 000 ms.
fn headers(line: &[&str], secret: &str, body: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    let what = Only::try_parse_from([&["sign"], line].concat()).unwrap().what;
    signed(&what, secret, body.as_bytes(), 1_700_000_000_000, "fresh").map(|s| s.headers)
}

fn vectors(list: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/vectors/signatures.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    file[list].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

#[test]
fn openapi_and_webhook_headers_are_those_of_the_published_clients() {
    for v in vectors("openapi") {
        let line = ["openapi", "--app-key", text(&v, "appKey"), "--timestamp", text(&v, "timestamp"), "--secret", "x"];
        let found = headers(&line, text(&v, "appSecret"), text(&v, "body")).unwrap();
        assert_eq!(found[0], ("X-App-Key", text(&v, "appKey").to_owned()));
        assert_eq!(found[1], ("X-Timestamp", text(&v, "timestamp").to_owned()));
        assert_eq!(found[2], ("X-Signature", text(&v, "signature").to_owned()));
    }
    for v in vectors("webhook") {
        let line = ["webhook", "--timestamp", text(&v, "timestamp"), "--secret", "x"];
        let found = headers(&line, text(&v, "callbackSecret"), text(&v, "body")).unwrap();
        assert_eq!(found[1], ("X-Webhook-Signature", text(&v, "signature").to_owned()));
    }
}

#[test]
fn the_aiflow_header_is_that_of_the_vendors_sdk() {
    for v in vectors("aiflow") {
        let timestamp = v["timestamp"].to_string();
        let line = [
            "aiflow",
            "--enterprise-code",
            text(&v, "enterpriseCode"),
            "--app-id",
            text(&v, "appId"),
            "--timestamp",
            &timestamp,
            "--secret",
            "x",
        ];
        let found = headers(&line, text(&v, "appSecret"), text(&v, "body")).unwrap();
        assert_eq!(found, [("A-Signature", text(&v, "header").to_owned())]);
    }
}

#[test]
fn without_a_timestamp_it_is_signed_now_in_the_schemes_unit() {
    let own = headers(&["webhook", "--secret", "x"], "s", "{}").unwrap();
    assert_eq!(own[0], ("X-Webhook-Timestamp", "1700000000".to_owned()));
    let openapi = headers(&["openapi", "--app-key", "os_1", "--secret", "x"], "s", "{}").unwrap();
    assert_eq!(openapi[1], ("X-Timestamp", "1700000000000".to_owned()));
    let standard = headers(&["webhook", "--scheme", "standard", "--secret", "x"], "whsec_c2VjcmV0", "{}").unwrap();
    assert_eq!(standard[0], ("webhook-id", "msg_fresh".to_owned()));
    assert_eq!(standard[1], ("webhook-timestamp", "1700000000".to_owned()));
    assert!(standard[2].1.starts_with("v1,"));
}

#[test]
fn scheme_2_shows_the_text_it_signed() {
    let line = [
        "sign",
        "openapi",
        "--scheme",
        "v2",
        "--method",
        "get",
        "--path",
        "/p",
        "--query",
        "?b=2&a=1",
        "--app-key",
        "os_1",
        "--secret",
        "x",
    ];
    let what = Only::try_parse_from(line).unwrap().what;
    let signed = signed(&what, "s", b"", 5, "n-1").unwrap();
    let text = signed.text.unwrap();
    assert!(text.starts_with("GET\n/p\na=1&b=2\n") && text.ends_with("\n5\nn-1\nos_1"), "{text}");
    let names: Vec<&str> = signed.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["X-App-Key", "X-Timestamp", "X-Signature-Version", "X-Nonce", "X-Signature"]);
    assert_eq!(signed.headers[2].1, "2");
    assert_eq!(signed.headers[3].1, "n-1");
}

#[test]
fn what_no_receiver_would_take_is_refused() {
    let standard = ["webhook", "--scheme", "standard", "--secret", "x"];
    assert!(headers(&standard, "not-whsec", "{}").is_err());
    assert!(headers(&[&standard[..], &["--id", "a.b"]].concat(), "whsec_c2VjcmV0", "{}").is_err());
    let v2 = ["openapi", "--scheme", "v2", "--app-key", "k", "--secret", "x"];
    assert!(Only::try_parse_from([&["sign"], &v2[..]].concat()).is_err());
    assert!(headers(&[&v2[..], &["--path", "/p?q=1"]].concat(), "s", "").is_err());
    assert!(headers(&[&v2[..], &["--path", "/p", "--nonce", "too-short"]].concat(), "s", "").is_err());
    assert!(headers(&[&v2[..], &["--path", "/p", "--nonce", "0123456789-abcdef"]].concat(), "s", "").is_ok());
}

#[test]
fn a_secret_is_needed_and_given_once_and_never_shown() {
    assert!(Only::try_parse_from(["sign", "webhook"]).is_err());
    assert!(Only::try_parse_from(["sign", "webhook", "--secret", "a", "--secret-env", "B"]).is_err());
    let what = Only::try_parse_from(["sign", "webhook", "--secret", "hunter2"]).unwrap().what;
    assert!(!format!("{what:?}").contains("hunter2"));
}

#[test]
fn a_secret_with_something_about_it_that_nobody_sees_is_refused() {
    for (secret, what) in [
        ("", "is empty"),
        ("secret\n", "line feed"),
        ("sec\r\nret", "line feed"),
        ("secret\t", "control character"),
        (" secret", "blank"),
        ("secret\u{a0}", "blank"),
    ] {
        let line = ["sign", "webhook", "--body", "{}", "--secret", secret];
        let args = SignArgs { what: Only::try_parse_from(line).unwrap().what };
        let kept = crate::output::tests::Kept::default();
        let failure = sign(&args, &kept.out(false)).unwrap_err();
        assert!(failure.message.contains(what) && failure.message.contains("--secret"), "{secret:?}: {failure}");
        assert!(kept.stdout().is_empty() && !failure.to_string().contains("sec\r"));
    }
    let line = ["sign", "webhook", "--body", "{}", "--secret", "a secret with blanks within"];
    let args = SignArgs { what: Only::try_parse_from(line).unwrap().what };
    assert!(sign(&args, &crate::output::tests::Kept::default().out(false)).is_ok());
}
