//! Entry points of the Lambda functions. `main` of a function names its handler and nothing else.

use crate::consumer::{Worker, consume};
use crate::context::Context;
use crate::dispatch::Dispatch;
use crate::error::Result;
use crate::http_event;
use crate::queue::QueueName;
use crate::telemetry;
use aws_lambda_events::sqs::SqsEvent;
use futures::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use std::convert::Infallible;
use std::time::Duration;

/// A schedule handler. An error fails the invocation, which raises the function's alarm.
pub type ScheduleHandler = for<'a> fn(&'a Context) -> BoxFuture<'a, Result<()>>;

/// What `main` returns.
pub type Exit = std::result::Result<(), lambda_runtime::Error>;

/// Serves an HTTP function.
pub fn serve_http(context: impl FnOnce() -> Result<Context>, function: &'static dyn Dispatch) -> Exit {
    block_on(context, |ctx| async move {
        let ctx = &ctx;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
            let ctx = &within(ctx, &event.context);
            let response = http_event::answer(event.payload, |request| function.answer(ctx, request)).await;
            Ok::<_, Infallible>(http_event::response(response))
        }))
        .await
    })
}

/// Serves an HTTP function that needs no world: no table, no queue, no settings.
pub fn serve_plain(function: &'static dyn Dispatch<()>) -> Exit {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let response = http_event::answer(event.payload, |request| function.answer(&(), request)).await;
        Ok::<_, Infallible>(http_event::response(response))
    })))
}

/// Serves a queue consumer.
pub fn serve_queue(context: impl FnOnce() -> Result<Context>, queue: QueueName, worker: impl Worker) -> Exit {
    block_on(context, |ctx| async move {
        let (ctx, queue, worker) = (&ctx, &queue, &worker);
        lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
            Ok::<_, Infallible>(consume(&within(ctx, &event.context), queue, worker, event.payload).await)
        }))
        .await
    })
}

/// Serves a schedule.
pub fn serve_schedule(context: impl FnOnce() -> Result<Context>, handler: ScheduleHandler) -> Exit {
    block_on(context, |ctx| async move {
        let ctx = &ctx;
        lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
            handler(&within(ctx, &event.context)).await.map_err(|error| lambda_runtime::Diagnostic {
                error_type: error.code.to_owned(),
                error_message: error.to_string(),
            })
        }))
        .await
    })
}

/// A function of a binary that holds several: its name, and what serves it.
pub type Named<'n> = (&'n str, fn() -> Exit);

/// Serves the function that `TENON_FUNCTION` names, of those that are in one binary.
pub fn serve_named(functions: &[Named<'_>]) -> Exit {
    let wanted = std::env::var("TENON_FUNCTION").unwrap_or_default();
    match functions.iter().find(|(name, _)| *name == wanted) {
        Some((_, serve)) => serve(),
        None => {
            let names: Vec<&str> = functions.iter().map(|(name, _)| *name).collect();
            Err(format!("TENON_FUNCTION is `{wanted}`; this binary holds {}", names.join(", ")).into())
        }
    }
}

/// The world until Lambda ends the process.
fn within(ctx: &Context, invocation: &lambda_runtime::Context) -> Context {
    let left = i64::try_from(invocation.deadline).unwrap_or(i64::MAX).saturating_sub(ctx.now_ms());
    ctx.within(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
}

/// One thread is enough: a Lambda environment handles one event at a time.
fn block_on<F: Future<Output = Exit>>(
    context: impl FnOnce() -> Result<Context>,
    serve: impl FnOnce(Context) -> F,
) -> Exit {
    telemetry::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move { serve(context()?).await })
}
