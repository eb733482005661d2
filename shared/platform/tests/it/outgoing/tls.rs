//! TLS that does not come about.

use tenon_platform::outgoing::{Allowances, GuardedClient, Outgoing, OutgoingCall, OutgoingFailure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Calls a listener on loopback over https that answers the first bytes with these and closes.
async fn call(answer: &'static [u8]) -> OutgoingFailure {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        assert!(stream.read(&mut hello).await.unwrap() > 0);
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
        while stream.read(&mut hello).await.is_ok_and(|read| read > 0) {}
    });
    GuardedClient::new(Allowances::loopback()).call(OutgoingCall::new(url, "{}")).await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_gets_nothing() {
    // Not TLS at all, an alert (handshake failure), and the end.
    for answer in [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"\x15\x03\x03\0\x02\x02\x28", b""] {
        let failure = call(answer).await;
        assert!(matches!(failure, OutgoingFailure::NotSent { class: "tls", .. }), "{answer:?}: {failure:?}");
    }
}
