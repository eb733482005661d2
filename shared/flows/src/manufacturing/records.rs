//! The stored records. Every change goes through [`Held`], which refuses a move that the states do not have and one that
//! somebody else has overtaken.

use crate::approvals::links::LEASE;
use crate::suppressed::definition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::time::Duration;
use tenon_model::base_data::Failing;
use tenon_model::config::Flow;
use tenon_model::manufacturing::{ItemWork, OrderWork, ReportWork, Tracked, WorkState};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

/// The longest that a thing which fails is left alone.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// The list of what is due again.
const DUE: &str = "MES-DUE";
/// The list of reports that became receipts, by the time they were made.
const RECEIVED: &str = "MES-RECEIVED";
/// How long reports are kept: no sweep reaches further back.
const KEPT_S: i64 = 400 * 86_400;

/// What belongs to one kind of thing.
pub(super) trait Body: Serialize + DeserializeOwned + Clone + Default + Send + Sync {
    /// What its partition is called.
    const PARTITION: &'static str;

    /// Where it stands in the index beside what is due again.
    fn listed(_record: &Tracked<Self>) -> Option<(&'static str, i64)> {
        None
    }

    /// When it may be forgotten, epoch s.
    fn expires(_record: &Tracked<Self>) -> Option<i64> {
        None
    }
}

impl Body for ItemWork {
    const PARTITION: &'static str = "MES-ITEM";
}

impl Body for OrderWork {
    const PARTITION: &'static str = "MES-ORDER";
}

impl Body for ReportWork {
    const PARTITION: &'static str = "MES-REPORT";

    fn listed(record: &Tracked<Self>) -> Option<(&'static str, i64)> {
        (record.state == WorkState::Sent).then_some((RECEIVED, record.of.at_ms))
    }

    fn expires(record: &Tracked<Self>) -> Option<i64> {
        let over = record.state == WorkState::Sent || record.of.passed.is_some();
        over.then_some(record.changed_ms / 1000 + KEPT_S)
    }
}

/// A thing this worker has for itself.
#[derive(Debug)]
pub(super) struct Held<B> {
    /// As stored.
    pub record: Tracked<B>,
    version: u64,
    tenant: TenantId,
}

fn key<B: Body>(tenant: &TenantId, flow: &FlowId, thing: &DocumentKey) -> Key {
    Key::new(tenant, B::PARTITION, &[flow.as_str()], thing.sort_key())
}

/// What is kept of one thing.
pub(super) async fn get<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    thing: &DocumentKey,
) -> Result<Option<Stored<Tracked<B>>>> {
    ctx.table.get(&key::<B>(tenant, flow, thing)).await
}

/// What is kept of these.
pub(super) async fn among<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    things: impl Iterator<Item = &DocumentKey>,
) -> Result<HashMap<DocumentKey, Tracked<B>>> {
    let keys: Vec<Key> = things.map(|thing| key::<B>(tenant, flow, thing)).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let stored = ctx.table.get_many::<Tracked<B>>(&keys).await?;
    Ok(stored.into_values().map(|stored| (stored.data.key.clone(), stored.data)).collect())
}

/// What is due again by now, at most so much.
pub(super) async fn due<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    most: u32,
) -> Result<Vec<Tracked<B>>> {
    let up_to = Some(format!("{}~", moment(ctx.now_ms())));
    listed(ctx, tenant, (DUE, flow), Range { up_to, limit: Some(most), ..Range::default() }).await
}

/// Reports that became receipts and were made from the one moment until the other.
pub(super) async fn received(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    (from_ms, to_ms): (i64, i64),
    most: u32,
) -> Result<Vec<Tracked<ReportWork>>> {
    let (from, up_to) = (Some(moment(from_ms)), Some(moment(to_ms)));
    listed(ctx, tenant, (RECEIVED, flow), Range { from, up_to, limit: Some(most), ..Range::default() }).await
}

async fn listed<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    (list, flow): (&str, &FlowId),
    range: Range,
) -> Result<Vec<Tracked<B>>> {
    let partition = Key::partition_of(tenant, list, &[flow.as_str()]);
    let page = ctx.table.query_index::<Tracked<B>>(&partition, range).await?;
    Ok(page.items.into_iter().map(|stored| stored.data).collect())
}

