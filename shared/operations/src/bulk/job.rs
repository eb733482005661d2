//! The work of the queue `bulk-retry`.

use super::work;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::BULK_RETRY;
use tenon_platform::{Context, Error, Result};

/// What a message says: the next slice of this job is to be worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkWork {
    /// The job.
    pub job: String,
}

/// Retries the runs of a job, slice by slice.
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkRetrier;

impl Job for BulkRetrier {
    type Message = BulkWork;
    const NAME: &'static str = "bulk-retry";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<BulkWork>) -> BoxFuture<'a, Result<()>> {
        Box::pin(work::work(ctx, &message.tenant, &message.body.job))
    }

    fn on_dead_letter<'a>(
        &'a self,
        ctx: &'a Context,
        message: &'a Envelope<BulkWork>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(work::on_dead_letter(ctx, &message.tenant, &message.body.job, error))
    }

    fn at_once(&self) -> usize {
        1
    }

    fn needs(&self) -> Duration {
        Duration::from_secs(30)
    }
}

/// Promises the next slice of a job.
pub(super) fn promise(ctx: &Context, tenant: &TenantId, job: &str) -> Result<Entry> {
    let id = ctx.entropy.id("m-", ctx.now_ms())?;
    Entry::of(ctx, &BULK_RETRY, &Envelope::new(BulkRetrier::NAME, id, tenant, BulkWork { job: job.to_owned() }))
}
