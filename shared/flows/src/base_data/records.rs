//! The stored records. Every change goes through [`Leased`].

use crate::failures;
use crate::leased::{self, Fields, LEASE, Leased, Leasing};
use std::collections::HashMap;
use std::time::Duration;
use tenon_model::base_data::{Failing, Record, RecordState};
use tenon_model::config::Flow;
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::{Key, Stored};
use tenon_platform::{Context, Result};

/// Failures after which it is looked at again in the next period; then in twice as long each time.
const AT_ONCE: u32 = 5;

/// A record this worker has for itself.
pub type LeasedRecord = Leased<Record>;

impl leased::Record for Record {
    type State = RecordState;
    const NAME: &'static str = "record";

    fn fields(&mut self) -> Fields<'_, RecordState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: None,
            until_ms: &mut self.lease_until_ms,
            changed_ms: Some(&mut self.changed_ms),
        }
    }

    fn may_become(before: RecordState, next: RecordState) -> bool {
        before.may_become(next)
    }

    fn is_open(&self) -> bool {
        self.state != RecordState::Idle
    }
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

/// Whether a record that fails is to be left alone still.
pub fn is_suppressed(record: &Record, fingerprint: &str, definition: &str, now_ms: i64) -> bool {
    failures::is_left_alone(record.failing.as_ref(), Some(fingerprint), definition, now_ms)
}

/// A record that fails once more.
pub fn failing(
    before: Option<&Failing>,
    loaded: &Loaded,
    flow: &Flow,
    fingerprint: Option<String>,
    now_ms: i64,
) -> Result<Failing> {
    failures::once_more(before, loaded, flow, fingerprint, |times| now_ms + millis(pause(flow.header().every, times)))
}

/// How long a record that failed so often in a row is left alone.
fn pause(every: Duration, times: u32) -> Duration {
    failures::pause(every, times.saturating_sub(AT_ONCE))
}

/// Takes a record for this worker alone, or says when to come back. One that is not kept yet begins here.
pub async fn acquire(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    (document, run): (&DocumentKey, &RunId),
    stored: Option<Stored<Record>>,
) -> Result<LeasedRecord> {
    let (now, key) = (ctx.now_ms(), key(tenant, flow, document));
    let leasing = Leasing::new(ctx, tenant, LEASE);
    let leased = match stored {
        None => leasing.first(key, begun(flow, document, run, now)).await?,
        Some(stored) => {
            let begin = |record: &mut Record| {
                if record.failing.is_none() && record.state == RecordState::Idle && record.run != *run {
                    (record.run, record.started_ms) = (run.clone(), now);
                }
            };
            leasing.take(key, stored, begin).await?
        }
    };
    leased.ok_or_else(|| leased::busy("record"))
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
