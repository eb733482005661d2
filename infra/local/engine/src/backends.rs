//! The engines behind sockets, for commands and functions that run as processes of their own on this
//! machine. Nobody else comes in: see [`tenon_local_http::Guard`].

use crate::in_process::{self, CONTENT_TYPE};
use bytes::Bytes;
use dynoxide::Database;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::body::SqsResponseBody;
use rustack_sqs_http::dispatch::dispatch_operation;
use rustack_sqs_http::response::error_to_response;
use rustack_sqs_http::router::resolve_operation;
use serde_json::json;
use std::future::Future;
use std::sync::Arc;
use tenon_local_http::{Arrival, Guard, Limits, Passphrase, Service};
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::QueueName;
use tokio::net::TcpListener;

/// Account of the queues' ARNs and URLs.
const ACCOUNT: &str = "000000000000";
/// Region of the queues' ARNs.
const REGION: &str = "us-east-1";

/// Serves a database as DynamoDB until `stop` is ready, to whoever signs with this secret as the id of the
/// access key. Bind the listener to loopback.
///
/// # Errors
/// `engine.serve` when the listener has no address.
pub async fn serve_dynamodb(
    listener: TcpListener,
    database: Database,
    secret: Passphrase,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let guard = guard(&listener, secret)?;
    tenon_local_http::serve(listener, Dynamo { database, guard }, limits(), stop).await;
    Ok(())
}

/// Serves queues as SQS, each with a queue for its dead letters, to which a message goes after
/// `max_receives` receives, until `stop` is ready, to whoever signs with this secret as the id of the
/// access key. They live in memory and end with the process. Bind the listener to loopback.
///
/// # Errors
/// `engine.serve` when a queue cannot be made or the listener has no address.
pub async fn serve_sqs(
    listener: TcpListener,
    queues: &[&str],
    max_receives: u32,
    secret: Passphrase,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let address = listener.local_addr().map_err(|e| refused(&e))?;
    let config = SqsConfig {
        skip_signature_validation: true,
        default_region: REGION.to_owned(),
        account_id: ACCOUNT.to_owned(),
        host: address.ip().to_string(),
        port: address.port(),
    };
    let provider = Arc::new(RustackSqs::new(config));
    for name in queues {
        make_queue(&provider, &QueueName::new(*name), max_receives).await?;
    }
    let guard = guard(&listener, secret)?;
    let sqs = Sqs { handler: RustackSqsHandler::new(Arc::clone(&provider)), guard };
    tenon_local_http::serve(listener, sqs, limits(), stop).await;
    provider.shutdown_all().await;
    Ok(())
}

fn guard(listener: &TcpListener, secret: Passphrase) -> Result<Guard> {
    Ok(Guard::of(listener.local_addr().map_err(|e| refused(&e))?).with_secret(secret))
}

/// A batch of DynamoDB's is at most 16 MB.
fn limits() -> Limits {
    Limits { longest_body: 16 << 20, ..Limits::for_commands() }
}

struct Dynamo {
    database: Database,
    guard: Guard,
}

impl Service for Dynamo {
    fn turn_away(&self, request: &Parts, _: bool) -> Option<Response<Bytes>> {
        self.guard.refusal(request)
    }

    async fn answer(&self, arrival: Arrival) -> Option<Response<Bytes>> {
        let Ok(body) = arrival.body else { return Some(plain(StatusCode::PAYLOAD_TOO_LARGE)) };
        if arrival.parts.method != Method::POST {
            return Some(plain(StatusCode::METHOD_NOT_ALLOWED));
        }
        let target = arrival.parts.headers.get("x-amz-target").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (status, body) = in_process::over_http(&self.database, target, &body);
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        Some(response)
    }
}

struct Sqs {
    handler: RustackSqsHandler,
    guard: Guard,
}

impl Service for Sqs {
    fn turn_away(&self, request: &Parts, _: bool) -> Option<Response<Bytes>> {
        self.guard.refusal(request)
    }

    async fn answer(&self, arrival: Arrival) -> Option<Response<Bytes>> {
        let Ok(body) = arrival.body else { return Some(plain(StatusCode::PAYLOAD_TOO_LARGE)) };
        if arrival.parts.method != Method::POST {
            return Some(plain(StatusCode::METHOD_NOT_ALLOWED));
        }
        let done = match resolve_operation(&arrival.parts.headers) {
            Ok(operation) => dispatch_operation(&self.handler, operation, body).await,
            Err(error) => Err(error),
        };
        Some(whole(done.unwrap_or_else(|error| error_to_response(&error, ""))).await)
    }
}

async fn whole(response: Response<SqsResponseBody>) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    // The body lies in memory: reading it cannot fail.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Response::from_parts(parts, body)
}

fn plain(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

/// The URL under which [`serve_sqs`] knows a queue.
pub fn queue_url(listener: std::net::SocketAddr, queue: &QueueName) -> String {
    format!("http://{listener}/{ACCOUNT}/{queue}")
}

async fn make_queue(provider: &RustackSqs, queue: &QueueName, max_receives: u32) -> Result<()> {
    let dead_letters = queue.dead_letters();
    let policy = json!({
        "deadLetterTargetArn": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_letters}"),
        "maxReceiveCount": max_receives,
    });
    for (name, attributes) in [(&dead_letters, json!({})), (queue, json!({ "RedrivePolicy": policy.to_string() }))] {
        let request = json!({ "QueueName": name.as_str(), "Attributes": attributes });
        let request = serde_json::from_value(request).map_err(|e| refused(&e))?;
        provider.create_queue(request).await.map_err(|e| refused(&e))?;
    }
    Ok(())
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    Error::permanent("engine.serve", error.to_string()).during("serve a backend")
}
