//! Beginning a run, unless one of the same form is under way.

use super::message::{JOB, NextSlice};
use super::record::{self, Latest, Sync, SyncNotes, SyncProgress, What};
use super::record_run;
use crate::kinds::Scope;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;
use tenon_model::config::DataSyncFlow;
use tenon_model::message::Envelope;
use tenon_model::run::{RunStatus, Trigger};
use tenon_model::{RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DATA_SYNC;
use tenon_platform::table::Outcome;
use tenon_platform::{Context, Error, ErrorKind, Result};

/// A run that is not done after this time is given up for another, in ms: its message is lost with its queue.
const LOST_MS: i64 = 2 * 86_400_000;

/// Begins a run and promises its first slice, which waits for `later`: whoever goes on at once needs it only should it
/// die.
///
/// # Errors
/// `data-sync.running` while another run of the form is under way.
pub async fn begin(
    at: Scope<'_>,
    flow: &DataSyncFlow,
    form: &str,
    what: What,
    trigger: Trigger,
    later: Duration,
) -> Result<Sync> {
    let Scope { ctx, tenant, .. } = at;
    let now = ctx.now_ms();
    let before = record::latest(ctx, tenant, &flow.database, form).await?;
    if let Some(latest) = before.as_ref().map(|stored| &stored.data)
        && !latest.ended
        && now - latest.started_ms < LOST_MS
    {
        return Err(running(form, &latest.run));
    }
    let reconciled_ms = before.as_ref().map_or(0, |stored| stored.data.reconciled_ms);
    let run = RunId::new(ctx.entropy.id("r-", now)?);
    let sync = Sync {
        run: run.clone(),
        flow: flow.id.clone(),
        database: flow.database.clone(),
        form: form.to_owned(),
        what,
        trigger,
        started_ms: now,
        ended_ms: None,
        reconciles: what == What::Update && is_due(at, flow, now, reconciled_ms),
        plan: None,
        organisations: Vec::new(),
        did: SyncProgress::default(),
        told: SyncNotes::default(),
        code: None,
        error: None,
    };
    // What is new has every row that there is.
    let reconciled_ms = if what == What::Create { now } else { reconciled_ms };
    let made = before.as_ref().is_some_and(|stored| stored.data.made);
    let latest = Latest { run: run.clone(), started_ms: now, ended: false, reconciled_ms, made };
    let promised = Entry::of(ctx, &DATA_SYNC, &message(ctx, tenant, &run, later))?;
    let writes = vec![
        record::write(ctx, tenant, &sync, None)?,
        record::write_latest(ctx, tenant, (&flow.database, form), &latest, before.map(|stored| stored.version))?,
        promised.write()?,
    ];
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        let other = record::latest(ctx, tenant, &flow.database, form).await?;
        return Err(other.map_or_else(record::taken_over, |other| running(form, &other.data.run)));
    }
    // Told before it is queued: whoever works on it tells how it goes on.
    record_run(at, &sync, RunStatus::Running, format!("{} of {form} has begun", what.word())).await?;
    promised.send(ctx).await?;
    Ok(sync)
}

fn running(form: &str, run: &RunId) -> Error {
    let message =
        format!("form {form} is being synchronised by run {run}; wait for it, `tenon show {run}` tells how far it is");
    Error::permanent("data-sync.running", message).with_kind(ErrorKind::Busy)
}

/// The message of a run's next slice.
pub fn message(ctx: &Context, tenant: &TenantId, run: &RunId, later: Duration) -> Envelope<NextSlice> {
    let mut message = Envelope::new(JOB, format!("data-sync/{run}"), tenant, NextSlice { run: run.clone() });
    message.due = (later > Duration::ZERO).then(|| ctx.now_ms() + millis(later));
    message
}

/// Promises and queues the next slice.
///
/// # Errors
/// Those of the table and the queue.
pub async fn resume(ctx: &Context, tenant: &TenantId, run: &RunId, later: Duration) -> Result<()> {
    let next = Entry::of(ctx, &DATA_SYNC, &message(ctx, tenant, run, later))?;
    next.store(ctx).await?;
    next.send(ctx).await
}

/// Whether the time of day at which rows are looked for that are gone has passed since that was last done.
fn is_due(at: Scope<'_>, flow: &DataSyncFlow, now_ms: i64, last_ms: i64) -> bool {
    let Some((hour, minute)) = flow.reconcile_at() else { return false };
    let zone = super::source(at, flow).ok().and_then(|source| TimeZone::get(source.time_zone()).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let local = |ms: i64| Timestamp::from_millisecond(ms).ok().map(|at| at.to_zoned(zone.clone()));
    let Some(now) = local(now_ms) else { return false };
    let today = now.date().at(hour, minute, 0, 0).to_zoned(zone.clone()).ok();
    let moment = today
        .and_then(|today| if today <= now { Some(today) } else { today.checked_sub(jiff::Span::new().days(1)).ok() });
    moment.is_some_and(|moment| moment.timestamp().as_millisecond() > last_ms)
}
