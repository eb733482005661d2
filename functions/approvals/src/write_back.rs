//! Takes decisions to the ERP: consumer of the queue `approvals-write-back`.

use async_trait::async_trait;
use std::time::Duration;
use tenon_connectors::b1::release_sessions;
use tenon_flows::decisions;
use tenon_model::message::{Envelope, Work, WriteBack};
use tenon_platform::consumer::{Worker, misplaced};
use tenon_platform::{Context, Error, Result};

/// The queue's worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteBacker;

fn body(envelope: &Envelope) -> Result<&WriteBack> {
    match &envelope.body {
        Work::WriteBack(write_back) => Ok(write_back),
        _ => Err(misplaced(envelope, "approvals-write-back")),
    }
}

#[async_trait]
impl Worker for WriteBacker {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        decisions::write_back(ctx, &envelope.tenant, body(envelope)?, envelope.attempt).await.map(|_| ())
    }

    async fn abandoned(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        match body(envelope) {
            Ok(message) => decisions::abandoned(ctx, &envelope.tenant, message, error).await,
            Err(_) => Ok(()),
        }
    }

    /// A whole batch: what bounds the work for one connection is its places, and whoever waits for one must
    /// not keep others.
    fn at_once(&self) -> usize {
        10
    }

    async fn finished(&self, ctx: &Context) {
        release_sessions(ctx).await;
    }

    /// Two slow calls to B1, and one to DingTalk.
    fn needs(&self) -> Duration {
        Duration::from_secs(60)
    }
}
