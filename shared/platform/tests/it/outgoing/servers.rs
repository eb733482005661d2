//! What the other side can do to us: redirect, keep silent, drip, flood, break off.

use super::fixture::Server;
use std::time::Duration;
use tenon_platform::outgoing::{Allowances, GuardedClient, Outgoing, OutgoingCall, OutgoingFailure};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn local() -> GuardedClient {
    GuardedClient::new(Allowances::loopback())
}

/// A call that must come back long before its own timeout.
fn patient(server: &Server) -> OutgoingCall {
    let mut call = OutgoingCall::new(server.url(), "{}");
    call.timeout = Duration::from_secs(600);
    call
}

/// Keeps the connection open until the other side closes it.
async fn hold(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

#[tokio::test]
async fn an_answer_is_handed_over() {
    let server = Server::replying("HTTP/1.1 202 Accepted\r\nX-Id: 7\r\nContent-Length: 5\r\n\r\nhello").await;
    let mut call = OutgoingCall::new(server.url(), "{\"a\":1}");
    call.headers.insert("x-signature", "abc".parse().unwrap());

    let answer = local().call(call).await.unwrap();

    assert_eq!((answer.status, &answer.body[..], answer.cut), (202, &b"hello"[..], false));
    assert_eq!(answer.headers["x-id"], "7");
    let head = server.first_head();
    assert!(head.starts_with("post /hook http/1.1\r\n"), "{head}");
    assert!(head.contains("x-signature: abc") && head.contains("content-length: 7"), "{head}");
}

#[tokio::test]
async fn headers_of_the_connection_stay_the_clients_own() {
    let server = Server::replying("HTTP/1.1 204 No Content\r\n\r\n").await;
    let mut call = OutgoingCall::new(server.url(), "{}");
    for (name, value) in
        [("host", "other"), ("accept-encoding", "gzip"), ("upgrade", "h2c"), ("expect", "100-continue"), ("te", "gzip")]
    {
        call.headers.insert(name, value.parse().unwrap());
    }

    assert_eq!(local().call(call).await.unwrap().status, 204);

    let head = server.first_head();
    assert!(head.contains(&format!("host: 127.0.0.1:{}\r\n", server.port)), "{head}");
    for name in ["accept-encoding", "upgrade", "expect", "te:", "other"] {
        assert!(!head.contains(name), "{name}: {head}");
    }
}

#[tokio::test]
async fn redirects_are_answers() {
    let inside = Server::replying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    for status in [301, 302, 303, 307, 308] {
        let location = inside.url();
        let server = Server::start(move |mut stream| {
            let answer = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
            async move { stream.write_all(answer.as_bytes()).await.unwrap() }
        })
        .await;
        assert_eq!(local().call(OutgoingCall::new(server.url(), "{}")).await.unwrap().status, status);
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn silence_ends_with_the_calls_timeout() {
    let server = Server::start(hold).await;
    let mut call = OutgoingCall::new(server.url(), "{}");
    call.timeout = Duration::from_millis(250);

    let failure = local().call(call).await.unwrap_err();

    assert!(matches!(failure, OutgoingFailure::NoAnswer { class: "timeout", .. }), "{failure:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn headers_that_never_end_are_no_answer() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX-A: ").await.unwrap();
        hold(stream).await;
    })
    .await;
    let mut call = OutgoingCall::new(server.url(), "{}");
    call.timeout = Duration::from_millis(50);
    assert_eq!(local().call(call).await.unwrap_err().class(), "timeout");
}

#[tokio::test]
async fn a_dripping_body_is_left_after_its_grace() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nd").await.unwrap();
        hold(stream).await;
    })
    .await;
    let client = local().with_grace(Duration::from_millis(50));

    let within = tokio::time::timeout(Duration::from_secs(60), client.call(patient(&server)));
    let answer = within.await.expect("the call waited for the drip").unwrap();

    assert_eq!((answer.status, &answer.body[..], answer.cut), (200, &b"d"[..], true));
}

