//! A socket, a clock and the delivery of callbacks in front of a [`Sandbox`].

use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::sandbox::{Outcome, Sandbox};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tenon_local_http::Guard;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How often the delivery loop looks for due callbacks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Serves a sandbox on a listener, with the machine's clock, until `shutdown` is ready. Latency is
/// waited for, a dropped request closes its connection without an answer, and due callbacks are
/// posted to the callback URL. Open connections and deliveries end with it. Web pages get no answer, but for
/// the login pages that people see: they could decide every approval here.
pub async fn serve(listener: TcpListener, sandbox: Sandbox, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let mut tasks = JoinSet::new();
    let guard = listener.local_addr().ok().map(Guard::of).map(Arc::new);
    tasks.spawn(deliver(sandbox.clone()));
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                tasks.spawn(connection(stream, sandbox.clone(), guard.clone()));
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// A connection that ends without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox dropped the connection")
    }
}

impl std::error::Error for Dropped {}

async fn connection(stream: TcpStream, sandbox: Sandbox, guard: Option<Arc<Guard>>) {
    let service = service_fn(move |request| answer(sandbox.clone(), guard.clone(), request));
    // An error of the service makes hyper close the connection, which is what a dropped request is.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    sandbox: Sandbox,
    guard: Option<Arc<Guard>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let is_page = crate::odoo::PAGES.contains(&parts.uri.path());
    let refusal = |guard: Arc<Guard>| if is_page { guard.refusal_of_page(&parts) } else { guard.refusal(&parts) };
    if let Some(refusal) = guard.and_then(refusal) {
        return Ok(refusal.map(Full::new));
    }
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    match sandbox.handle(now_ms(), Request::from_parts(parts, body)) {
        Outcome::Answer { response, after } => {
            tokio::time::sleep(after).await;
            Ok(response.map(Full::new))
        }
        Outcome::Dropped { after, .. } => {
            tokio::time::sleep(after).await;
            Err(Dropped)
        }
    }
}

async fn deliver(sandbox: Sandbox) {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let Ok(client) = client else { return };
    let mut under_way = JoinSet::new();
    loop {
        for delivery in sandbox.due_callbacks(now_ms()) {
            under_way.spawn(post(client.clone(), sandbox.clone(), delivery));
        }
        while under_way.try_join_next().is_some() {}
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn post(client: reqwest::Client, sandbox: Sandbox, delivery: CallbackDelivery) {
    let mut call = client.post(&delivery.url).timeout(delivery.answer_within).body(delivery.body);
    for (name, value) in delivery.headers {
        call = call.header(name, value);
    }
    let sent = call.send().await;
    let outcome = match sent {
        Ok(response) => {
            let status = response.status().as_u16();
            match response.bytes().await {
                Ok(body) => CallbackOutcome::Answered { status, body },
                Err(_) => CallbackOutcome::NoAnswer,
            }
        }
        Err(_) => CallbackOutcome::NoAnswer,
    };
    sandbox.callback_result(now_ms(), delivery.id, outcome);
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
