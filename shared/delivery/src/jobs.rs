//! Jobs that push a range of time once more. A job goes page by page; after each it stores how far it
//! has come and how much it has done in one write. Every delivery carries the mark of the job that pushed
//! it, so that a page which is worked again after a crash pushes nothing twice.

use crate::again::{Again, once_more, send};
use crate::deliveries::{Wanted, page};
use crate::events::KEPT_S;
use crate::record::{Delivery, State};
use crate::work::Resender;
use crate::{deliveries, message};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::webhook::Resend;
use tenon_model::{AppId, TenantId};
use tenon_platform::job::Job as _;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::WEBHOOK_RESEND;
use tenon_platform::table::{Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result};

/// Of the time a page has, what is kept for storing how far it came.
const TO_STORE: Duration = Duration::from_secs(10);
/// Deliveries of one page.
const PAGE: u32 = 100;

/// A job as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// `rs-…`.
    pub id: String,
    /// The app.
    pub app: AppId,
    /// Events from this epoch ms on.
    pub from_ms: i64,
    /// Events up to and including this epoch ms.
    pub to_ms: i64,
    /// Which of them.
    pub only: Only,
    /// The last delivery that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Deliveries that fitted.
    pub found: u32,
    /// Of them, those that are pushed again; the others had an attempt under way.
    pub queued: u32,
    /// Where it stands.
    pub state: JobState,
    /// Why it failed: an error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last page.
    pub updated_ms: i64,
}

/// Which deliveries of the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// Those that have not arrived: failed, canceled, skipped, or waiting for their next attempt.
    #[default]
    Failed,
    /// All, those that arrived too.
    All,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// Pages are left.
    Running,
    /// Every delivery of the range was looked at.
    Done,
    /// Given up.
    Failed,
}

impl JobState {
    /// The word in records and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

fn key(tenant: &TenantId, app: &AppId, id: &str) -> Key {
    Key::new(tenant, "RESEND", &[app.as_str()], id)
}

fn put(tenant: &TenantId, job: &Job, version: u64) -> Result<Write> {
    let write = Write::put(key(tenant, &job.app, &job.id), job, Expect::Version(version))?;
    Ok(write.expiring(Some(job.created_ms / 1000 + KEPT_S)))
}

/// Stores a new job and has it begin. What is to come is not part of it: the range ends now at the latest.
///
/// # Errors
/// Those of the table and the queues. When the queue fails, the job is stored and begins a little later.
pub async fn begin(
    ctx: &Context,
    tenant: &TenantId,
    app: &AppId,
    (from_ms, to_ms): (i64, i64),
    only: Only,
) -> Result<Job> {
    let now = ctx.now_ms();
    let job = Job {
        id: ctx.entropy.id("rs-", now)?,
        app: app.clone(),
        from_ms,
        to_ms: to_ms.min(now),
        only,
        cursor: None,
        found: 0,
        queued: 0,
        state: JobState::Running,
        reason: None,
        created_ms: now,
        updated_ms: now,
    };
    let promised = promise(ctx, tenant, &job)?;
    let write = Write::put(key(tenant, app, &job.id), &job, Expect::AbsentAt(now))?;
    let writes = vec![write.expiring(Some(now / 1000 + KEPT_S)), promised.write()?];
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        return Err(Error::transient("webhook.contended", "another job has the same id; begin it again")
            .with_kind(ErrorKind::Overtaken));
    }
    promised.send(ctx).await?;
    Ok(job)
}

/// One job.
pub async fn get(ctx: &Context, tenant: &TenantId, app: &AppId, id: &str) -> Result<Option<Stored<Job>>> {
    ctx.table.get(&key(tenant, app, id)).await
}

fn promise(ctx: &Context, tenant: &TenantId, job: &Job) -> Result<Entry> {
    let work = Resend { app: job.app.clone(), job: job.id.clone() };
    message::promise(ctx, &WEBHOOK_RESEND, tenant, (Resender::NAME, work))
}

