//! Works jobs that push a range of time again: consumer of the queue `webhook-resend`.

use async_trait::async_trait;
use tenon_delivery::jobs;
use tenon_model::message::{Envelope, Work};
use tenon_model::webhook::Resend;
use tenon_platform::consumer::{Worker, misplaced};
use tenon_platform::{Context, Error, Result};

/// The queue's worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resender;

fn body(envelope: &Envelope) -> Result<&Resend> {
    match &envelope.body {
        Work::Resend(work) => Ok(work),
        _ => Err(misplaced(envelope, "webhook-resend")),
    }
}

#[async_trait]
impl Worker for Resender {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        jobs::work(ctx, &envelope.tenant, body(envelope)?).await
    }

    async fn abandoned(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        match body(envelope) {
            Ok(work) => jobs::abandoned(ctx, &envelope.tenant, work, error).await,
            Err(_) => Ok(()),
        }
    }
}
