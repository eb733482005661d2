//! The stored records. Every change goes through [`LeasedRecord`], which refuses a move that the states do not have and
//! one that somebody else has overtaken.

use crate::approvals::links::LEASE;
use crate::suppressed::definition;
use std::collections::HashMap;
use std::time::Duration;
use tenon_model::base_data::{Failing, Record, RecordState};
use tenon_model::config::Flow;
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

/// The longest that a record which fails is left alone.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// Failures after which it is looked at again in the next period; then in twice as long each time.
const AT_ONCE: u32 = 5;

/// A record this worker has for itself.
#[derive(Debug)]
pub struct LeasedRecord {
    /// As stored.
    pub record: Record,
    version: u64,
    tenant: TenantId,
}

fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "BASE-DATA", &[flow.as_str()], document.sort_key())
}

/// What is kept of one record.
pub async fn get(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    document: &DocumentKey,
) -> Result<Option<Stored<Record>>> {
    ctx.table.get(&key(tenant, flow, document)).await
}

/// What is kept of these.
pub async fn among<'a>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    documents: impl Iterator<Item = &'a DocumentKey>,
) -> Result<HashMap<DocumentKey, Record>> {
    let keys: Vec<Key> = documents.map(|document| key(tenant, flow, document)).collect();
    let stored = ctx.table.get_many::<Record>(&keys).await?;
    Ok(stored.into_values().map(|stored| (stored.data.key.clone(), stored.data)).collect())
}

/// Whether a record that fails is to be left alone still. Something of it, or of what it failed under, may have
/// changed.
pub fn is_suppressed(record: &Record, fingerprint: &str, definition: &str, now_ms: i64) -> bool {
    record.failing.as_ref().is_some_and(|failing| {
        now_ms < failing.next_ms
            && failing.definition == definition
            && failing.record.as_deref().is_none_or(|failed| failed == fingerprint)
    })
}

/// A record that fails once more.
pub fn failing(
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

/// How long a record that failed so often in a row is left alone. A little shorter than whole periods, so that the
/// next slot is not missed by a moment.
fn pause(every: Duration, times: u32) -> Duration {
    let doubled = every.saturating_mul(2_u32.saturating_pow(times.saturating_sub(AT_ONCE)));
    doubled.min(LONGEST.max(every)).saturating_sub(every / 10)
}

/// Takes a record for this worker alone, or says when to come back. One that is not kept yet begins here.
pub async fn acquire(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    (document, run): (&DocumentKey, &RunId),
    stored: Option<Stored<Record>>,
) -> Result<LeasedRecord> {
    let now = ctx.now_ms();
    let key = key(tenant, flow, document);
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
        None => (begun(flow, document, run, now), Expect::AbsentAt(now), 1),
    };
    if record.failing.is_none() && record.state == RecordState::Idle && record.run != *run {
        (record.run, record.started_ms) = (run.clone(), now);
    }
    record.lease = Some(holder.clone());
    record.lease_until_ms = now + millis(LEASE);
    lease::note_held(ctx, &holder, LEASE);
    let stored = match expect {
        Expect::AbsentAt(_) => ctx.table.claim(&key, &record, None, now).await? == Claim::Stored,
        expect => ctx.table.write(Write::put(key, &record, expect)?).await? == Outcome::Done,
    };
    if !stored {
        lease::note_released(ctx, &holder);
        return Err(busy());
    }
    Ok(LeasedRecord { record, version, tenant: tenant.clone() })
}

fn begun(flow: &FlowId, document: &DocumentKey, run: &RunId, now: i64) -> Record {
    Record {
        flow: flow.clone(),
        key: document.clone(),
        state: RecordState::Idle,
        run: run.clone(),
        started_ms: now,
        row: None,
        is_there: false,
        sent_ms: None,
        creates: false,
        sent: None,
        details: None,
        alone: false,
        failing: None,
        done: None,
        lease: None,
        lease_until_ms: 0,
        changed_ms: now,
    }
}

fn busy() -> Error {
    let message = "another worker has this record in hand; it is tried again";
    Error::transient("flow.busy", message).with_kind(ErrorKind::Busy)
}

impl LeasedRecord {
    /// Moves the record on. `change` sets what belongs to the new state.
    pub async fn advance(&mut self, ctx: &Context, next: RecordState, change: impl FnOnce(&mut Record)) -> Result<()> {
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
    pub async fn amend(&mut self, ctx: &Context, change: impl FnOnce(&mut Record)) -> Result<()> {
        change(&mut self.record);
        self.write(ctx).await
    }

    /// Lets others have the record, with a last change. Losing it is no error here: somebody else has moved on.
    pub async fn release(mut self, ctx: &Context, change: impl FnOnce(&mut Record)) -> Result<()> {
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
        let key = key(&self.tenant, &self.record.flow, &self.record.key);
        let write = Write::put(key, &self.record, Expect::Version(self.version))?;
        match ctx.table.write(write).await? {
            Outcome::Done => {
                self.version += 1;
                Ok(())
            }
            Outcome::Conflict => Err(Error::transient(
                "flow.lost",
                "another worker changed what is kept of this record in the meantime; it is tried again from there",
            )
            .with_kind(ErrorKind::Lost)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_w13_a_record_that_fails_is_tried_again_soon_and_then_less_and_less() {
        let minute = Duration::from_secs(60);
        let minutes: Vec<u64> = [1, 2, 5, 6, 7, 10, 13, 20, u32::MAX].map(|n| pause(minute, n).as_secs() / 60).to_vec();
        assert_eq!(minutes, [0, 0, 0, 1, 3, 31, 255, 359, 359]);
        let day = Duration::from_secs(86_400);
        assert!(pause(day, 40) > day / 2 && pause(day, 40) < day);
    }

    #[test]
    fn a_record_that_was_corrected_is_not_left_alone() {
        let mut record = begun(&FlowId::new("f"), &DocumentKey::Number(1), &RunId::new("r"), 0);
        assert!(!is_suppressed(&record, "a", "d", 0));
        record.failing = Some(Failing { times: 9, next_ms: 100, record: Some("a".into()), definition: "d".into() });
        assert!(is_suppressed(&record, "a", "d", 99));
        for (fingerprint, definition, now) in [("b", "d", 99), ("a", "e", 99), ("a", "d", 100)] {
            assert!(!is_suppressed(&record, fingerprint, definition, now), "{fingerprint} {definition} {now}");
        }
    }
}
