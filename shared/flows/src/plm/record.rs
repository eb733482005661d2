//! The stored records of what was pushed. Every change of a record that somebody has goes through [`Leased`].

use super::job::{Job, Work};
use crate::leased::{self, Fields, Leased, Leasing};
use std::collections::HashMap;
use std::time::Duration;
use tenon_model::config::PlmFlow;
use tenon_model::plm::{PlmRecord, PlmState};
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Expect, Key, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Result, lease};

/// How long a caller's work has a record for itself: until its last call to the ERP can no longer be under way.
pub const LEASE_OF_CALL: Duration = Duration::from_secs(45);
/// How long a record whose work is on a queue is left to it: longer than any message waits.
pub const LOST_AFTER: Duration = Duration::from_secs(75 * 60);
/// How long after a lease's end its work is looked after.
const LOOK_AFTER: Duration = Duration::from_secs(15);
/// How long what is over is kept, in seconds: no push comes that late that was made before.
const KEPT_S: i64 = 30 * 86_400;
/// The same of what was refused, which an operator may try again.
const KEPT_FAILED_S: i64 = 90 * 86_400;

/// Names a record.
pub fn key_of(tenant: &TenantId, flow: &PlmFlow, key: &DocumentKey) -> Key {
    Key::new(tenant, "PLM", &[flow.erp.as_str(), flow.receives.word()], key.sort_key())
}

fn open_partition(tenant: &TenantId, flow: &FlowId) -> String {
    Key::partition_of(tenant, "OPEN-PLM", &[flow.as_str()])
}

/// Records by their keys.
pub async fn get_many(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PlmFlow,
    keys: impl Iterator<Item = &DocumentKey>,
) -> Result<HashMap<DocumentKey, Stored<PlmRecord>>> {
    let keys: Vec<Key> = keys.map(|key| key_of(tenant, flow, key)).collect();
    let found = ctx.table.get_many::<PlmRecord>(&keys).await?;
    Ok(found.into_values().map(|stored| (stored.data.key.clone(), stored)).collect())
}

/// One record.
pub async fn get(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PlmFlow,
    key: &DocumentKey,
) -> Result<Option<Stored<PlmRecord>>> {
    ctx.table.get(&key_of(tenant, flow, key)).await
}

/// Records of a flow that have work left and whose time to be looked after has come. Read from the index.
pub async fn due(ctx: &Context, tenant: &TenantId, flow: &FlowId, limit: u32) -> Result<Vec<Stored<PlmRecord>>> {
    let up_to = format!("{:013}~", ctx.now_ms());
    let range = Range { up_to: Some(up_to), limit: Some(limit), ..Range::default() };
    Ok(ctx.table.query_index(&open_partition(tenant, flow), range).await?.items)
}

/// Whether somebody works on it.
pub fn is_held(ctx: &Context, record: &PlmRecord) -> bool {
    record.lease.as_ref().is_some_and(|holder| lease::binds(ctx, holder, record.taken_ms, record.lease_until_ms))
}

/// The write that leaves a record to the queue, or to whoever looks after it.
pub fn left_to_queue(ctx: &Context, tenant: &TenantId, flow: &PlmFlow, stored: &Stored<PlmRecord>) -> Result<Write> {
    let check_after_ms = ctx.now_ms() + millis(LOST_AFTER);
    let record = PlmRecord { check_after_ms, ..stored.data.clone() };
    write_of(ctx, tenant, flow, &record, Expect::Version(stored.version))
}

/// The write that ends a record that nobody tries any more by himself.
pub fn failed_for_good(ctx: &Context, tenant: &TenantId, flow: &PlmFlow, stored: &Stored<PlmRecord>) -> Result<Write> {
    let record = PlmRecord { state: PlmState::Failed, lease: None, ..stored.data.clone() };
    write_of(ctx, tenant, flow, &record, Expect::Version(stored.version))
}

fn write_of(ctx: &Context, tenant: &TenantId, flow: &PlmFlow, record: &PlmRecord, expect: Expect) -> Result<Write> {
    let write = Write::put(key_of(tenant, flow, &record.key), record, expect)?;
    Ok(leased::Record::placed(record, tenant, ctx.now_ms(), write))
}

impl leased::Record for PlmRecord {
    type State = PlmState;
    const NAME: &'static str = "record";

    fn fields(&mut self) -> Fields<'_, PlmState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: Some(&mut self.taken_ms),
            until_ms: &mut self.lease_until_ms,
            changed_ms: None,
        }
    }

    fn may_become(before: PlmState, next: PlmState) -> bool {
        before.may_become(next)
    }

    fn is_open(&self) -> bool {
        self.state.is_open()
    }

    fn placed(&self, tenant: &TenantId, now_ms: i64, write: Write) -> Write {
        if self.state.is_open() {
            let sort = format!("{:013}#{}", self.check_after_ms, self.key.sort_key());
            return write.indexed(open_partition(tenant, &self.flow), sort);
        }
        let kept = if self.state == PlmState::Failed { KEPT_FAILED_S } else { KEPT_S };
        // A change that may still be carried out is remembered for as long.
        write.expiring(Some(now_ms.div_euclid(1000) + kept))
    }
}

/// A change that was sent and not answered.
#[derive(Debug)]
pub struct Unsettled {
    /// Epoch ms until which it may be carried out.
    pub until_ms: i64,
    /// SHA-256 of its fields, when all that may come are of the same.
    pub of: Option<String>,
}

/// A record that this worker has for itself.
pub type LeasedRecord = Leased<PlmRecord>;

