//! Clients that are slow, many, or in the way of the end, over real sockets.

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenon_local_http::{Arrival, Fault, Limits, Service, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinHandle;

const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";
const HELD: &[u8] = b"GET /held HTTP/1.1\r\nhost: test\r\n\r\n";
const HALF: &[u8] = b"POST / HTTP/1.1\r\nhost: do";

/// Answers with the body's length; `/held` once it is let go, `/much` with megabytes.
#[derive(Default)]
struct Echo {
    arrived: Arc<Notify>,
    held: Arc<Semaphores>,
}

struct Semaphores(Semaphore);

impl Default for Semaphores {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

fn status(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

impl Service for Echo {
    fn turn_away(&self, request: &Parts, crowded: bool) -> Option<Response<Bytes>> {
        (crowded && request.uri.path() != "/held").then(|| status(503, "full"))
    }

    async fn answer(&self, arrival: Arrival) -> Option<Response<Bytes>> {
        Some(match (arrival.parts.uri.path(), arrival.body) {
            (_, Err(Fault::TooLong)) => status(413, "long"),
            (_, Err(Fault::TooSlow)) => status(408, "slow"),
            ("/held", _) => {
                self.arrived.notify_one();
                self.held.0.acquire().await.unwrap().forget();
                status(200, "held")
            }
            ("/much", _) => status(200, vec![b'x'; 32 << 20]),
            (_, Ok(body)) => status(200, body.len().to_string()),
        })
    }
}

struct TestServer {
    address: SocketAddr,
    arrived: Arc<Notify>,
    held: Arc<Semaphores>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

async fn open(limits: Limits) -> TestServer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = Echo::default();
    let (arrived, held) = (Arc::clone(&echo.arrived), Arc::clone(&echo.held));
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(serve(listener, echo, limits, async move { _ = stopped.await }));
    TestServer { address, arrived, held, stop, served }
}

fn patient() -> Limits {
    let long = Duration::from_secs(60);
    Limits { headers: long, body: long, idle: long, connections: 24, longest_body: 1024, ..Limits::default() }
}

async fn sent(server: &TestServer, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

/// Everything until the other side ends; what was cut off counts as the end.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn head(stream: &mut TcpStream) -> String {
    let mut bytes = [0; 12];
    stream.read_exact(&mut bytes).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn half_open_connections_make_place_for_whole_requests() {
    let server = open(patient()).await;
    let mut half_open = Vec::new();
    for _ in 0..300 {
        half_open.push(sent(&server, HALF).await);
    }
    let mut whole = sent(&server, WHOLE).await;
    assert_eq!(head(&mut whole).await, "HTTP/1.1 200");
    assert_eq!(rest(&mut half_open[0]).await, "", "the first was sent away");
}

#[tokio::test]
async fn what_does_not_arrive_in_time_is_not_waited_for() {
    let short = Duration::from_millis(200);
    let server = open(Limits { headers: short, body: short, idle: short, ..patient() }).await;
    let begun = Instant::now();
    assert_eq!(rest(&mut sent(&server, b"").await).await, "");
    assert_eq!(rest(&mut sent(&server, HALF).await).await, "");
    assert!(begun.elapsed() >= 2 * short);
    let mut half_body = sent(&server, b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf").await;
    let answer = rest(&mut half_body).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("connection: close"), "{answer}");
    let mut idle = sent(&server, WHOLE).await;
    let answer = rest(&mut idle).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with('0'), "{answer}");
    // Somebody who asks for much and reads nothing.
    let mut greedy = sent(&server, b"GET /much HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(head(&mut greedy).await, "HTTP/1.1 200");
    let begun = Instant::now();
    while begun.elapsed() < 2 * short {
        tokio::task::yield_now().await;
    }
    assert!(rest(&mut greedy).await.len() < 32 << 20, "it was cut off");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_so_that_its_sender_can_read_it() {
    let server = open(patient()).await;
    let mut stream = sent(&server, b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 8000000\r\n\r\n").await;
    stream.write_all(&vec![b'x'; 8_000_000]).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413"));
    let announced = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 99999999999\r\n\r\n";
    assert!(rest(&mut sent(&server, announced).await).await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn when_crowded_only_what_matters_most_is_answered() {
    let limits = patient();
    let server = open(limits).await;
    let mut held = Vec::new();
    for _ in 0..limits.ordinary() {
        held.push(sent(&server, HELD).await);
        server.arrived.notified().await;
    }
    assert!(rest(&mut sent(&server, WHOLE).await).await.starts_with("HTTP/1.1 503"));
    for _ in limits.ordinary()..limits.connections {
        held.push(sent(&server, HELD).await);
        server.arrived.notified().await;
    }
    assert_eq!(rest(&mut sent(&server, HELD).await).await, "", "every open connection is being answered");
    server.held.0.add_permits(held.len());
    for stream in &mut held {
        assert_eq!(head(stream).await, "HTTP/1.1 200");
    }
    assert_eq!(head(&mut sent(&server, WHOLE).await).await, "HTTP/1.1 200");
}

#[tokio::test]
async fn the_end_waits_for_answers_and_not_for_requests() {
    let server = open(Limits { grace: Duration::from_millis(50), ..patient() }).await;
    let mut half_open = sent(&server, HALF).await;
    let mut half_body = sent(&server, b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf").await;
    let mut idle = sent(&server, WHOLE).await;
    assert_eq!(head(&mut idle).await, "HTTP/1.1 200");
    let mut held = sent(&server, HELD).await;
    server.arrived.notified().await;
    let begun = Instant::now();
    server.stop.send(()).unwrap();
    assert_eq!(rest(&mut half_open).await, "");
    assert_eq!(rest(&mut half_body).await, "");
    rest(&mut idle).await;
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody comes in any more");
    assert!(!server.served.is_finished());
    server.held.0.add_permits(1);
    assert!(rest(&mut held).await.starts_with("HTTP/1.1 200"));
    server.served.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_hold_the_end_for_ever() {
    let server = open(Limits { end: Duration::from_millis(100), ..patient() }).await;
    let mut held = sent(&server, HELD).await;
    server.arrived.notified().await;
    server.stop.send(()).unwrap();
    server.served.await.unwrap();
    assert_eq!(rest(&mut held).await, "");
}
