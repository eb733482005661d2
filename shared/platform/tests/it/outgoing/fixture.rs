//! A scripted resolver and a scripted server.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tenon_platform::outgoing::{Allowances, GuardedClient, Lookup};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

/// Answers each question with the next of its answers; the last one stays. No answers: an error.
pub struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    pub fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect())))
    }
}

#[async_trait]
impl Lookup for Scripted {
    async fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        if answers.len() > 1 {
            return Ok(answers.pop_front().unwrap());
        }
        answers.front().cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

/// A client that resolves every name as scripted.
pub fn client(allowances: Allowances, answers: &[&[&str]]) -> GuardedClient {
    GuardedClient::with_resolver(allowances, Scripted::new(answers))
}

/// A server on loopback that does the same with every connection, after reading its first request.
pub struct Server {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start<F, W>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let server = Self { port, connections: connections.clone(), heads: heads.clone() };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let head = request(&mut stream).await;
                heads.lock().unwrap().push(head);
                tokio::spawn(serve(stream));
            }
        });
        server
    }

    /// A server that sends this and closes.
    pub async fn replying(answer: &'static str) -> Self {
        Self::start(move |mut stream| async move {
            use tokio::io::AsyncWriteExt;
            stream.write_all(answer.as_bytes()).await.ok();
            stream.shutdown().await.ok();
        })
        .await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The head of the first request, in lower case.
    pub fn first_head(&self) -> String {
        self.heads.lock().unwrap()[0].clone()
    }
}

/// Reads a request whole, since closing with bytes unread would reset the connection; returns its head.
async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => bytes.push(byte),
            Err(_) => break,
        }
    }
    let head = String::from_utf8(bytes).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.ok();
    head
}
