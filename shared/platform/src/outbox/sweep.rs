//! The sweeper: sends what was promised and not sent.
//!
//! It runs every minute. What it finds that is younger than the grace is most likely about to be sent; it looks at
//! that once more when the grace is over, so that nothing waits longer than the minute. Tenants have turns: each
//! has so many entries sent in a round, and a round for all of them ends before the next begins.

use super::{GRACE, Record, SHARDS, partition, turn};
use crate::context::Context;
use crate::error::Result;
use crate::lease;
use crate::table::{Key, Range, Stored};
use crate::telemetry;
use std::collections::BTreeMap;
use std::time::Duration;
use tenon_model::TenantId;

/// How often it looks, where it is asked more often.
pub const EVERY: Duration = Duration::from_secs(10);
/// Entries of one tenant that are sent in a round, of each shard.
const OF_A_TENANT: u32 = 50;
/// Rounds of a run, at most; what is left has the next one.
const ROUNDS: u32 = 20;
/// Young entries that are looked at once more, at most; the others have the next run.
const YOUNG: usize = 500;
/// Of the time a run has, what is kept for what is under way.
const TO_END: Duration = Duration::from_secs(5);

/// What a run sent, by job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Messages, by the queue they went to.
    pub sent: BTreeMap<String, u64>,
    /// Entries whose messages the queue did not take; they are sent later.
    pub failed: u64,
    /// Whether entries are left, for want of time.
    pub left: bool,
}

/// As [`sweep`], once every ten seconds, however often it is called.
///
/// # Errors
/// Those of the table.
pub async fn sweep_due(ctx: &Context) -> Result<()> {
    if lease::claim_slot(ctx, &TenantId::operator(), &["outbox"], EVERY).await? {
        sweep(ctx).await?;
    }
    Ok(())
}

/// Sends what was promised and not sent, tells the log and counts it.
///
/// # Errors
/// Those of the table.
pub async fn sweep(ctx: &Context) -> Result<Swept> {
    let mut swept = Swept::default();
    let mut young = Vec::new();
    for round_number in 1..=ROUNDS {
        let mut again = false;
        young.clear();
        for shard in 0..SHARDS {
            again |= round(ctx, shard, &mut swept, &mut young).await?;
        }
        if !again {
            break;
        }
        if round_number == ROUNDS || !has_time(ctx) {
            swept.left = true;
            break;
        }
    }
    // Who is alone on the data looks again in a moment anyway.
    if !young.is_empty() && !ctx.is_alone() && ctx.time_for(GRACE + TO_END).is_ok() {
        ctx.clock.sleep(GRACE).await;
        later(ctx, &young, &mut swept).await?;
    }
    Ok(swept)
}

fn has_time(ctx: &Context) -> bool {
    ctx.time_for(TO_END).is_ok()
}

/// One turn for each tenant of a shard. Whether somebody has more.
async fn round(ctx: &Context, shard: u8, swept: &mut Swept, young: &mut Vec<Key>) -> Result<bool> {
    let partition = partition(shard);
    let (mut from, mut more) = (None, false);
    loop {
        let range = Range { from, limit: Some(OF_A_TENANT), ..Range::default() };
        let page = ctx.table.query_index::<Record>(&partition, range).await?;
        let Some(tenant) = page.items.first().map(|first| first.data.tenant.clone()) else { return Ok(more) };
        let own = page.items.iter().take_while(|entry| entry.data.tenant == tenant).count();
        let mut waiting = 0;
        for entry in page.items.iter().take(own) {
            if is_young(ctx, &entry.data) {
                waiting += 1;
                if young.len() < YOUNG {
                    young.push(entry.data.key());
                }
                continue;
            }
            if !has_time(ctx) {
                swept.left = true;
                return Ok(false);
            }
            recover(ctx, entry, swept).await?;
        }
        // Entries are in the order of their time: beyond one that is young all are.
        more |= own == page.items.len() && page.next.is_some() && waiting == 0;
        // Behind all of this tenant's: `$` comes after `#`.
        let behind = turn(&tenant);
        from = Some(format!("{}$", behind.trim_end_matches('#')));
    }
}

/// Whether whoever stored it may still be about to send it.
fn is_young(ctx: &Context, record: &Record) -> bool {
    // What a process left behind that this one took the data over from is nobody's.
    record.stored_ms >= ctx.leases_void_before() && record.due_ms > ctx.now_ms()
}

/// Looks at entries once more that were young.
async fn later(ctx: &Context, young: &[Key], swept: &mut Swept) -> Result<()> {
    for stored in ctx.table.get_many::<Record>(young).await?.into_values() {
        if stored.data.messages.is_empty() || is_young(ctx, &stored.data) {
            continue;
        }
        if !has_time(ctx) {
            swept.left = true;
            return Ok(());
        }
        recover(ctx, &stored, swept).await?;
    }
    Ok(())
}

/// Sends one entry's messages, unless they were sent meanwhile.
async fn recover(ctx: &Context, entry: &Stored<Record>, swept: &mut Swept) -> Result<()> {
    // The index is behind the table: the version tells whether the entry is still as it shows it.
    let Some(taken) = entry.data.take(ctx, entry.version).await? else { return Ok(()) };
    let Record { tenant, id, queue, job, messages, stored_ms, .. } = &taken;
    let age_ms = ctx.now_ms().saturating_sub(*stored_ms);
    if let Err(error) = taken.send(ctx).await {
        swept.failed += 1;
        tracing::error!(tenant = %tenant, entry = %id, queue = %queue, job = %job, age.ms = age_ms, error.code = error.code, error.message = %error, "a message that was promised could not be sent; it is sent later");
        return Ok(());
    }
    let count = messages.len() as u64;
    tracing::warn!(tenant = %tenant, entry = %id, queue = %queue, job = %job, messages = count, age.ms = age_ms, "messages that were stored and not queued were sent");
    telemetry::count(&ctx.clock, "OutboxRecovered", ("State", "recovered"), count);
    *swept.sent.entry(queue.clone()).or_default() += count;
    ctx.table.write(taken.removal(ctx)?).await.map(drop)
}
