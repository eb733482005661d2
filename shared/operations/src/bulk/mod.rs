//! Trying many runs again: a job with a frozen filter. First its runs are listed, then they are put back one by one; each
//! has a result of its own. Every slice is one message, and stores how far it came in the transaction that promises the
//! next, so that a process may die between any two lines.

mod job;
mod listing;
mod record;
mod review;
mod work;

pub use job::{BulkRetrier, BulkWork};
pub(crate) use record::KINDS;
pub use record::{Item, Job, Outcome, State};
pub use review::{Review, SkippedRuns, Why, review, review_named};

use crate::runs::Filter;
use crate::{At, Page};
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;
use std::collections::HashMap;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{RunId, TenantId};
use tenon_platform::table::{Expect, Key, Range, Stored, Transacted, Write};
use tenon_platform::{Context, Error, ErrorKind, Rejection, audit};

/// Runs that may be named one by one.
pub const NAMED: usize = 500;
/// Longest reason, in characters.
const REASON: usize = 500;

/// Which runs a job takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Those a filter lets through, as they stand when the job is begun.
    Filter(Filter),
    /// These.
    Runs(Vec<RunId>),
}

/// An item as it is shown: with how its run stands now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownItem {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// How its run stands now; absent when it is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
}

/// Begins a job.
///
/// # Errors
/// 400 for a reason or runs that cannot be; what the table and the queue refuse.
pub async fn start(at: &At<'_>, wanted: Wanted, reason: &str) -> Result<Job, Rejection> {
    let ctx = at.ctx;
    if let Some(made) = ctx.once.made::<String>(ctx).await? {
        return get(ctx, at.tenant, &made).await;
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(Rejection::field("reason", format!("须说明原因，1至{REASON}个字符")));
    }
    let now = ctx.now_ms();
    let (filter, named) = match wanted {
        // What begins later is not part of it, however long the job takes.
        Wanted::Filter(filter) => {
            (Filter { to_ms: Some(filter.to_ms.map_or(now, |to| to.min(now))), ..filter }, vec![])
        }
        Wanted::Runs(runs) => (Filter::default(), checked(runs)?),
    };
    let job = Job::new(ctx.entropy.id("bk-", now)?, filter, named, (reason, &at.by.name), now);
    let promised = job::promise(ctx, at.tenant, &job.id)?;
    let detail = json!({ "filter": job.filter, "named": job.named.len(), "reason": job.reason });
    let mut writes = vec![
        record::put(at.tenant, &job, Expect::AbsentAt(now))?,
        promised.write()?,
        audit::write(ctx, at.tenant, at.by, ("start-bulk-retry", &job.id), detail)?,
    ];
    writes.extend(ctx.once.note(&job.id, now)?);
    match ctx.table.transact_each(writes).await? {
        Transacted::Done => {}
        Transacted::Conflict(_) => match ctx.once.made::<String>(ctx).await? {
            Some(made) => return get(ctx, at.tenant, &made).await,
            None => return Err(contended("another job has the same id; begin it again").into()),
        },
    }
    promised.send(ctx).await?;
    Ok(job)
}

fn checked(mut runs: Vec<RunId>) -> Result<Vec<RunId>, Rejection> {
    runs.sort();
    runs.dedup();
    let fits = |id: &RunId| {
        let text = id.as_str();
        (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if runs.is_empty() || runs.len() > NAMED {
        return Err(Rejection::field("runs", format!("须为1至{NAMED}个运行编号")));
    }
    match runs.iter().position(|id| !fits(id)) {
        Some(place) => Err(Rejection::field(&format!("runs[{place}]"), "不是运行编号")),
        None => Ok(runs),
    }
}

/// A job.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn get(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Job, Rejection> {
    Ok(stored(ctx, tenant, id).await?.data)
}

async fn stored(ctx: &Context, tenant: &TenantId, id: &str) -> Result<Stored<Job>, Rejection> {
    let missing = || Rejection::NotFound(Cow::Owned(format!("没有批量重试任务{id}")));
    record::get(ctx, tenant, id).await?.ok_or_else(missing)
}

/// Jobs, newest first.
///
/// # Errors
/// 400 for a cursor that is none; those of the table.
pub async fn list(ctx: &Context, tenant: &TenantId, after: Option<&str>, limit: usize) -> Result<Page<Job>, Rejection> {
    if after.is_some_and(|after| !record::is_id(after)) {
        return Err(Rejection::field("cursor", "不是本接口返回的游标"));
    }
    let range = Range { up_to: after.map(str::to_owned), ..Range::default() };
    let most = u32::try_from(limit.saturating_add(2)).unwrap_or(200);
    let found = ctx.table.newest::<Job>(&Key::partition_of(tenant, "BULK-RETRY", &[]), range, most).await?;
    let jobs = found.into_iter().map(|stored| stored.data).filter(|job| Some(job.id.as_str()) != after);
    Ok(Page::of(jobs.collect(), limit, |job| job.id.clone()))
}

/// The items of a job, in the order in which they are taken.
///
/// # Errors
/// 404 when there is no such job, 400 for a cursor that is none; those of the table.
pub async fn items(
    ctx: &Context,
    tenant: &TenantId,
    id: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<ShownItem>, Rejection> {
    let job = get(ctx, tenant, id).await?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| Rejection::field("cursor", "不是本接口返回的游标"));
    let from = after.map(number).transpose()?.map_or(0, |number| number.saturating_add(1));
    let found = record::items(ctx, tenant, id, from, limit.saturating_add(1)).await?;
    let mut page = Page::of(found, limit, |stored: &Stored<Item>| stored.data.number.to_string());
    let keys: Vec<Key> =
        page.items.iter().map(|stored| Key::new(tenant, "RUN", &[stored.data.run.as_str()], "run")).collect();
    let now: HashMap<Key, Stored<Run>> = ctx.table.get_many(&keys).await?;
    let shown = page.items.drain(..).zip(keys).map(|(stored, key)| {
        let mut item = stored.data;
        if job.state == State::Cancelled && item.outcome == Outcome::Pending {
            item.outcome = Outcome::Cancelled;
        }
        ShownItem { status: now.get(&key).map(|run| run.data.status), item }
    });
    Ok(Page { items: shown.collect(), next: page.next })
}

/// Has a job stop: what it has put back goes on, what it has not taken yet is left as it is. One that has ended stays
/// as it is.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn cancel(at: &At<'_>, id: &str) -> Result<Job, Rejection> {
    for _ in 0..8 {
        let Stored { version, data: mut job, .. } = stored(at.ctx, at.tenant, id).await?;
        if job.state.has_ended() {
            return Ok(job);
        }
        job.state = State::Cancelled;
        job.cancelled_by = Some(at.by.name.clone());
        job.updated_ms = at.ctx.now_ms();
        let writes: Vec<Write> = vec![
            record::put(at.tenant, &job, Expect::Version(version))?,
            audit::write(at.ctx, at.tenant, at.by, ("cancel-bulk-retry", id), json!({ "done": job.done() }))?,
        ];
        if at.ctx.table.transact_each(writes).await? == Transacted::Done {
            return Ok(job);
        }
    }
    Err(contended("the job keeps being changed by its worker; cancel it again").into())
}

fn contended(message: &str) -> Error {
    Error::transient("run.job-contended", message).with_kind(ErrorKind::Overtaken)
}