/// Works one page of a job, and has it go on.
///
/// # Errors
/// Those of the table and the queues.
pub async fn work(ctx: &Context, tenant: &TenantId, work: &Resend) -> Result<()> {
    let Some(stored) = get(ctx, tenant, &work.app, &work.job).await? else { return Ok(()) };
    let Stored { version, data: mut job, .. } = stored;
    if job.state != JobState::Running {
        return Ok(());
    }
    let wanted =
        Wanted { from_ms: job.from_ms, to_ms: job.to_ms, beyond: job.cursor.clone(), newest_first: false, limit: PAGE };
    let found = page(ctx, tenant, &job.app, &wanted).await?;
    let mut whole = true;
    for stored in found.items {
        // The rest of the page has a message of its own.
        whole = ctx.time_for(TO_STORE).is_ok();
        if !whole {
            break;
        }
        let id = stored.data.id.clone();
        let (fits, queued) = one(ctx, tenant, &job, stored).await?;
        job.cursor = Some(id);
        job.found += u32::from(fits);
        job.queued += u32::from(queued);
    }
    if whole && found.next.is_none() {
        job.state = JobState::Done;
    }
    job.updated_ms = ctx.now_ms();
    let next = match job.state {
        JobState::Running => Some(promise(ctx, tenant, &job)?),
        JobState::Done | JobState::Failed => None,
    };
    let mut writes = vec![put(tenant, &job, version)?];
    writes.extend(next.as_ref().map(Entry::write).transpose()?);
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        // A copy of the message was worked at the same time. Whose write came first goes on.
        return Ok(());
    }
    match next {
        Some(next) => next.send(ctx).await,
        None => {
            tracing::info!(tenant = %tenant, app = %job.app, job = %job.id, found = job.found, queued = job.queued, "a job has pushed its range again");
            Ok(())
        }
    }
}

/// Whether a delivery fits the job, and whether it is pushed.
async fn one(ctx: &Context, tenant: &TenantId, job: &Job, first: Stored<Delivery>) -> Result<(bool, bool)> {
    let (app, id) = (first.data.app.clone(), first.data.id.clone());
    let mut next = Some(first);
    for _ in 0..4 {
        let stored = match next.take() {
            Some(stored) => stored,
            None => match deliveries::get(ctx, tenant, &app, &id).await? {
                Some(stored) => stored,
                None => return Ok((false, false)),
            },
        };
        if stored.data.job.as_deref() == Some(job.id.as_str()) {
            // This page was worked before. Its message may not have been sent.
            let due = stored.data.next_due_ms.is_some_and(|due| due <= ctx.now_ms());
            if stored.data.lease.is_none() && due {
                send(ctx, tenant, &stored.data).await?;
            }
            return Ok((true, true));
        }
        if !fits(job.only, &stored.data) {
            return Ok((false, false));
        }
        match once_more(ctx, tenant, stored, Some(&job.id)).await? {
            Some(Again::Queued) => return Ok((true, true)),
            Some(Again::UnderWay) => return Ok((true, false)),
            Some(Again::Missing) => return Ok((false, false)),
            None => {}
        }
    }
    let message = format!("the delivery {id} keeps being changed by others; the job goes on later");
    Err(Error::transient("webhook.contended", message).with_kind(ErrorKind::Overtaken))
}

fn fits(only: Only, delivery: &Delivery) -> bool {
    let arrived = delivery.state == State::Delivered;
    !delivery.is_test() && (only == Only::All || !arrived)
}

/// The message is given up: so is the job, and says why.
///
/// # Errors
/// Those of the table.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, work: &Resend, error: &Error) -> Result<()> {
    let Some(stored) = get(ctx, tenant, &work.app, &work.job).await? else { return Ok(()) };
    let mut job = stored.data;
    if job.state == JobState::Running {
        job.state = JobState::Failed;
        job.reason = Some(error.code.to_owned());
        job.updated_ms = ctx.now_ms();
        ctx.table.write(put(tenant, &job, stored.version)?).await?;
    }
    Ok(())
}