impl Work<'_> {
    /// Takes a record for what is to be done with it; `None` when somebody was there before.
    pub async fn claim(
        &self,
        job: &Job,
        stored: Option<&Stored<PlmRecord>>,
        state: PlmState,
    ) -> Result<Option<LeasedRecord>> {
        let ctx = self.after;
        if let Some(stored) = stored {
            leased::check::<PlmRecord>(stored.data.state, state)?;
        }
        let time = if self.is_awaited { LEASE_OF_CALL } else { leased::LEASE };
        let mut record = self.fresh(job, stored, state);
        record.sent_ms = state.is_unclear().then(|| ctx.now_ms());
        record.check_after_ms = ctx.now_ms() + millis(time + LOOK_AFTER);
        let (key, leasing) = (key_of(self.tenant, self.flow, &job.key), Leasing::new(ctx, self.tenant, time));
        match stored {
            None => leasing.first(key, record).await,
            Some(stored) => leasing.next(key, record, stored.version).await,
        }
    }

    /// Stores a record that nobody has in hand and that is to wait for the queue. `false` when somebody was there
    /// before.
    pub async fn wait(&self, job: &Job, stored: Option<&Stored<PlmRecord>>) -> Result<bool> {
        let state = match stored.map(|stored| stored.data.state) {
            // What was sent of the same fields is still to be looked for.
            Some(state) if state.is_unclear() && stored.is_some_and(|s| s.data.fingerprint == job.fingerprint) => state,
            _ => PlmState::Waiting,
        };
        let mut record = self.fresh(job, stored, state);
        record.check_after_ms = self.after.now_ms() + millis(LOST_AFTER);
        let expect = stored.map_or(Expect::AbsentAt(self.after.now_ms()), |stored| Expect::Version(stored.version));
        let write = write_of(self.after, self.tenant, self.flow, &record, expect)?;
        Ok(self.after.table.write(write).await? == Outcome::Done)
    }

    fn fresh(&self, job: &Job, stored: Option<&Stored<PlmRecord>>, state: PlmState) -> PlmRecord {
        let now = self.after.now_ms();
        let unsettled = stored.and_then(|stored| self.unsettled(&stored.data));
        PlmRecord {
            flow: self.flow.id.clone(),
            erp: self.flow.erp.clone(),
            key: job.key.clone(),
            state,
            arrival: job.arrival,
            push: job.push.clone(),
            run: job.run.clone(),
            fields: Some(job.text.clone()),
            fingerprint: job.fingerprint.clone(),
            unsettled_until_ms: unsettled.as_ref().map(|change| change.until_ms),
            unsettled_of: unsettled.and_then(|change| change.of),
            sent_ms: stored.and_then(|stored| stored.data.sent_ms).filter(|_| state.is_unclear()),
            lease: None,
            taken_ms: now,
            lease_until_ms: 0,
            began_ms: job.began_ms,
            check_after_ms: now,
        }
    }

    /// The change that was sent and not answered and may still be carried out, the one under way among them.
    pub fn unsettled(&self, record: &PlmRecord) -> Option<Unsettled> {
        let before = record.unsettled_until_ms;
        let before = before.map(|until_ms| Unsettled { until_ms, of: record.unsettled_of.clone() });
        let sent = record.sent_ms.filter(|_| record.state == PlmState::Changing);
        let of = Some(record.fingerprint.clone());
        let sent = sent.map(|sent| Unsettled { until_ms: self.settled_ms(sent), of });
        let now = self.after.now_ms();
        let (before, sent) =
            (before.filter(|change| change.until_ms > now), sent.filter(|change| change.until_ms > now));
        match (before, sent) {
            (Some(before), Some(sent)) => Some(Unsettled {
                until_ms: before.until_ms.max(sent.until_ms),
                of: sent.of.filter(|of| before.of.as_ref() == Some(of)),
            }),
            (before, sent) => before.or(sent),
        }
    }

    /// Keeps in mind that the change under way was not answered.
    pub fn note_unsettled(&self, record: &mut PlmRecord) {
        let unsettled = self.unsettled(record);
        record.unsettled_until_ms = unsettled.as_ref().map(|change| change.until_ms);
        record.unsettled_of = unsettled.and_then(|change| change.of);
    }

    /// Stores that another kind of write is about to be sent, or the same once more.
    pub async fn sends(&self, held: &mut LeasedRecord, state: PlmState) -> Result<()> {
        let mut before = held.record.clone();
        self.note_unsettled(&mut before);
        let now = self.after.now_ms();
        held.advance(self.after, state, |record| {
            (record.unsettled_until_ms, record.unsettled_of) = (before.unsettled_until_ms, before.unsettled_of);
            record.sent_ms = Some(now);
        })
        .await
    }

    /// Lets others have the record as it stands now, with what its run tells of it.
    ///
    /// # Errors
    /// `flow.lost` when somebody else has it; what was done is done.
    pub async fn release(&self, mut held: LeasedRecord, state: PlmState, run: Vec<Write>) -> Result<()> {
        // In other states it was answered, so that nothing of it can come later.
        if state.is_unclear() {
            self.note_unsettled(&mut held.record);
        }
        let check_after_ms = self.after.now_ms() + millis(LOST_AFTER);
        held.end_with(self.after, state, run, |record| {
            if state == PlmState::Done {
                record.fields = None;
            }
            if !state.is_unclear() {
                record.sent_ms = None;
            }
            record.check_after_ms = check_after_ms;
        })
        .await
    }
}
