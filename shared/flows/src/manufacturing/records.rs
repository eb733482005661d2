//! The stored records. Every change goes through [`Leased`].

use crate::failures;
use crate::leased::{self, Fields, LEASE, Leased, Leasing};
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
use tenon_platform::table::{Key, Range, Stored, Write};
use tenon_platform::{Context, Result};

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
pub(super) type LeasedThing<B> = Leased<Tracked<B>>;

impl<B: Body> leased::Record for Tracked<B> {
    type State = WorkState;
    const NAME: &'static str = "record";

    fn fields(&mut self) -> Fields<'_, WorkState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: None,
            until_ms: &mut self.lease_until_ms,
            changed_ms: Some(&mut self.changed_ms),
        }
    }

    fn may_become(before: WorkState, next: WorkState) -> bool {
        before.may_become(next)
    }

    fn is_open(&self) -> bool {
        matches!(self.state, WorkState::Sending | WorkState::Unknown)
    }

    fn placed(&self, tenant: &TenantId, _now_ms: i64, write: Write) -> Write {
        let write = write.expiring(B::expires(self));
        let due = self.failing.as_ref().filter(|failing| failing.next_ms < i64::MAX);
        match due.map(|failing| (DUE, failing.next_ms)).or_else(|| B::listed(self)) {
            Some((list, ms)) => {
                let partition = Key::partition_of(tenant, list, &[self.flow.as_str()]);
                write.indexed(partition, format!("{}#{}", moment(ms), self.key.sort_key()))
            }
            None => write,
        }
    }
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

/// Whether a thing that fails is to be left alone still.
pub(super) fn is_suppressed<B>(record: &Tracked<B>, fingerprint: Option<&str>, definition: &str, now_ms: i64) -> bool {
    failures::is_left_alone(record.failing.as_ref(), fingerprint, definition, now_ms)
}

/// A thing that fails once more.
pub(super) fn failing(
    before: Option<&Failing>,
    loaded: &Loaded,
    flow: &Flow,
    fingerprint: Option<String>,
    now_ms: i64,
) -> Result<Failing> {
    failures::once_more(before, loaded, flow, fingerprint, |times| now_ms + millis(pause(flow.header().every, times)))
}

/// How long a thing that failed so often in a row is left alone: twice the period, and twice as long each time.
fn pause(every: Duration, times: u32) -> Duration {
    failures::pause(every, times)
}

/// Takes a thing for this worker alone, or says when to come back. One that is not kept yet begins here.
pub(super) async fn acquire<B: Body>(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    (thing, run): (&DocumentKey, &RunId),
    stored: Option<Stored<Tracked<B>>>,
) -> Result<LeasedThing<B>> {
    let (now, key) = (ctx.now_ms(), key::<B>(tenant, flow, thing));
    let leasing = Leasing::new(ctx, tenant, LEASE);
    let leased = match stored {
        None => leasing.first(key, begun(flow, thing, run, now)).await?,
        Some(stored) => {
            let begin = |record: &mut Tracked<B>| {
                let is_over = matches!(record.state, WorkState::Idle | WorkState::Sent);
                if record.failing.is_none() && is_over && record.run != *run {
                    (record.run, record.started_ms) = (run.clone(), now);
                }
            };
            leasing.take(key, stored, begin).await?
        }
    };
    leased.ok_or_else(|| leased::busy("record"))
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
