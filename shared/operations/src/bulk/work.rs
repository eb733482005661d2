//! The second part of a job: its runs are put back one by one.

use super::record::{self, Item, Job, Outcome, State};
use super::{contended, job as message, listing};
use crate::runs::RETRIED;
use std::time::Duration;
use tenon_flows::kinds::Retried;
use tenon_flows::operator;
use tenon_model::TenantId;
use tenon_model::run::RunStatus;
use tenon_platform::table::{Expect, Outcome as Written, Stored};
use tenon_platform::{Context, Error, Rejection, Result, Retry, outbox, runs};

/// Items of one slice.
const SLICE: usize = 20;
/// Of the time a slice has, what is kept for storing how far it came.
const TO_STORE: Duration = Duration::from_secs(15);

/// Works one slice of a job, and has it go on.
///
/// # Errors
/// Those of the table and the queue.
pub async fn work(ctx: &Context, tenant: &TenantId, id: &str) -> Result<()> {
    let Some(Stored { version, data: job, .. }) = record::get(ctx, tenant, id).await? else { return Ok(()) };
    match job.state {
        State::Listing => list(ctx, tenant, job, version).await,
        State::Working => put_back(ctx, tenant, job).await,
        State::Done | State::Cancelled | State::Failed => Ok(()),
    }
}

async fn list(ctx: &Context, tenant: &TenantId, mut job: Job, version: u64) -> Result<()> {
    let mut writes = listing::page(ctx, tenant, &mut job).await.map_err(error_of)?;
    job.updated_ms = ctx.now_ms();
    let next = message::promise(ctx, tenant, &job.id)?;
    writes.push(record::put(tenant, &job, Expect::Version(version))?);
    writes.push(next.write()?);
    match ctx.table.transact(writes).await? {
        Written::Done => next.send(ctx).await,
        // It was cancelled, or a copy of the message was worked at the same time: whose write came first goes on.
        Written::Conflict => Ok(()),
    }
}

/// A listing fails by the table alone: its filter was read when the job was begun.
fn error_of(rejection: Rejection) -> Error {
    match rejection {
        Rejection::Failed(error) => error,
        other => Error::permanent("run.job-filter", other.message()),
    }
}

async fn put_back(ctx: &Context, tenant: &TenantId, mut job: Job) -> Result<()> {
    let from = job.next;
    let mut results = Vec::new();
    let mut upto = from;
    for stored in record::items(ctx, tenant, &job.id, from, SLICE).await? {
        // The rest of the slice has a message of its own, and nothing is taken once the job is cancelled.
        if ctx.time_for(TO_STORE).is_err() || !is_working(ctx, tenant, &job.id).await? {
            break;
        }
        let item = one(ctx, tenant, &job, stored).await?;
        upto = item.number + 1;
        results.push(item.outcome);
    }
    for _ in 0..8 {
        let Some(Stored { version, data: now, .. }) = record::get(ctx, tenant, &job.id).await? else { return Ok(()) };
        job = now;
        if job.next != from {
            // A copy of the message was worked at the same time, and has counted these items.
            return Ok(());
        }
        results.iter().for_each(|outcome| job.count(*outcome));
        job.next = upto;
        job.updated_ms = ctx.now_ms();
        if job.state == State::Working && job.next >= job.total {
            job.state = State::Done;
        }
        if store(ctx, tenant, &job, version).await? {
            return Ok(());
        }
    }
    Err(contended("the job keeps being changed by others; it goes on later"))
}

/// Stores the job with the promise of its next slice; `false` when it has changed since it was read.
async fn store(ctx: &Context, tenant: &TenantId, job: &Job, version: u64) -> Result<bool> {
    let next = match job.state {
        State::Working => Some(message::promise(ctx, tenant, &job.id)?),
        _ => None,
    };
    let mut writes = vec![record::put(tenant, job, Expect::Version(version))?];
    writes.extend(next.as_ref().map(outbox::Entry::write).transpose()?);
    if ctx.table.transact(writes).await? == Written::Conflict {
        return Ok(false);
    }
    match next {
        Some(next) => next.send(ctx).await?,
        None => {
            tracing::info!(tenant = %tenant, job = %job.id, state = job.state.word(), queued = job.queued, skipped = job.skipped, failed = job.failed, "a job that retries runs has ended");
        }
    }
    Ok(true)
}

