//! Leases: short exclusive rights, kept in the table, so that one function at a time does a thing.
//! A holder that dies loses the right when the time is up.
//!
//! Every taking and every renewal stores a random token as the record's version, and giving back compares it:
//! a late holder can neither end nor prolong the lease of whoever came after it.
//!
//! What this process holds itself it judges by elapsed time, whatever becomes of the wall clock; what others
//! hold binds for [`SKEW`] longer than they wrote, since their clock may be behind ours.

use crate::clock::{SKEW, millis};
use crate::context::Context;
use crate::error::Result;
use crate::table::{Claim, Expect, Key, Outcome, RecordKind, Write};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenon_model::TenantId;
use tokio::sync::watch;

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    /// Names the holding, see [`holder`].
    owner: String,
    #[serde(default)]
    taken_ms: i64,
    until_ms: i64,
}

/// A held lease.
#[derive(Debug)]
pub struct Lease {
    key: Key,
    token: u64,
    owner: String,
    /// Whether somebody else had it before and did not give it back, so that what they sent may still arrive.
    pub inherited: bool,
}

/// What this process holds.
#[derive(Default)]
struct Holdings(Mutex<HashMap<String, Holding>>);

/// One thing that it holds.
struct Holding {
    /// Until when, by this process's own elapsed time.
    until: i64,
    /// Made for the first who waits for the end of the holding, and dropped at the end.
    end: Option<watch::Sender<()>>,
}

/// Names a holding of this process.
pub fn holder(ctx: &Context) -> Result<String> {
    Ok(format!("{}/{:x}", ctx.process, ctx.entropy.token()?))
}

/// Notes that this process holds it for this long from now.
pub fn note_held(ctx: &Context, holder: &str, time: Duration) {
    let holdings = ctx.extensions.get_or_init::<Holdings>();
    let mut held = holdings.0.lock().unwrap_or_else(PoisonError::into_inner);
    let now = ctx.clock.elapsed_ms();
    held.retain(|_, holding| holding.until > now);
    let until = now.saturating_add(millis(time));
    held.entry(holder.to_owned()).or_insert(Holding { until, end: None }).until = until;
}

/// Notes that this process holds it no more.
pub fn note_released(ctx: &Context, holder: &str) {
    let holdings = ctx.extensions.get_or_init::<Holdings>();
    holdings.0.lock().unwrap_or_else(PoisonError::into_inner).remove(holder);
}

/// Waits until this process no longer holds what `owner` has, `within` at most. `false` when it then still does, and at
/// once when another process holds it, which nobody here is told of.
pub async fn released(ctx: &Context, owner: &str, within: Duration) -> bool {
    if !is_own(ctx, owner) {
        return false;
    }
    let mut end = {
        let holdings = ctx.extensions.get_or_init::<Holdings>();
        let mut held = holdings.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = ctx.clock.elapsed_ms();
        let Some(holding) = held.get_mut(owner).filter(|holding| holding.until > now) else { return true };
        holding.end.get_or_insert_with(|| watch::Sender::new(())).subscribe()
    };
    // Nothing is ever sent: the sender is dropped.
    tokio::time::timeout(within, end.changed()).await.is_ok()
}

