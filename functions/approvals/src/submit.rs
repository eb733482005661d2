//! Takes ERP documents to the OA: consumer of the queue `approvals-submit`.

use async_trait::async_trait;
use std::time::Duration;
use tenon_connectors::b1::release_sessions;
use tenon_flows::approvals::submit;
use tenon_model::message::{Envelope, Submit, Work};
use tenon_platform::consumer::{Worker, misplaced};
use tenon_platform::{Context, Error, Result};

/// The queue's worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Submitter;

fn body(envelope: &Envelope) -> Result<&Submit> {
    match &envelope.body {
        Work::Submit(submit) => Ok(submit),
        _ => Err(misplaced(envelope, "approvals-submit")),
    }
}

#[async_trait]
impl Worker for Submitter {
    async fn handle(&self, ctx: &Context, envelope: &Envelope) -> Result<()> {
        submit::submit(ctx, &envelope.tenant, body(envelope)?).await.map(|_| ())
    }

    async fn abandoned(&self, ctx: &Context, envelope: &Envelope, error: &Error) -> Result<()> {
        match body(envelope) {
            Ok(message) => submit::abandoned(ctx, &envelope.tenant, message, error).await,
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