async fn is_working(ctx: &Context, tenant: &TenantId, id: &str) -> Result<bool> {
    let job = record::get(ctx, tenant, id).await?;
    Ok(job.is_some_and(|stored| stored.data.state == State::Working))
}

/// Puts one run back, unless that was done before.
async fn one(ctx: &Context, tenant: &TenantId, job: &Job, stored: Stored<Item>) -> Result<Item> {
    let Stored { version, data: mut item, .. } = stored;
    if !matches!(item.outcome, Outcome::Pending | Outcome::Taken) {
        return Ok(item);
    }
    let run = runs::get(ctx, tenant, &item.run).await?;
    let Some(run) = run.filter(|run| run.status == RunStatus::Failed) else {
        // One that was in hand when its process died was put back then.
        let (outcome, text) = match item.outcome {
            Outcome::Taken => (Outcome::Queued, "was put back"),
            _ => (Outcome::Skipped, "does not stand as failed any more; nothing to retry"),
        };
        return settled(ctx, tenant, job, (item, version), (outcome, text.to_owned(), None)).await;
    };
    if item.outcome == Outcome::Taken && was_put_back(ctx, tenant, &item).await? {
        let text = "was put back, and failed again".to_owned();
        return settled(ctx, tenant, job, (item, version), (Outcome::Queued, text, None)).await;
    }
    item.outcome = Outcome::Taken;
    item.at_ms = Some(ctx.now_ms());
    let take = record::put_item(tenant, job, &item, Expect::Version(version))?;
    if ctx.table.write(take).await? == Written::Conflict {
        return Err(contended("an item is in the hands of another process; the job goes on later"));
    }
    let done = operator::retry(ctx, tenant, &run.id).await;
    tenon_connectors::erp::release(ctx).await;
    let ended = match done {
        Ok(Retried::Nothing(text)) => (Outcome::Skipped, text, None),
        Ok(Retried::PutBack(text) | Retried::Settled(text)) => (Outcome::Queued, text, None),
        Err(error) if error.code.starts_with("platform.") && error.retry != Retry::Permanent => return Err(error),
        Err(error) => (Outcome::Failed, error.to_string(), Some(error.code.to_owned())),
    };
    settled(ctx, tenant, job, (item, version + 1), ended).await
}

/// Whether the run's history tells of a retry since the item was taken.
async fn was_put_back(ctx: &Context, tenant: &TenantId, item: &Item) -> Result<bool> {
    let since = item.at_ms.unwrap_or(i64::MAX);
    let steps = runs::steps(ctx, tenant, &item.run).await?;
    Ok(steps.iter().rev().any(|step| step.name == RETRIED && step.started_ms >= since))
}

async fn settled(
    ctx: &Context,
    tenant: &TenantId,
    job: &Job,
    (mut item, version): (Item, u64),
    (outcome, text, code): (Outcome, String, Option<String>),
) -> Result<Item> {
    item.outcome = outcome;
    item.message = text;
    item.code = code;
    item.at_ms.get_or_insert(ctx.now_ms());
    let write = record::put_item(tenant, job, &item, Expect::Version(version))?;
    match ctx.table.write(write).await? {
        Written::Done => Ok(item),
        Written::Conflict => Err(contended("an item is in the hands of another process; the job goes on later")),
    }
}

/// The message is given up: so is the job, and says why.
///
/// # Errors
/// Those of the table.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, id: &str, error: &Error) -> Result<()> {
    let Some(Stored { version, data: mut job, .. }) = record::get(ctx, tenant, id).await? else { return Ok(()) };
    if !job.state.has_ended() {
        job.state = State::Failed;
        job.code = Some(error.code.to_owned());
        job.updated_ms = ctx.now_ms();
        ctx.table.write(record::put(tenant, &job, Expect::Version(version))?).await?;
    }
    Ok(())
}
