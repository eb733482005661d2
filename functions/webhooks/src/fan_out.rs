//! Makes the deliveries of events: consumer of the queue `webhook-fan-out`.

use async_trait::async_trait;
use tenon_delivery::fan_out;
use tenon_model::message::{Envelope, Work};
use tenon_model::webhook::FanOut;
use tenon_platform::consumer::{Worker, misplaced};
use tenon_platform::{Context, Error, Result};

/// The queue's worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct FanOuter;

fn body(envelope: &Envelope) -> Result<&FanOut> {
    match &envelope.body {
        Work::FanOut(work) => Ok(work),
        _ => Err(misplaced(envelope, "webhook-fan-out")),
    }
}

#[async_trait]
impl Worker for FanOuter {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        fan_out::fan_out(ctx, &envelope.tenant, &body(envelope)?.event).await
    }

    /// The event stays as it is, not fanned out, and its message in the dead-letter queue can be put back.
    async fn abandoned(&self, _: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        if let Ok(work) = body(envelope) {
            tracing::error!(tenant = %envelope.tenant, event = %work.event, error.code = error.code, "an event was not fanned out");
        }
        Ok(())
    }
}
