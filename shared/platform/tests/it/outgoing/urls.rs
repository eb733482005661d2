//! URLs: odd spellings of addresses, and what is no address to call at all.

use super::fixture::client;
use tenon_platform::outgoing::{Allowances, Outgoing, OutgoingCall, OutgoingFailure};

/// Ways to write addresses that are not public.
const SPELLINGS: &[&str] = &[
    "https://2130706433/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0177.0x0.0.01/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.1./",
    "https://0/",
    "https://0x0/",
    "https://%31%32%37.0.0.1/",
    "https://127%2e0%2E0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://0xa9fea9fe/",
    "https://2852039166/",
    "https://169.254.43518/",
    "https://0xA9.254.0251.0xfe/latest/meta-data/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "https://[::FFFF:169.254.169.254]:8443/",
    "HTTPS://127.0.0.1/",
    "https:127.0.0.1/",
    "https:///127.0.0.1/",
    "https://127.0.0.1:443/",
    "https://127.0.0.1?x",
    "https://127.0.0.1#fragment",
];

/// Refused for what they are, wherever they lead.
const NO_URLS: &[&str] = &[
    "",
    "hook",
    "/hook",
    "//hook.example.com/",
    "hook.example.com/hook",
    "https://",
    "https:///",
    "https://:443/",
    "https://?x",
    "http://hook.example.com/",
    "ftp://hook.example.com/",
    "file:///etc/passwd",
    "gopher://hook.example.com/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "ws://hook.example.com/",
    "unix:/var/run/docker.sock",
    "https://user@hook.example.com/",
    "https://user:password@hook.example.com/",
    "https://:password@hook.example.com/",
    "https://hook.example.com@127.0.0.1/",
    "https://127.0.0.1@hook.example.com/",
    "https://hook.example.com\\@127.0.0.1/",
    "https:\\\\hook.example.com/",
    " https://hook.example.com/",
    "https://hook.example.com/ ",
    "https://hook.example.com/a b",
    "https://hook.exam\nple.com/",
    "https://hook.example.com/\r\nHost:%20other",
    "https://hook\t.example.com/",
    "https://hook.example.com:0/",
    "https://hook.example.com:65536/",
    "https://hook.example.com:x/",
    "https://hook.example.com%00.evil/",
    "https://hook<>.example.com/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://0x100000000/",
];

#[tokio::test]
async fn odd_spellings_of_an_address_are_that_address() {
    for url in SPELLINGS {
        // Names resolve to a public address here, so a spelling taken for a name would pass.
        let answer = client(Allowances::default(), &[&["8.8.8.8"]]).check(url).await;
        let Err(OutgoingFailure::Refused(message)) = answer else { panic!("{url}: {answer:?}") };
        assert!(message.contains("may not be called"), "{url}: {message}");
    }
}

#[tokio::test]
async fn what_is_no_https_url_is_refused() {
    let public = client(Allowances::default(), &[&["8.8.8.8"]]);
    for url in NO_URLS {
        let answer = public.check(url).await;
        assert!(matches!(answer, Err(OutgoingFailure::Refused(_))), "{url:?}: {answer:?}");
        let called = public.call(OutgoingCall::new(*url, "{}")).await;
        assert!(matches!(called, Err(OutgoingFailure::Refused(_))), "{url:?}: {called:?}");
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_refused() {
    let public = client(Allowances::default(), &[&["8.8.8.8"]]);
    let long = |length: usize| format!("https://hook.example.com/{}", "a".repeat(length - 25));
    assert_eq!(public.check(&long(4096)).await, Ok(()));
    assert_eq!(public.check(&long(4097)).await.unwrap_err().class(), "refused");
}

#[tokio::test]
async fn ordinary_urls_are_allowed() {
    let public = client(Allowances::default(), &[&["8.8.8.8"]]);
    for url in [
        "https://hook.example.com",
        "https://hook.example.com:8443/a/b?token=x%20y&z=1#part",
        "https://HOOK.example.com./",
        "https://回调.example.com/路径",
        "https://8.8.8.8/",
        "https://134744072/",
        "https://[2400:3200::1]:8443/",
    ] {
        assert_eq!(public.check(url).await, Ok(()), "{url}");
    }
}

#[tokio::test]
async fn http_is_allowed_when_the_operator_says_so_and_opens_no_network() {
    let http = client(Allowances { http: true, networks: Vec::new() }, &[&["8.8.8.8"]]);
    assert_eq!(http.check("http://hook.example.com/").await, Ok(()));
    assert_eq!(http.check("http://127.0.0.1/").await.unwrap_err().class(), "refused");
    assert_eq!(http.check("ftp://hook.example.com/").await.unwrap_err().class(), "refused");
}

#[tokio::test]
async fn a_call_has_no_connect_and_shows_no_secret() {
    let mut call = OutgoingCall::new("https://hook.example.com/?token=hush", "hush");
    call.method = http::Method::CONNECT;
    call.headers.insert("x-signature", "hush".parse().unwrap());
    assert!(!format!("{call:?}").contains("hush"), "{call:?}");
    let refused = client(Allowances::default(), &[&["8.8.8.8"]]).call(call).await.unwrap_err();
    assert_eq!(refused.class(), "refused");
}
