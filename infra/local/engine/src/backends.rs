//! The engines behind sockets, for functions that run as processes of their own.

use dynoxide::Database;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::service::SqsHttpService;
use serde_json::json;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tenon_platform::error::{Error, Result};
use tenon_platform::queue::QueueName;
use tokio::net::TcpListener;

/// Account of the queues' ARNs and URLs.
const ACCOUNT: &str = "000000000000";
/// Region of the queues' ARNs.
const REGION: &str = "us-east-1";

/// Serves a database as DynamoDB until `stop` is ready. Bind the listener to loopback: nobody is
/// asked for credentials.
///
/// # Errors
/// `engine.serve` when the server fails.
pub async fn serve_dynamodb(
    listener: TcpListener,
    database: Database,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let served = dynoxide::server::serve_with_shutdown(listener, database, stop).await;
    served.map_err(|e| Error::permanent("engine.serve", e).during("serve DynamoDB"))
}

/// Serves queues as SQS, each with a queue for its dead letters, to which a message goes after
/// `max_receives` receives, until `stop` is ready. They live
/// in memory and end with the process. Bind the listener to loopback: nobody is asked for
/// credentials.
///
/// # Errors
/// `engine.serve` when a queue cannot be made or the listener has no address.
pub async fn serve_sqs(
    listener: TcpListener,
    queues: &[&str],
    max_receives: u32,
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
    let service = SqsHttpService::new(Arc::new(RustackSqsHandler::new(Arc::clone(&provider))), Default::default());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        // A connection that failed before it was accepted is its client's loss only; when there are
        // too many, some have to end first.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let service = service.clone();
        tokio::spawn(async move {
            let served = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            if let Err(error) = served {
                tracing::debug!(%error, "an SQS connection ended");
            }
        });
    }
    provider.shutdown_all().await;
    Ok(())
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
    Error::permanent("engine.serve", error.to_string()).during("serve SQS")
}