fn is_own(ctx: &Context, owner: &str) -> bool {
    owner.strip_prefix(&*ctx.process).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a lease that `owner` took then, until then, still binds.
pub fn binds(ctx: &Context, owner: &str, taken_ms: i64, until_ms: i64) -> bool {
    if is_own(ctx, owner) {
        let holdings = ctx.extensions.get_or_init::<Holdings>();
        let held = holdings.0.lock().unwrap_or_else(PoisonError::into_inner);
        return held.get(owner).is_some_and(|holding| holding.until > ctx.clock.elapsed_ms());
    }
    until_ms.saturating_add(millis(SKEW)) > ctx.now_ms() && taken_ms >= ctx.leases_void_before()
}

/// Takes the lease of this name for this long, or returns `None` when somebody holds it.
pub async fn acquire(ctx: &Context, tenant: &TenantId, name: &str, time: Duration) -> Result<Option<Lease>> {
    let key = Key::new(tenant, "LEASE", &[name], "-");
    let (token, owner) = (ctx.entropy.token()?, holder(ctx)?);
    // Before the write: from the moment it is stored it is ours.
    note_held(ctx, &owner, time);
    let write = write(ctx, &key, &owner, Expect::AbsentAt(ctx.now_ms()), token, time)?;
    let inherited = match ctx.table.claim_by::<Record>(&key, write).await? {
        Claim::Stored => false,
        Claim::Exists(old) if old.version == token => false,
        Claim::Exists(old) if binds(ctx, &old.data.owner, old.data.taken_ms, old.data.until_ms) => {
            note_released(ctx, &owner);
            return Ok(None);
        }
        Claim::Exists(old) => {
            let write = self::write(ctx, &key, &owner, Expect::Version(old.version), token, time)?;
            if ctx.table.write(write).await? == Outcome::Conflict {
                note_released(ctx, &owner);
                return Ok(None);
            }
            true
        }
    };
    Ok(Some(Lease { key, token, owner, inherited }))
}

/// Holds the lease for this long from now. `false` when somebody else has it: nothing more is to be done under it.
pub async fn renew(ctx: &Context, lease: &mut Lease, time: Duration) -> Result<bool> {
    let token = ctx.entropy.token()?;
    let write = write(ctx, &lease.key, &lease.owner, Expect::Version(lease.token), token, time)?;
    if ctx.table.write(write).await? == Outcome::Conflict {
        return Ok(false);
    }
    note_held(ctx, &lease.owner, time);
    lease.token = token;
    Ok(true)
}

/// Gives the lease back, unless its time was up and somebody else has taken it.
pub async fn release(ctx: &Context, lease: Lease) -> Result<()> {
    note_released(ctx, &lease.owner);
    ctx.table.write(Write::delete(lease.key, Expect::Version(lease.token))).await?;
    Ok(())
}

/// The same when the work under it is over. A lease that stays ends by itself, so a failure is only logged.
pub async fn give_back(ctx: &Context, lease: Lease) {
    let key = lease.key.clone();
    if let Err(error) = release(ctx, lease).await {
        tracing::warn!(lease = ?key, error.code = error.code, error.message = %error, "a lease was not given back");
    }
}

fn write(ctx: &Context, key: &Key, owner: &str, expect: Expect, token: u64, time: Duration) -> Result<Write> {
    let now = ctx.now_ms();
    let until_ms = now + millis(time);
    let record = Record { owner: owner.to_owned(), taken_ms: now, until_ms };
    Ok(Write::put(key.clone(), &record, expect)?.fenced(token).expiring(Some(until_ms / 1000 + 3600)))
}

/// When a thing that happens once a slot happened last.
#[derive(Debug, Serialize, Deserialize)]
struct Slot {
    slot: i64,
    at_ms: i64,
}

/// Its kinds of records.
pub(crate) const KINDS: [RecordKind; 2] = [RecordKind::of::<Record>("LEASE"), RecordKind::of::<Slot>("ONCE")];

/// What this process claimed last, as which version, and when by its own elapsed time.
#[derive(Default)]
struct Claims(Mutex<HashMap<Key, (u64, i64)>>);

/// Claims the present slot of a thing that happens once every so often, however many ask. `false` when it has
/// been claimed. A wall clock that is set back stops nothing: whoever made the last claim goes by elapsed time,
/// and a claim from the future counts for nobody else.
pub async fn claim_slot(ctx: &Context, tenant: &TenantId, what: &[&str], every: Duration) -> Result<bool> {
    let period = millis(every).max(1);
    let (now, elapsed) = (ctx.now_ms(), ctx.clock.elapsed_ms());
    let key = Key::new(tenant, "ONCE", what, "last");
    let record = Slot { slot: now.div_euclid(period), at_ms: now };
    let stored = ctx.table.get::<Slot>(&key).await?;
    let claims = ctx.extensions.get_or_init::<Claims>();
    if let Some(stored) = &stored {
        let last = claims.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let due = stored.data.slot < record.slot
            || last.is_some_and(|(version, at)| version == stored.version && elapsed - at >= period)
            || stored.data.at_ms > now + millis(SKEW);
        if !due {
            return Ok(false);
        }
    }
    let expect = stored.map_or(Expect::AbsentAt(now), |stored| Expect::Version(stored.version));
    let remember = now + (period.saturating_mul(2)).max(3_600_000);
    let token = ctx.entropy.token()?;
    let write = Write::put(key.clone(), &record, expect)?.fenced(token).expiring(Some(remember / 1000));
    if ctx.table.write(write).await? == Outcome::Conflict {
        return Ok(false);
    }
    claims.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (token, elapsed));
    Ok(true)
}

/// Epoch ms at which the last slot of each of these things was claimed, in their order, a hundred in a request; `None` where that
/// is forgotten, an hour after it or more.
///
/// # Errors
/// Those of the table.
pub async fn last_slots(ctx: &Context, things: &[(&TenantId, Vec<&str>)]) -> Result<Vec<Option<i64>>> {
    let keys: Vec<Key> = things.iter().map(|(tenant, what)| slot_key(tenant, what)).collect();
    let stored = ctx.table.get_many::<Slot>(&keys).await?;
    Ok(keys.iter().map(|key| stored.get(key).map(|stored| stored.data.at_ms)).collect())
}

fn slot_key(tenant: &TenantId, what: &[&str]) -> Key {
    Key::new(tenant, "ONCE", what, "last")
}

/// Moments of this process by its own elapsed time, for waits that the wall clock must not shorten.
#[derive(Default)]
struct Moments(Mutex<HashMap<String, i64>>);

/// How many moments are kept; older ones are long over.
const KEPT: usize = 10_000;

/// Notes that this happens now.
pub fn note_moment(ctx: &Context, what: String) {
    let moments = ctx.extensions.get_or_init::<Moments>();
    let mut moments = moments.0.lock().unwrap_or_else(PoisonError::into_inner);
    let now = ctx.clock.elapsed_ms();
    if moments.len() >= KEPT {
        moments.retain(|_, at| now - *at < 3_600_000);
    }
    moments.insert(what, now);
}

/// How long ago it happened, when it happened in this process.
pub fn since_moment(ctx: &Context, what: &str) -> Option<Duration> {
    let moments = ctx.extensions.get_or_init::<Moments>();
    let at = moments.0.lock().unwrap_or_else(PoisonError::into_inner).get(what).copied()?;
    Some(Duration::from_millis(u64::try_from(ctx.clock.elapsed_ms() - at).unwrap_or(0)))
}
