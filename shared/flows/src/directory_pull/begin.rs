//! Beginning a pull, unless one is under way.

use super::message::NextSlice;
use super::record::{self, Pull, PullCounts};
use crate::jobs::DirectorySyncer;
use crate::kinds::Scope;
use crate::poll::Counts;
use tenon_model::message::Envelope;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{FlowId, RunId};
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::DIRECTORY_SYNC;
use tenon_platform::runs::Recorder;
use tenon_platform::table::Outcome;
use tenon_platform::{Context, Result};

/// A pull that is not done after this time is given up for another, in ms: its message is lost with its queue.
const LOST_MS: i64 = 2 * 86_400_000;

/// Begins a pull and queues its first slice.
pub async fn begin(at: Scope<'_>, flow: &FlowId, trigger: Trigger, counts: &mut Counts) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    let now = ctx.now_ms();
    let before = record::latest(ctx, tenant, flow).await?;
    let under_way = |pull: &Pull| pull.ended_ms.is_none() && now - pull.started_ms < LOST_MS;
    if before.as_ref().is_some_and(|stored| under_way(&stored.data)) {
        counts.in_hand += 1;
        return Ok(());
    }
    let run = RunId::new(ctx.entropy.id("r-", now)?);
    let pull = Pull { run: run.clone(), trigger, started_ms: now, ended_ms: None, did: PullCounts::default() };
    let promised = Entry::of(ctx, &DIRECTORY_SYNC, &message(at.tenant, flow, &run))?;
    let version = before.map(|stored| stored.version);
    let write = record::write(ctx, tenant, flow, &pull, version)?;
    if ctx.table.transact(vec![write, promised.write()?]).await? == Outcome::Conflict {
        counts.in_hand += 1;
        return Ok(());
    }
    counts.queued += 1;
    // Told before it is queued: whoever works on it tells how it goes on.
    let text = "departments and people are being read".to_owned();
    record_run(ctx, at, flow, &pull, RunStatus::Running, text, None).await?;
    promised.send(ctx).await
}

/// The message of the next slice of a pull that goes on: not at once, so that others have their turn.
pub fn next_message(ctx: &Context, tenant: &tenon_model::TenantId, flow: &FlowId, run: &RunId) -> Envelope<NextSlice> {
    let mut next = message(tenant, flow, run);
    next.due = Some(ctx.now_ms() + 1_000);
    next
}

/// The message of a pull's next slice.
pub fn message(tenant: &tenon_model::TenantId, flow: &FlowId, run: &RunId) -> Envelope<NextSlice> {
    let body = NextSlice { flow: flow.clone(), run: run.clone() };
    Envelope::new(DirectorySyncer::NAME, format!("pull/{flow}/{run}"), tenant, body)
}

/// Tells how a pull stands, in its run.
pub async fn record_run(
    ctx: &Context,
    at: Scope<'_>,
    flow: &FlowId,
    pull: &Pull,
    status: RunStatus,
    text: String,
    code: Option<&str>,
) -> Result<()> {
    let PullCounts { departments, made, changed, left, refused, slices } = pull.did;
    let counts = [
        ("departments", departments),
        ("made", made),
        ("changed", changed),
        ("left", left),
        ("refused", refused),
        ("slices", slices),
    ];
    let run = Run {
        id: pull.run.clone(),
        flow: flow.clone(),
        document: None,
        instance: None,
        trigger: pull.trigger,
        status,
        started_ms: pull.started_ms,
        ended_ms: (!matches!(status, RunStatus::Running | RunStatus::Retrying)).then(|| ctx.now_ms()),
        message: text,
        code: code.map(str::to_owned),
        counts: counts.map(|(name, count)| (name.to_owned(), count)).into(),
    };
    Recorder::new(ctx, run.id.clone()).save(ctx, at.tenant, &run).await
}
