//! The front over a real socket, with requests that no HTTP library would send: whatever arrives is
//! answered or refused, nothing falls over, and the next caller is served.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tenon::commands::up;
use tenon::environment::{DataDir, Opened};
use tenon::serve::{self, Proxies, Server};
use tenon_engine::Local;
use tenon_platform::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

const REQUESTS: u32 = 4_000;
const PATHS: [&str; 9] = [
    "/healthz",
    "/callbacks/dingtalk/ding-main",
    "/openapi/v1/orders/create",
    "/openapi/v1/orders/PO1",
    "/openapi/v1/docs",
    "/api/system/tenant-app/list",
    "/admin/v1/tokens",
    "/admin/v1/events/order-status",
    "/nothing",
];

struct Up {
    runtime: Runtime,
    address: SocketAddr,
    server: Option<Server>,
    _dir: DataDir,
    _folder: tempfile::TempDir,
}

impl Up {
    fn start(proxies: Proxies) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let path: PathBuf = folder.path().join("data");
        let Opened::Free(dir) = DataDir::open(&path).unwrap() else { panic!("served already") };
        let (address, server) = runtime.block_on(async {
            let local = Local::open(&dir.database(), Clock::system()).await.unwrap();
            let mut serving = up::serving(&local, &dir).unwrap();
            serving.proxies = proxies;
            let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
            (listener.local_addr().unwrap(), serve::start(serving, listener).unwrap())
        });
        Self { runtime, address, server: Some(server), _dir: dir, _folder: folder }
    }

    /// What comes back before the other side ends, or nothing more within the time.
    fn exchange(&self, request: &[u8]) -> Vec<u8> {
        self.runtime.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let (mut reader, mut writer) = stream.split();
            // The other side may have heard enough.
            let _ = writer.write_all(request).await;
            let _ = writer.shutdown().await;
            let mut answer = Vec::new();
            let _ = tokio::time::timeout(Duration::from_secs(20), reader.read_to_end(&mut answer)).await.unwrap();
            answer
        })
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

fn status(answer: &[u8]) -> u16 {
    let head = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
    head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.parse().ok()).unwrap_or_else(|| panic!("no answer: {head:?}"))
}