#[tokio::test]
async fn each_byte_of_a_drip_buys_no_further_time() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
        while stream.write_all(b"d").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let client = local().with_grace(Duration::from_millis(50));

    let within = tokio::time::timeout(Duration::from_secs(60), client.call(patient(&server)));
    let answer = within.await.expect("the call waited for the drip").unwrap();

    assert!(answer.cut && answer.body.len() < 1000, "{answer:?}");
}

#[tokio::test]
async fn the_calls_timeout_ends_a_body_too_and_the_status_stands() {
    let server = Server::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 500 Oh\r\nContent-Length: 10\r\n\r\nno").await.unwrap();
        hold(stream).await;
    })
    .await;
    let mut call = OutgoingCall::new(server.url(), "{}");
    call.timeout = Duration::from_millis(300);

    let answer = local().with_grace(Duration::from_secs(600)).call(call).await.unwrap();

    assert_eq!((answer.status, &answer.body[..], answer.cut), (500, &b"no"[..], true));
}

#[tokio::test]
async fn an_endless_body_is_cut_and_the_connection_closed() {
    let (closed, mut was_closed) = tokio::sync::mpsc::channel::<u64>(1);
    let server = Server::start(move |mut stream| {
        let closed = closed.clone();
        async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await.unwrap();
            let mut sent = 0;
            while let Ok(written) = stream.write(&[b'x'; 65536]).await {
                sent += u64::try_from(written).unwrap();
            }
            closed.send(sent).await.unwrap();
        }
    })
    .await;

    let answer = local().call(patient(&server)).await.unwrap();

    assert_eq!((answer.status, answer.body.len(), answer.cut), (200, 16 * 1024, true));
    let sent = was_closed.recv().await.unwrap();
    assert!(sent < 1_073_741_824, "the whole body was taken");
}

#[tokio::test]
async fn the_callers_limit_is_exact() {
    let server = Server::replying("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789").await;
    for (limit, kept, cut) in [(10, "0123456789", false), (9, "012345678", true), (0, "", true)] {
        let mut call = OutgoingCall::new(server.url(), "{}");
        call.max_answer = limit;
        let answer = local().call(call).await.unwrap();
        assert_eq!((&answer.body[..], answer.cut), (kept.as_bytes(), cut), "limit {limit}");
    }
}

#[tokio::test]
async fn compression_is_not_undone() {
    // What a bomb would begin with: the bytes stay as they are, so there is nothing to blow up.
    let server = Server::start(|mut stream| async move {
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n";
        stream.write_all(&[&head[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03"].concat()).await.unwrap();
    })
    .await;

    let answer = local().call(OutgoingCall::new(server.url(), "{}")).await.unwrap();

    assert_eq!(&answer.body[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    assert_eq!(answer.headers["content-encoding"], "gzip");
    assert!(!server.first_head().contains("accept-encoding"));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_status_is_no_answer() {
    for answer in ["", "HTTP/1.1 2", "this is not HTTP\r\n\r\n"] {
        let server = Server::replying(answer).await;
        let failure = local().call(OutgoingCall::new(server.url(), "{}")).await.unwrap_err();
        assert!(matches!(failure, OutgoingFailure::NoAnswer { class: "broken", .. }), "{answer:?}: {failure:?}");
        assert_eq!(server.connections(), 1, "the request was repeated");
    }
}

#[tokio::test]
async fn a_reset_before_the_status_is_no_answer() {
    let server = Server::start(|stream| async move {
        // Closing without lingering resets the connection.
        stream.set_zero_linger().unwrap();
        drop(stream);
    })
    .await;
    let failure = local().call(OutgoingCall::new(server.url(), "{}")).await.unwrap_err();
    assert!(matches!(failure, OutgoingFailure::NoAnswer { class: "broken", .. }), "{failure:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_answer() {
    let server = Server::replying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    let answer = local().call(OutgoingCall::new(server.url(), "{}")).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.cut), (200, &b"half"[..], true));
}

#[tokio::test]
async fn nobody_listening_is_not_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?token=hush", listener.local_addr().unwrap());
    drop(listener);
    let failure = local().call(OutgoingCall::new(url, "{}")).await.unwrap_err();
    assert!(matches!(failure, OutgoingFailure::NotSent { class: "connect", .. }), "{failure:?}");
    assert!(!failure.message().contains("hush"), "{failure:?}");
}
