//! A stand-in for Lambda's Runtime API: hands a bootstrap events and takes its answers, and tells when
//! the first event was asked for.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tenon_bench::Result;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// What the bootstrap did.
#[derive(Debug)]
pub enum Seen {
    /// It asked for an event.
    Polled(Instant),
    /// It answered one.
    Answered(Bytes),
    /// It reported an error.
    Failed(Bytes),
}

/// A running stand-in; ends when dropped.
pub struct RuntimeApi {
    /// Host and port, for `AWS_LAMBDA_RUNTIME_API`.
    pub address: SocketAddr,
    /// Events to hand out.
    pub events: mpsc::UnboundedSender<String>,
    /// What the bootstrap did, in order.
    pub seen: mpsc::UnboundedReceiver<Seen>,
    server: JoinHandle<()>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Queued {
    events: Mutex<mpsc::UnboundedReceiver<String>>,
    seen: mpsc::UnboundedSender<Seen>,
}

impl RuntimeApi {
    /// Starts on a free port of loopback.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (events, to_hand_out) = mpsc::unbounded_channel();
        let (tell, seen) = mpsc::unbounded_channel();
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed_at_start))
            .with_state(Arc::new(Queued { events: Mutex::new(to_hand_out), seen: tell }));
        let server = tokio::spawn(async move {
            // Ends with the measurement.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, events, seen, server })
    }
}

async fn next(State(queued): State<Arc<Queued>>) -> Response<Body> {
    let _ = queued.seen.send(Seen::Polled(Instant::now()));
    let Some(event) = queued.events.lock().await.recv().await else {
        return Response::new(Body::empty());
    };
    let deadline = tenon_platform::Clock::system().now_ms() + 10_000;
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "bench-request")
        .header("lambda-runtime-deadline-ms", deadline)
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench")
        .body(Body::from(event));
    response.unwrap_or_default()
}

async fn answered(State(queued): State<Arc<Queued>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let _ = queued.seen.send(Seen::Answered(body));
    StatusCode::ACCEPTED
}

async fn failed(State(queued): State<Arc<Queued>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    let _ = queued.seen.send(Seen::Failed(body));
    StatusCode::ACCEPTED
}

async fn failed_at_start(State(queued): State<Arc<Queued>>, body: Bytes) -> StatusCode {
    let _ = queued.seen.send(Seen::Failed(body));
    StatusCode::ACCEPTED
}