fn body(answer: &[u8]) -> serde_json::Value {
    let text = String::from_utf8_lossy(answer);
    serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn headers_that_make_no_url_are_headers_like_others() {
    let up = Up::start(Proxies::default());
    for line in [
        "X-Forwarded-Proto: https,http",
        "X-Forwarded-Proto: ",
        "X-Forwarded-Proto: javascript:alert(1)",
        "Host: example.com:99999",
        "Host: example.com:port",
        "Host: [::1",
        "Host: a b",
        "Host: ",
        "Host: user:pass@example.com",
        "Host: evil/openapi/v1/docs#",
        "Forwarded: for=\"[",
        "Cookie: \u{ff}",
    ] {
        for path in PATHS {
            let host = if line.starts_with("Host:") { "" } else { "Host: tenon\r\n" };
            let request = format!("GET {path} HTTP/1.1\r\n{host}{line}\r\nConnection: close\r\n\r\n");
            let plain = format!("GET {path} HTTP/1.1\r\nHost: tenon\r\nConnection: close\r\n\r\n");
            let (found, wanted) = (status(&up.exchange(request.as_bytes())), status(&up.exchange(plain.as_bytes())));
            assert!([200, 401, 404].contains(&wanted), "{path}");
            assert_eq!(found, wanted, "{line} {path}");
        }
    }
}

#[test]
fn what_is_too_long_is_told_in_the_envelope_of_its_route() {
    let up = Up::start(Proxies::default());
    let long = vec![b'x'; 11 * 1024 * 1024];
    let post = |path: &str| {
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", long.len());
        up.exchange(&[head.as_bytes(), &long].concat())
    };
    for path in ["/openapi/v1/orders/create", "/api/system/tenant-app/list", "/admin/v1/events/order-status"] {
        let answer = post(path);
        assert_eq!(status(&answer), 413, "{path}");
        let reply = body(&answer);
        assert_eq!((&reply["code"], &reply["data"]), (&413.into(), &serde_json::Value::Null), "{reply}");
        assert!(reply["requestId"].as_str().is_some_and(|id| id.len() > 10), "{reply}");
    }
    let answer = post("/callbacks/dingtalk/ding-main");
    assert_eq!((status(&answer), body(&answer)["code"].as_str().unwrap()), (413, "too-long"));
}

/// One request with something about it: most are nearly right, some are nothing.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let names = prop_oneof![
        Just("Host".to_owned()),
        Just("X-Forwarded-Proto".to_owned()),
        Just("X-Forwarded-For".to_owned()),
        Just("Forwarded".to_owned()),
        Just("Authorization".to_owned()),
        Just("Content-Length".to_owned()),
        Just("Transfer-Encoding".to_owned()),
        Just("Content-Type".to_owned()),
        Just("Expect".to_owned()),
        Just("X-App-Key".to_owned()),
        Just("X-Timestamp".to_owned()),
        Just("Cookie".to_owned()),
        "[A-Za-z0-9-]{1,12}",
    ];
    let values = prop_oneof![
        Just(b"chunked".to_vec()),
        Just(b"100-continue".to_vec()),
        Just(b"https,http".to_vec()),
        Just(b"a:99999".to_vec()),
        Just(b"[::1".to_vec()),
        Just(b"for=\"[2001:db8::1]:1\";for=x".to_vec()),
        "[0-9]{1,20}".prop_map(String::into_bytes),
        "[ -~]{0,40}".prop_map(String::into_bytes),
        proptest::collection::vec(prop_oneof![32_u8..=255, Just(9_u8)], 0..30),
    ];
    let paths = (prop::sample::select(PATHS.as_slice()), "[!-~]{0,20}", any::<bool>())
        .prop_map(|(path, more, query)| if query { format!("{path}?{more}") } else { format!("{path}{more}") });
    let targets = prop_oneof![4 => paths, 1 => "[!-~]{1,30}", 1 => "https?://[!-~]{0,20}"];
    let methods = prop_oneof![4 => Just("POST".to_owned()), 3 => Just("GET".to_owned()), 1 => "[A-Z]{1,9}"];
    let body = proptest::collection::vec(any::<u8>(), 0..60);
    let shape = (methods, targets, proptest::collection::vec((names, values), 0..8), body);
    let nearly = shape.prop_map(|(method, target, headers, body)| {
        let mut bytes = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    });
    // A byte changed, bytes left out at the end.
    let mutated = (nearly, any::<prop::sample::Index>(), any::<u8>(), any::<bool>(), 0_usize..20).prop_map(
        |(mut bytes, at, byte, change, cut)| {
            if change && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(bytes.len() - cut.min(bytes.len()) * usize::from(cut > 10));
            bytes
        },
    );
    prop_oneof![9 => mutated, 1 => proptest::collection::vec(any::<u8>(), 0..200)]
}

#[test]
fn whatever_arrives_the_front_answers_or_refuses_and_serves_the_next() {
    let up = Up::start(Proxies::new(vec!["127.0.0.0/8".parse().unwrap()]));
    let config = Config { cases: REQUESTS, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&request(), |bytes| {
            let answer = up.exchange(&bytes);
            let text = String::from_utf8_lossy(&answer);
            // Half a request gets no answer; a whole one a status, and never one of ours that fell over.
            // The answer is of the request's version, which a changed byte may have made 1.0.
            let status = text.strip_prefix("HTTP/1.1 ").or_else(|| text.strip_prefix("HTTP/1.0 "));
            prop_assert!(answer.is_empty() || status.is_some(), "{text}");
            prop_assert!(!status.is_some_and(|status| status.starts_with("500")), "{text}");
            Ok(())
        })
        .unwrap();
    assert_eq!(status(&up.exchange(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")), 200);
}
