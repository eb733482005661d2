//! The loop that accepts, and what becomes of a connection.

use crate::Limits;
use crate::connections::{Connections, Seat};
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// What is read and thrown away of a body that is too long, so that its sender gets to read the answer.
const LONGEST_WASTE: usize = 64 * 1024 * 1024;
/// Between two tries to accept while there are too many open files.
const BREATH: Duration = Duration::from_millis(20);

/// A request as it arrived.
#[derive(Debug)]
pub struct Arrival {
    /// Method, target and headers.
    pub parts: Parts,
    /// The body, or what is wrong with it.
    pub body: Result<Bytes, Fault>,
    /// The other end of the connection.
    pub peer: SocketAddr,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is longer than it may be.
    TooLong,
    /// It took longer to arrive than it may.
    TooSlow,
}

/// Answers requests.
pub trait Service: Send + Sync + 'static {
    /// An answer that needs no body: a refusal. `crowded` says that so many requests are being answered
    /// that only what matters most shall be.
    fn turn_away(&self, _request: &Parts, _crowded: bool) -> Option<Response<Bytes>> {
        None
    }

    /// The answer; none ends the connection without one.
    fn answer(&self, arrival: Arrival) -> impl Future<Output = Option<Response<Bytes>>> + Send;
}

/// Serves a listener until `stop` is ready. Requests that are being answered then have until the limits'
/// end; what has not arrived does not hold it up.
pub async fn serve<S: Service>(listener: TcpListener, service: S, limits: Limits, stop: impl Future<Output = ()>) {
    let (service, connections) = (Arc::new(service), Connections::new(limits.connections));
    let (stopping, stopped) = watch::channel(false);
    let mut stop = pin!(stop);
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => if let Some(seat) = connections.enter(limits.headers) {
                    let visit = Visit { service: Arc::clone(&service), connections: Arc::clone(&connections), seat, limits, peer };
                    tasks.spawn(connection(stream, Arc::new(visit), stopped.clone()));
                },
                // A connection that failed before it was accepted is its client's loss only; when there are
                // too many, one has to end first.
                Err(error) => {
                    tracing::debug!(error.message = %error, "a connection could not be accepted");
                    connections.make_room();
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
    drop(listener);
    stopping.send_replace(true);
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.end, all).await.is_err() {
        tracing::warn!("requests that were still being answered were cut off");
    }
}

/// One connection and where it came from.
struct Visit<S> {
    service: Arc<S>,
    connections: Arc<Connections>,
    seat: Seat,
    limits: Limits,
    peer: SocketAddr,
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was dropped")
    }
}

impl std::error::Error for Dropped {}

async fn connection<S: Service>(stream: TcpStream, visit: Arc<Visit<S>>, mut stopped: watch::Receiver<bool>) {
    // Answers are written at once and whole; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let of_requests = Arc::clone(&visit);
    let service = service_fn(move |request| request_of(Arc::clone(&of_requests), request));
    // The time limits are the seat's: hyper's own knows neither bodies nor slow readers.
    let http = http1::Builder::new()
        .max_buf_size(LONGEST_HEAD)
        .header_read_timeout(None)
        // A client that has said all it has to say, or went away: what it asked for is carried out, as Lambda
        // does, and not dropped halfway.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let mut http = pin!(http);
    tokio::select! {
        _ = http.as_mut() => return,
        () = visit.seat.dismissed() => return,
        () = visit.seat.overdue(None) => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    http.as_mut().graceful_shutdown();
    tokio::select! {
        _ = http => {}
        () = visit.seat.dismissed() => {}
        () = visit.seat.overdue(Some(visit.limits.grace)) => {}
    }
}

async fn request_of<S: Service>(
    visit: Arc<Visit<S>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (parts, body) = request.into_parts();
    let (seat, limits) = (&visit.seat, &visit.limits);
    let crowded = visit.connections.working() >= limits.ordinary();
    let answer = match visit.service.turn_away(&parts, crowded) {
        Some(refusal) => Some(last(refusal)),
        None => {
            seat.wait(limits.body);
            let body = read(&parts, body, limits).await?;
            seat.work();
            let whole = body.is_ok();
            let answer = visit.service.answer(Arrival { parts, body, peer: visit.peer }).await;
            if whole { answer } else { answer.map(last) }
        }
    };
    // From here on its client has to take the answer, and may ask again.
    seat.wait(limits.idle);
    answer.map(|response| response.map(Full::new)).ok_or(Dropped)
}

/// An answer after which the connection ends: what is left of the request is not read.
fn last(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn read(parts: &Parts, mut body: Incoming, limits: &Limits) -> Result<Result<Bytes, Fault>, Dropped> {
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LONGEST_WASTE) {
        return Ok(Err(Fault::TooLong));
    }
    let arriving = async {
        let (mut kept, mut length) = (BytesMut::new(), 0);
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| Dropped)?.into_data() else { continue };
            length += data.len();
            if length > LONGEST_WASTE {
                break;
            }
            if length <= limits.longest_body {
                kept.extend_from_slice(&data);
            }
        }
        Ok(if length > limits.longest_body { Err(Fault::TooLong) } else { Ok(kept.freeze()) })
    };
    // The seat would end the connection at the same moment, without a word.
    let patience = limits.body.saturating_sub(limits.body / 20);
    tokio::time::timeout(patience, arriving).await.unwrap_or(Ok(Err(Fault::TooSlow)))
}