/// A moment as the lists are ordered by it.
fn moment(ms: i64) -> String {
    format!("{:015}", ms.max(0))
}

/// Whether a thing that fails is to be left alone still. Something of it, or of what it failed under, may have changed.
pub(super) fn is_suppressed<B>(record: &Tracked<B>, fingerprint: Option<&str>, definition: &str, now_ms: i64) -> bool {
    record.failing.as_ref().is_some_and(|failing| {
        now_ms < failing.next_ms
            && failing.definition == definition
            && failing.record.as_deref().is_none_or(|failed| fingerprint.is_none_or(|seen| failed == seen))
    })
}

/// A thing that fails once more. Something else that fails begins anew.
pub(super) fn failing(
    before: Option<&Failing>,
    loaded: &Loaded,
    flow: &Flow,
    fingerprint: Option<String>,
    now_ms: i64,
) -> Result<Failing> {
    let definition = definition(loaded, flow)?;
    let before = before.filter(|b| b.definition == definition && (fingerprint.is_none() || b.record == fingerprint));
    let times = before.map_or(0, |before| before.times).saturating_add(1);
    let next_ms = now_ms + millis(pause(flow.header().every, times));
    Ok(Failing { times, next_ms, record: fingerprint, definition })
}

/// How long a thing that failed so often in a row is left alone: twice the period, and twice as long each time. A little
/// shorter than whole periods, so that the next slot is not missed by a moment.
fn pause(every: Duration, times: u32) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(times.min(16)));
    doubled.min(LONGEST.max(every)).saturating_sub(every / 10)
}

/// Takes a thing for this worker alone, or says when to come back. One that is not kept yet begins here.
pub(super) async fn acquire<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    (thing, run): (&DocumentKey, &RunId),
    stored: Option<Stored<Tracked<B>>>,
) -> Result<Held<B>> {
    let now = ctx.now_ms();
    let key = key::<B>(tenant, flow, thing);
    let holder = lease::holder(ctx)?;
    let (mut record, expect, version) = match stored {
        Some(stored) => {
            let taken_ms = stored.data.lease_until_ms - millis(LEASE);
            if let Some(other) = &stored.data.lease
                && lease::binds(ctx, other, taken_ms, stored.data.lease_until_ms)
            {
                return Err(busy());
            }
            (stored.data, Expect::Version(stored.version), stored.version + 1)
        }
        None => (begun(flow, thing, run, now), Expect::AbsentAt(now), 1),
    };
    let is_over = matches!(record.state, WorkState::Idle | WorkState::Sent);
    if record.failing.is_none() && is_over && record.run != *run {
        (record.run, record.started_ms) = (run.clone(), now);
    }
    record.lease = Some(holder.clone());
    record.lease_until_ms = now + millis(LEASE);
    lease::note_held(ctx, &holder, LEASE);
    let stored = match expect {
        Expect::AbsentAt(_) => {
            let write = entered(Write::put(key.clone(), &record, expect)?, tenant, &record);
            matches!(ctx.table.claim_by::<Tracked<B>>(&key, write).await?, Claim::Stored)
        }
        expect => ctx.table.write(entered(Write::put(key, &record, expect)?, tenant, &record)).await? == Outcome::Done,
    };
    if !stored {
        lease::note_released(ctx, &holder);
        return Err(busy());
    }
    Ok(Held { record, version, tenant: tenant.clone() })
}

fn begun<B: Body>(flow: &FlowId, thing: &DocumentKey, run: &RunId, now: i64) -> Tracked<B> {
    Tracked {
        flow: flow.clone(),
        key: thing.clone(),
        state: WorkState::Idle,
        run: run.clone(),
        started_ms: now,
        sent_ms: None,
        sent: None,
        failing: None,
        done: None,
        lease: None,
        lease_until_ms: 0,
        changed_ms: now,
        of: B::default(),
    }
}

