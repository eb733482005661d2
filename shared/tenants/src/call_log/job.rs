//! Enters signed calls in their tenants' logs: the work of the queue `openapi-log`.
//!
//! The counters of an app are one record for all its calls of a day, so transactions of one call each
//! would stand in each other's way. The messages of a batch are therefore entered together; each is
//! answered for only once its own record is stored.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::TenantId;
use tenon_model::call::CallRecord;
use tenon_model::message::Envelope;
use tenon_platform::job::BoxFuture;
use tenon_platform::job::Job;
use tenon_platform::{Context, Error, Result};
use tokio::sync::oneshot;

/// Messages of one batch, at most, as the event source mapping hands them over.
const BATCH: usize = 100;

/// The worker.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallLogger;

/// Records of the batch whose turn has not come.
#[derive(Default)]
struct Gathered {
    waiting: Mutex<Vec<Waiting>>,
    writing: tokio::sync::Mutex<()>,
}

struct Waiting {
    tenant: TenantId,
    record: CallRecord,
    stored: oneshot::Sender<Result<()>>,
}

impl Job for CallLogger {
    type Message = CallRecord;
    const NAME: &'static str = "log-call";

    fn run<'a>(&'a self, ctx: &'a Context, message: &'a Envelope<CallRecord>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let gathered = ctx.extensions.get_or_init::<Gathered>();
            let (stored, mut answer) = oneshot::channel();
            let waiting = Waiting { tenant: message.tenant.clone(), record: message.body.clone(), stored };
            gathered.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waiting);
            // The rest of the batch is gathered before the first is written.
            tokio::task::yield_now().await;
            let _writing = gathered.writing.lock().await;
            if let Ok(outcome) = answer.try_recv() {
                return outcome;
            }
            let all = std::mem::take(&mut *gathered.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            enter(ctx, all).await;
            // Whoever had the turn before and died took this record along without an answer.
            answer.try_recv().unwrap_or_else(|_| {
                Err(Error::transient("platform.message", "the call was taken up with others and given up with them"))
            })
        })
    }

    fn on_dead_letter<'a>(
        &'a self,
        _: &'a Context,
        message: &'a Envelope<CallRecord>,
        error: &'a Error,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            tracing::error!(tenant = %message.tenant, call = %message.id, error.code = error.code, error.message = %error, "call is not in the log");
            Ok(())
        })
    }

    fn at_once(&self) -> usize {
        BATCH
    }
}

/// Enters what waits, tenant by tenant, and tells each how its tenant's went.
async fn enter(ctx: &Context, all: Vec<Waiting>) {
    let mut by_tenant: HashMap<TenantId, Vec<Waiting>> = HashMap::new();
    for waiting in all {
        by_tenant.entry(waiting.tenant.clone()).or_default().push(waiting);
    }
    for (tenant, group) in by_tenant {
        let records = group.iter().map(|w| w.record.clone()).collect();
        let outcome = super::enter(ctx, &tenant, records).await;
        for waiting in group {
            // Nobody waits for an answer any more when the batch was given up.
            let _ = waiting.stored.send(outcome.clone());
        }
    }
}
