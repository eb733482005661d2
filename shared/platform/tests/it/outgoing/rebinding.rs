//! Names that change their mind between the check and the connection.

use super::fixture::{Server, client};
use tenon_platform::outgoing::{Allowances, Outgoing, OutgoingCall, OutgoingFailure};

const CLOSING: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

#[tokio::test]
async fn a_name_that_turns_to_loopback_after_its_check_reaches_nobody() {
    let server = Server::replying(CLOSING).await;
    let url = format!("http://hook.example.com:{}/", server.port);
    let turning = client(Allowances { http: true, networks: Vec::new() }, &[&["8.8.8.8"], &["127.0.0.1"]]);

    assert_eq!(turning.check(&url).await, Ok(()));
    let called = turning.call(OutgoingCall::new(&url, "{}")).await.unwrap_err();

    let OutgoingFailure::Refused(message) = called else { panic!("{called:?}") };
    assert!(message.contains("hook.example.com") && message.contains("(loopback)"), "{message}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn each_new_connection_is_checked_anew() {
    let server = Server::replying(CLOSING).await;
    let url = format!("http://hook.example.com:{}/", server.port);
    let turning = client(Allowances::loopback(), &[&["127.0.0.1"], &["127.0.0.1", "10.0.0.1"]]);

    assert_eq!(turning.call(OutgoingCall::new(&url, "{}")).await.unwrap().status, 200);
    let called = turning.call(OutgoingCall::new(&url, "{}")).await.unwrap_err();

    assert!(matches!(called, OutgoingFailure::Refused(_)), "{called:?}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let server = Server::replying(CLOSING).await;
    // No other resolver knows this name, so only the checked address can have been connected to.
    let url = format!("http://nobody-knows-this.invalid:{}/", server.port);
    let named = client(Allowances::loopback(), &[&["::ffff:127.0.0.1"]]);

    assert_eq!(named.call(OutgoingCall::new(&url, "{}")).await.unwrap().status, 200);
    assert!(server.first_head().contains(&format!("host: nobody-knows-this.invalid:{}", server.port)));
}