/// With its place in the index and its end.
fn entered<B: Body>(write: Write, tenant: &TenantId, record: &Tracked<B>) -> Write {
    let write = write.expiring(B::expires(record));
    let due =
        record.failing.as_ref().filter(|failing| failing.next_ms < i64::MAX).map(|failing| (DUE, failing.next_ms));
    match due.or_else(|| B::listed(record)) {
        Some((list, ms)) => {
            let partition = Key::partition_of(tenant, list, &[record.flow.as_str()]);
            write.indexed(partition, format!("{}#{}", moment(ms), record.key.sort_key()))
        }
        None => write,
    }
}

fn busy() -> Error {
    let message = "another worker has this in hand; it is tried again";
    Error::transient("flow.busy", message).with_kind(ErrorKind::Busy)
}

impl<B: Body> Held<B> {
    /// Moves the record on. `change` sets what belongs to the new state.
    pub async fn advance(
        &mut self,
        ctx: &Context,
        next: WorkState,
        change: impl FnOnce(&mut Tracked<B>),
    ) -> Result<()> {
        let before = self.record.clone();
        if !before.state.may_become(next) {
            return Err(Error::permanent(
                "flow.transition",
                format!("a record cannot go from {:?} to {next:?}; this is a bug, please report it", before.state),
            ));
        }
        self.record.state = next;
        change(&mut self.record);
        let written = self.write(ctx).await;
        if written.is_err() {
            self.record = before;
        }
        written
    }

    /// Stores a change that leaves the state as it is.
    pub async fn amend(&mut self, ctx: &Context, change: impl FnOnce(&mut Tracked<B>)) -> Result<()> {
        change(&mut self.record);
        self.write(ctx).await
    }

    /// Lets others have the record, with a last change. Losing it is no error here: somebody else has moved on.
    pub async fn release(mut self, ctx: &Context, change: impl FnOnce(&mut Tracked<B>)) -> Result<()> {
        change(&mut self.record);
        if let Some(holder) = self.record.lease.take() {
            lease::note_released(ctx, &holder);
        }
        match self.write(ctx).await {
            Err(error) if error.kind() == ErrorKind::Lost => Ok(()),
            other => other,
        }
    }

    async fn write(&mut self, ctx: &Context) -> Result<()> {
        self.record.changed_ms = ctx.now_ms();
        let key = key::<B>(&self.tenant, &self.record.flow, &self.record.key);
        let write = Write::put(key, &self.record, Expect::Version(self.version))?;
        match ctx.table.write(entered(write, &self.tenant, &self.record)).await? {
            Outcome::Done => {
                self.version += 1;
                Ok(())
            }
            Outcome::Conflict => Err(Error::transient(
                "flow.lost",
                "another worker changed what is kept of this in the meantime; it is tried again from there",
            )
            .with_kind(ErrorKind::Lost)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_m28_what_fails_is_tried_again_less_and_less() {
        let minute = Duration::from_secs(60);
        let minutes: Vec<u64> = [1, 2, 3, 8, 9, 20, u32::MAX].map(|n| pause(minute, n).as_secs() / 60).to_vec();
        assert_eq!(minutes, [1, 3, 7, 255, 359, 359, 359]);
        let day = Duration::from_secs(86_400);
        assert!(pause(day, 40) > day / 2 && pause(day, 40) < day);
    }

    #[test]
    fn r_m28_what_was_changed_is_taken_at_once() {
        let mut record: Tracked<OrderWork> = begun(&FlowId::new("f"), &DocumentKey::Number(1), &RunId::new("r"), 0);
        assert!(!is_suppressed(&record, Some("a"), "d", 0));
        record.failing = Some(Failing { times: 9, next_ms: 100, record: Some("a".into()), definition: "d".into() });
        assert!(is_suppressed(&record, Some("a"), "d", 99) && is_suppressed(&record, None, "d", 99));
        for (fingerprint, definition, now) in [("b", "d", 99), ("a", "e", 99), ("a", "d", 100)] {
            assert!(!is_suppressed(&record, Some(fingerprint), definition, now), "{fingerprint} {definition} {now}");
        }
    }
}
