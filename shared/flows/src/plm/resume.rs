//! What a call left: it goes on over a queue, from what is stored.

use super::batch::Ended;
use super::job::{Job, Work};
use super::message::ResumePlm;
use super::outcome::Outcome;
use super::push::may_wait;
use super::{record, run};
use crate::jobs::PlmWriter;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tenon_model::config::PlmFlow;
use tenon_model::message::Envelope;
use tenon_model::plm::{PlmRecord, PlmState};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::concurrency;
use tenon_platform::config_store::Loaded;
use tenon_platform::job::Job as _;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::MASTER_DATA_PLM;
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Stored, Write};
use tenon_platform::{Context, Error, Result};

/// Records in one message.
const IN_ONE: usize = 50;

/// The messages that go on with these records, in their order.
pub fn messages(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PlmFlow,
    keys: &[DocumentKey],
    wished: bool,
) -> Result<Vec<Envelope<ResumePlm>>> {
    let message = |keys: &[DocumentKey]| {
        let id = ctx.entropy.id("m-", ctx.now_ms())?;
        let body = ResumePlm { flow: flow.id.clone(), keys: keys.to_vec(), wished };
        Ok(Envelope { group: Some(flow.erp.to_string()), ..Envelope::new(PlmWriter::NAME, id, tenant, body) })
    };
    keys.chunks(IN_ONE).map(message).collect()
}

/// Stores what is left and queues it.
pub async fn leave_to_queue(work: &Work<'_>, ended: &[Ended]) -> Result<()> {
    let mut left: Vec<&Ended> = ended.iter().filter(|one| may_wait(one)).collect();
    left.sort_by_key(|one| one.job.place);
    if left.is_empty() {
        return Ok(());
    }
    let ctx = work.after;
    let keys: Vec<DocumentKey> = left.iter().map(|one| one.job.key.clone()).collect();
    // First of all: what is stored as left shall be gone on with, whatever dies.
    let promised = Entry::of_all(ctx, &MASTER_DATA_PLM, &messages(ctx, work.tenant, work.flow, &keys, false)?)?;
    promised.store(ctx).await?;
    let stored = record::get_many(ctx, work.tenant, work.flow, keys.iter()).await?;
    let mut waits: Vec<BoxFuture<'_, Result<()>>> = Vec::new();
    for one in left.iter().filter(|one| !one.written.is_kept) {
        waits.push(wait(work, one, stored.get(&one.job.key)).boxed());
    }
    let mut waits = futures::stream::iter(waits).buffer_unordered(16);
    while let Some(outcome) = waits.next().await {
        outcome?;
    }
    promised.send(ctx).await
}

/// Stores one, unless a later push of its key is stored, or in hand.
async fn wait(work: &Work<'_>, one: &Ended, stored: Option<&Stored<PlmRecord>>) -> Result<()> {
    let is_ours = stored.is_none_or(|stored| {
        (stored.data.arrival, &stored.data.push) < (one.job.arrival, &one.job.push)
            && !record::is_held(work.after, &stored.data)
    });
    if is_ours { work.wait(&one.job, stored).await.map(drop) } else { Ok(()) }
}

/// Stores the runs that are not stored with their records. What goes wrong here is only logged: the history must not
/// undo work that was done.
pub async fn record_runs(work: &Work<'_>, ended: &[Ended]) {
    let mut writes = Vec::new();
    for one in ended.iter().filter(|one| !one.written.is_recorded) {
        let run_record = run::of(work.flow, &one.job, &one.written.outcome, work.after.now_ms());
        writes.extend(one.steps.writes(work.after, work.tenant, &run_record).unwrap_or_default());
    }
    if let Err(error) = work.after.table.put_many(writes).await {
        tracing::error!(error.code = error.code, error.message = %error, "run history could not be stored");
    }
}

fn flow_of<'l>(loaded: &'l Loaded, id: &FlowId) -> Result<&'l PlmFlow> {
    loaded.flow(id)?.as_plm().ok_or_else(|| {
        let message = format!("flow {id} is not of kind plm any more; push the records again");
        Error::permanent("flow.kind", message)
    })
}

