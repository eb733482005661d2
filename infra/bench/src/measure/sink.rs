//! A receiver of webhooks that answers 200 at once and counts what came.

use axum::Router;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tenon_bench::Result;
use tokio::net::TcpListener;

/// The receiver.
pub struct Sink {
    /// Where it is; any path below will do.
    pub url: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    all: AtomicUsize,
    ids: Mutex<HashSet<String>>,
}

impl Sink {
    /// Starts it on a port of its own.
    ///
    /// # Errors
    /// When the system has no port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let seen = Arc::new(Seen::default());
        let router = Router::new().fallback(receive).with_state(Arc::clone(&seen));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, seen })
    }

    /// How many requests came.
    pub fn all(&self) -> usize {
        self.seen.all.load(Ordering::Relaxed)
    }

    /// How many different deliveries came.
    pub fn distinct(&self) -> usize {
        self.seen.ids.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

async fn receive(State(seen): State<Arc<Seen>>, headers: HeaderMap, _body: axum::body::Bytes) -> StatusCode {
    let Some(id) = headers.get("webhook-id").and_then(|id| id.to_str().ok()) else { return StatusCode::BAD_REQUEST };
    seen.all.fetch_add(1, Ordering::Relaxed);
    seen.ids.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    StatusCode::OK
}
