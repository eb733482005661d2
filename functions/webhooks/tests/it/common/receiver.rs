//! A receiver on loopback: keeps what it got and answers as told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tenon_platform::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How a push is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, more headers, and a body.
    Status(u16, &'static str, &'static str),
    /// Nothing, ever.
    Never,
    /// The connection is closed without an answer.
    Break,
    /// 200, and then a byte now and then.
    Drip,
    /// 200 and a gigabyte.
    Huge,
}

/// 200 without a body.
pub const OK: Reply = Reply::Status(200, "", "");

/// What was pushed.
#[derive(Clone, Debug)]
pub struct Hit {
    pub at_ms: i64,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Hit {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }
}

/// A listening receiver.
pub struct Receiver {
    pub url: String,
    hits: Arc<Mutex<Vec<Hit>>>,
    count: watch::Receiver<usize>,
}

impl Receiver {
    /// Answers the n-th push, counted from 0, as `reply` says.
    pub async fn new(clock: &Clock, reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let hits: Arc<Mutex<Vec<Hit>>> = Arc::default();
        let (notify, count) = watch::channel(0);
        let (kept, clock, reply) = (Arc::clone(&hits), clock.clone(), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, clock, reply, notify) =
                    (Arc::clone(&kept), clock.clone(), Arc::clone(&reply), notify.clone());
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(hit) = read(&mut stream, &clock).await else { return };
                    let n = {
                        let mut all = kept.lock().unwrap();
                        all.push(hit);
                        all.len()
                    };
                    notify.send_replace(n);
                    answer(stream, reply(n - 1)).await;
                });
            }
        });
        Self { url, hits, count }
    }

    /// Always 200.
    pub async fn well(clock: &Clock) -> Self {
        Self::new(clock, |_| OK).await
    }

    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.hits.lock().unwrap().len()
    }

    /// For a gate that looks at what has come.
    pub fn hits_handle(&self) -> Arc<Mutex<Vec<Hit>>> {
        Arc::clone(&self.hits)
    }

    /// Waits until this many have come.
    pub async fn reached(&self, n: usize) {
        self.count.clone().wait_for(|count| *count >= n).await.unwrap();
    }
}

async fn read(stream: &mut TcpStream, clock: &Clock) -> Option<Hit> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let headers: HashMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |l| l.parse().unwrap());
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let mut chunk = [0; 4096];
        let n = stream.read(&mut chunk).await.ok()?;
        body.extend_from_slice(&chunk[..n]);
    }
    Some(Hit { at_ms: clock.now_ms(), headers, body: String::from_utf8(body).unwrap() })
}

async fn answer(mut stream: TcpStream, reply: Reply) {
    match reply {
        Reply::Never => std::future::pending().await,
        Reply::Break => {}
        Reply::Status(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
        Reply::Drip => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
            let mut every = tokio::time::interval(std::time::Duration::from_secs(1));
            loop {
                every.tick().await;
                if stream.write_all(b"x").await.is_err() {
                    return;
                }
            }
        }
        Reply::Huge => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n").await;
            let chunk = [b'x'; 65_536];
            for _ in 0..16_384 {
                if stream.write_all(&chunk).await.is_err() {
                    return;
                }
            }
        }
    }
}