/// Goes on with what is stored.
///
/// # Errors
/// What is left, so that the message comes again; nothing when each record is done with or refused.
pub async fn resume(ctx: &Context, message: &Envelope<ResumePlm>) -> Result<()> {
    let tenant = &message.tenant;
    let loaded = ctx.config.load(tenant).await?;
    let flow = flow_of(&loaded, &message.body.flow)?;
    let stored = record::get_many(ctx, tenant, flow, message.body.keys.iter()).await?;
    let is_due =
        |record: &PlmRecord| record.state.is_open() || (message.body.wished && record.state == PlmState::Failed);
    let due = message.body.keys.iter().filter_map(|key| stored.get(key)).filter(|stored| is_due(&stored.data));
    let jobs: Vec<Job> = due.enumerate().filter_map(|(place, stored)| Job::stored(place, &stored.data)).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    let work = Work::new((ctx, ctx), tenant, &loaded, flow, false)?;
    // Twice what the ERP does at once, as wherever one record is stored while another is sent.
    let places = work.at_once.saturating_mul(2);
    let _permit = concurrency::enter(ctx, tenant, [&flow.erp, &flow.erp], "plm", places).await?;
    let ended = work.write_all(jobs, &stored).await;
    // What is refused before its turn stays refused.
    for one in ended.iter().filter(|one| !one.written.is_recorded) {
        if let Outcome::Refused(error) = &one.written.outcome {
            give_up(ctx, tenant, flow, stored.get(&one.job.key), error).await?;
        }
    }
    record_runs(&work, &ended).await;
    let left = ended.into_iter().find_map(|one| match one.written.outcome {
        Outcome::Left(error) => Some(error),
        Outcome::Done(_) | Outcome::Refused(_) => None,
    });
    left.map_or(Ok(()), Err)
}

async fn give_up(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PlmFlow,
    stored: Option<&Stored<PlmRecord>>,
    error: &Error,
) -> Result<()> {
    let Some(stored) = stored.filter(|stored| stored.data.state.is_open()) else { return Ok(()) };
    if record::is_held(ctx, &stored.data) {
        return Ok(());
    }
    let job = Job::stored(0, &stored.data);
    let write = record::failed_for_good(ctx, tenant, flow, stored)?;
    let mut writes = vec![write];
    if let Some(job) = job {
        let run = run::of(flow, &job, &Outcome::Refused(error.clone()), ctx.now_ms());
        writes.extend(Recorder::new(ctx, job.run).writes(ctx, tenant, &run)?);
    }
    // Somebody who has it in hand by now tells of it himself.
    ctx.table.transact(writes).await.map(drop)
}

/// Tells the history that records are not tried any more by themselves.
pub async fn on_dead_letter(ctx: &Context, message: &Envelope<ResumePlm>, error: &Error) -> Result<()> {
    let loaded = ctx.config.load(&message.tenant).await?;
    let Ok(flow) = flow_of(&loaded, &message.body.flow) else { return Ok(()) };
    let stored = record::get_many(ctx, &message.tenant, flow, message.body.keys.iter()).await?;
    for key in &message.body.keys {
        give_up(ctx, &message.tenant, flow, stored.get(key), error).await?;
    }
    Ok(())
}

/// Queues records whose worker died, or whose message was lost. Returns how many.
pub async fn look_after(ctx: &Context, tenant: &TenantId, flow: &PlmFlow, most: u32) -> Result<u64> {
    let mut keys = Vec::new();
    let mut writes: Vec<Write> = Vec::new();
    for due in record::due(ctx, tenant, &flow.id, most).await? {
        // The index lags; what counts is the record.
        let Some(stored) = record::get(ctx, tenant, flow, &due.data.key).await? else { continue };
        let is_due = stored.data.state.is_open() && stored.data.check_after_ms <= ctx.now_ms();
        if is_due && !record::is_held(ctx, &stored.data) {
            writes.push(record::left_to_queue(ctx, tenant, flow, &stored)?);
            keys.push(stored.data.key);
        }
    }
    if keys.is_empty() {
        return Ok(0);
    }
    let promised = Entry::of_all(ctx, &MASTER_DATA_PLM, &messages(ctx, tenant, flow, &keys, false)?)?;
    promised.store(ctx).await?;
    for write in writes {
        // Whoever was faster has it in hand.
        ctx.table.write(write).await?;
    }
    promised.send(ctx).await?;
    Ok(u64::try_from(keys.len()).unwrap_or(u64::MAX))
}
