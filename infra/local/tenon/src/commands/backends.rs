//! `tenon up --backends`: DynamoDB and SQS on loopback for functions under `cargo lambda watch`, and the
//! pump and schedules that call them there.

use crate::commands::apply;
use crate::commands::up::{UpArgs, bind, passphrase};
use crate::environment::{DataDir, Queues, Running, loopback_sqs};
use crate::output::{Failure, Out};
use crate::serve::{pump, ticker};
use crate::signals::Signals;
use aws_lambda_events::sqs::SqsBatchResponse;
use http::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tenon_catalog::QUEUES;
use tenon_engine::{Local, backends};
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::{Queue, QueueName};
use tenon_platform::sqs::SqsQueue;
use tenon_platform::{Clock, Entropy};

/// Where `scripts/watch.sh` expects them.
const DYNAMODB: ([u8; 4], u16) = ([127, 0, 0, 1], 9520);
const SQS: ([u8; 4], u16) = ([127, 0, 0, 1], 9521);

/// Serves the backends until interrupted.
pub async fn backends(args: UpArgs, dir: &DataDir, mut signals: Signals, out: &Out) -> Result<(), Failure> {
    let key = dir.master_key()?;
    let local = Local::open(&dir.database(), Clock::system()).await?;
    let ctx = local.context(Arc::new(HttpClient::new()), Entropy::system(), key)?;
    dir.identify(&ctx).await?;
    if let Some(file) = &args.config {
        apply::apply_file(&ctx, file, false, out).await?;
    }
    let (dynamodb, sqs) = (bind(SocketAddr::from(DYNAMODB)).await?, bind(SocketAddr::from(SQS)).await?);
    let sqs_address = sqs.local_addr().map_err(|e| Failure::outside(e.to_string()))?;
    let secret = passphrase()?;
    let (database, of_table) = (local.database.clone(), secret.clone());
    tokio::spawn(async move {
        if let Err(error) = backends::serve_dynamodb(dynamodb, database, of_table, std::future::pending()).await {
            tracing::error!(error.message = %error, "DynamoDB stopped");
        }
    });
    let names: Vec<&'static str> = QUEUES.iter().map(|q| q.name).collect();
    let of_queues = secret.clone();
    tokio::spawn(async move {
        let most = tenon_engine::queue::MAX_RECEIVES;
        if let Err(error) = backends::serve_sqs(sqs, &names, most, of_queues, std::future::pending()).await {
            tracing::error!(error.message = %error, "SQS stopped");
        }
    });
    let dynamodb_url = format!("http://{}", SocketAddr::from(DYNAMODB));
    dir.announce(&Running {
        pid: std::process::id(),
        url: format!("http://{}", args.lambda),
        dynamodb: dynamodb_url.clone(),
        queues: Queues::Sqs(sqs_address),
        secret: secret.expose().to_owned(),
    })?;
    out.note(&format!("DynamoDB on {dynamodb_url}, table {}; SQS on http://{sqs_address}", ctx.table.name()));
    out.note(&format!("calling functions at http://{}; start them with scripts/watch.sh", args.lambda));
    out.note("both ask for the secret in running.json, as the id of the access key; scripts/watch.sh reads it there");
    out.note("stop with Ctrl-C; what is queued ends with it, what is in the table stays");

    let queue = loopback_sqs(sqs_address, secret.expose(), dir.master_key()?);
    for (name, spec, _) in pump::consumers() {
        let (queue, lambda) = (queue.clone(), args.lambda);
        let function = tenon_catalog::consumer(spec.name).map_or(spec.name, |f| f.name);
        tokio::spawn(async move {
            loop {
                if let Err(error) = pump_once(&queue, &name, function, spec.batch_size, lambda).await {
                    tracing::warn!(queue = %name, error.message = %error, "functions could not be called; is `cargo lambda watch` running?");
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        });
    }
    for (function, _) in ticker::schedules() {
        let lambda = args.lambda;
        tokio::spawn(async move {
            let mut minutes = tokio::time::interval(Duration::from_secs(60));
            loop {
                minutes.tick().await;
                if let Err(error) = invoke(lambda, function.name, &json!({ "source": "tenon.local" })).await {
                    tracing::warn!(schedule = function.name, error.message = %error, "the schedule could not be called");
                }
            }
        });
    }
    signals.next().await;
    dir.withdraw();
    Ok(())
}

async fn pump_once(
    queue: &SqsQueue,
    name: &QueueName,
    function: &str,
    most: u32,
    lambda: SocketAddr,
) -> Result<(), tenon_platform::Error> {
    let messages = queue.receive(name, most, Duration::from_secs(180)).await?;
    if messages.is_empty() {
        return Ok(());
    }
    let event = serde_json::to_value(pump::event(name, &messages))
        .map_err(|e| tenon_platform::Error::permanent("platform.message", e.to_string()))?;
    let answer = match invoke(lambda, function, &event).await {
        Ok(answer) => answer,
        Err(error) => {
            for message in &messages {
                queue.release(name, &message.receipt, Duration::from_secs(2)).await?;
            }
            return Err(error);
        }
    };
    let response: SqsBatchResponse = serde_json::from_value(answer).unwrap_or_default();
    for message in &messages {
        if !response.batch_item_failures.iter().any(|f| f.item_identifier == message.id) {
            queue.delete(name, &message.receipt).await?;
        }
    }
    Ok(())
}

/// Calls a function as Lambda's invoke API does.
async fn invoke(lambda: SocketAddr, function: &str, event: &Value) -> Result<Value, tenon_platform::Error> {
    let mut call = Call::new(Method::POST, format!("http://{lambda}/2015-03-31/functions/{function}/invocations"));
    call.body = event.to_string().into();
    call.timeout = Duration::from_secs(300);
    let failed = |why: String| tenon_platform::Error::transient("local.invoke", why).during(function);
    let answer = HttpClient::new().call(call).await.map_err(|f| failed(f.message().to_owned()))?;
    if answer.status != 200 {
        return Err(failed(format!("HTTP {}: {}", answer.status, String::from_utf8_lossy(&answer.body))));
    }
    serde_json::from_slice(&answer.body).or(Ok(Value::Null))
}
