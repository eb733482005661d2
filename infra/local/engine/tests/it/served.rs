//! The suite on the engines behind sockets: DynamoDB and SQS as functions see them under
//! `cargo lambda watch`.

use crate::suite::queue::{Fixture, MAX_RECEIVES, QUEUE};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use tenon_engine::{Database, Gate, backends, create_table};
use tenon_local_http::Passphrase;
use tenon_platform::sqs::SqsQueue;
use tenon_platform::table::Table;
use tokio::net::TcpListener;

fn secret() -> Passphrase {
    Passphrase::new(crate::over_http::ACCESS_KEY)
}

async fn a_table() -> Option<Table> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = crate::over_http::dynamodb(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(backends::serve_dynamodb(listener, Database::memory().unwrap(), secret(), pending()));
    create_table(&client, "suite").await.unwrap();
    Some(Table::new(client, "suite"))
}

async fn a_queue() -> Option<Fixture> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = crate::over_http::sqs(&format!("http://{address}"));
    tokio::spawn(backends::serve_sqs(listener, &[QUEUE], MAX_RECEIVES, secret(), pending()));
    let settings = crate::over_http::settings(|queue| backends::queue_url(address, queue));
    Some(Fixture { queue: Arc::new(SqsQueue::new(client, settings)), clock: None })
}

crate::table_suite!(a_table());
crate::queue_suite!(a_queue());

/// What a client without the SDK sends: the lines of its head besides `Host`, and the status it gets with
/// the head of the answer.
async fn send_raw(address: SocketAddr, method: &str, host: &str, lines: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let body = r#"{"TableName":"suite"}"#;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}\r\n{lines}\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer[9..12].parse().unwrap(), answer.to_lowercase())
}

/// A page that is open in the operator's browser, a name of a stranger's that leads here, a program without
/// the secret: none of them gets anything, and no page may read what it was told.
async fn strangers_are_refused(address: SocketAddr, target: &str) {
    let signed = |key: &str| {
        let credential = format!("Credential={key}/20260101/us-east-1/any/aws4_request");
        format!("x-amz-target: {target}\r\nauthorization: AWS4-HMAC-SHA256 {credential}, Signature=0\r\n")
    };
    let (here, with) = (address.to_string(), signed(crate::over_http::ACCESS_KEY));
    let preflight = "origin: https://evil.example\r\naccess-control-request-method: POST\r\n";
    let page = format!("{with}origin: https://evil.example\r\n");
    let cross_site = format!("{with}sec-fetch-site: cross-site\r\n");
    for (method, host, lines) in [
        ("OPTIONS", here.as_str(), preflight),
        ("POST", &here, &page),
        ("POST", &here, &cross_site),
        ("POST", "evil.example", &with),
        ("POST", &here, &signed("local")),
        ("POST", &here, ""),
    ] {
        let (status, answer) = send_raw(address, method, host, lines).await;
        assert_eq!(status, 403, "{method} {host} {lines}");
        assert!(!answer.contains("access-control-"), "{answer}");
    }
    let (status, answer) = send_raw(address, "POST", &here, &with).await;
    assert_eq!(status, 200, "{answer}");
    assert!(!answer.contains("access-control-"), "{answer}");
}

#[tokio::test]
async fn the_table_is_for_commands_of_this_run_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let database = Database::memory().unwrap();
    create_table(&tenon_engine::client(database.clone(), Gate::open()), "suite").await.unwrap();
    tokio::spawn(backends::serve_dynamodb(listener, database, secret(), pending()));
    strangers_are_refused(address, "DynamoDB_20120810.Scan").await;
}

#[tokio::test]
async fn so_are_the_queues() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(backends::serve_sqs(listener, &[QUEUE], MAX_RECEIVES, secret(), pending()));
    strangers_are_refused(address, "AmazonSQS.ListQueues").await;
}
