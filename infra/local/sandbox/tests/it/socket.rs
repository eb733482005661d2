//! The front: a real socket, a dropped connection, a delivered callback.

use serde_json::{Value, json};
use std::net::SocketAddr;
use tenon_crypto::envelope::Codec;
use tenon_sandbox::{DingTalkOptions, Fault, FaultKind, Sandbox, SandboxOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| {
                l.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        assert_ne!(read, 0, "the request ended early: {text}");
    }
}

async fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn post(address: SocketAddr, path: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn serves_drops_and_delivers() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = DingTalkOptions {
        callback_url: Some(format!("http://{}/callbacks/dingtalk/d", receiver.local_addr().unwrap())),
        ..DingTalkOptions::default()
    };
    let codec = Codec::new(&options.token, &options.aes_key, &options.owner).unwrap();
    let sandbox = Sandbox::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, sandbox.clone(), async {
        let _ = stopped.await;
    }));

    let login = json!({"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox-b1"});
    let answer = send(address, &post(address, "/b1s/v1/Login", &login)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(answer.matches("set-cookie:").count(), 2);

    sandbox.inject(Fault::new(FaultKind::DropAfterCommit));
    assert_eq!(send(address, &post(address, "/b1s/v1/Login", &login)).await, "", "closed without an answer");
    assert_eq!(sandbox.snapshot().b1.logins, 2);

    let answer = send(address, &post(address, "/_sandbox/callbacks/check-url", &json!({}))).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (mut stream, _) = receiver.accept().await.unwrap();
    let delivery = read_request(&mut stream).await;
    assert!(delivery.starts_with("POST /callbacks/dingtalk/d?signature="), "{delivery}");
    let sealed = codec.seal("success", "1", "n", [1; 16]);
    let body = json!({"msg_signature": sealed.signature, "timeStamp": "1", "nonce": "n", "encrypt": sealed.encrypt})
        .to_string();
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await.unwrap();
    while sandbox.snapshot().dingtalk.callbacks[0].state == "in-flight" {
        tokio::task::yield_now().await;
    }
    assert_eq!(sandbox.snapshot().dingtalk.callbacks[0].state, "delivered");

    stop.send(()).unwrap();
    server.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the socket is closed");
}

#[tokio::test]
async fn a_web_page_decides_nothing_here() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sandbox = Sandbox::new(SandboxOptions::default());
    tokio::spawn(serve(listener, sandbox, std::future::pending()));
    for line in ["origin: https://evil.example", "sec-fetch-site: cross-site"] {
        let request = post(address, "/_sandbox/sets", &json!({ "name": "X", "key": "Code", "numeric": false }));
        let answer = send(address, &request.replace("connection:", &format!("{line}\r\nconnection:"))).await;
        assert!(answer.starts_with("HTTP/1.1 403") && !answer.to_lowercase().contains("access-control-"), "{answer}");
    }
    let elsewhere = "GET /_sandbox/snapshot HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert!(send(address, elsewhere).await.starts_with("HTTP/1.1 403"));
}
