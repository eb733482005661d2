//! The stored records of documents. Every change goes through [`Leased`].

use crate::leased::{self, Fields, Leased, Leasing};
use std::time::Duration;
use tenon_model::document::{CreatedFor, DocumentRecord, DocumentState};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Expect, Key, Range, Stored, Write};
use tenon_platform::{Context, Result};

/// How long a record whose work is on a queue is left to it: longer than any message waits.
pub const LOST_AFTER: Duration = Duration::from_secs(75 * 60);

/// Names a document: the connection, the flow, the OA's request.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// The OA connection.
    pub oa: &'a ConnectionId,
    /// The flow.
    pub flow: &'a FlowId,
    /// The OA's request or instance.
    pub request: &'a str,
}

impl Name<'_> {
    /// The record's key.
    pub fn key(&self) -> Key {
        Key::new(self.tenant, "DOCUMENT", &[self.oa.as_str(), self.flow.as_str()], self.request)
    }
}

/// A record this worker has for itself.
pub type LeasedRecord = Leased<DocumentRecord>;

impl leased::Record for DocumentRecord {
    type State = DocumentState;
    const NAME: &'static str = "document";

    fn fields(&mut self) -> Fields<'_, DocumentState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: Some(&mut self.taken_ms),
            until_ms: &mut self.lease_until_ms,
            changed_ms: Some(&mut self.changed_ms),
        }
    }

    fn may_become(before: DocumentState, next: DocumentState) -> bool {
        before.may_become(next)
    }

    fn is_open(&self) -> bool {
        self.state.is_open()
    }

    fn placed(&self, tenant: &TenantId, _now_ms: i64, write: Write) -> Write {
        // One that is over is there until its run is told.
        if !self.state.is_open() && self.lease.is_none() {
            return write;
        }
        let sort = format!("{:013}#{}#{}", self.check_after_ms, self.oa, self.request);
        write.indexed(open_partition(tenant, &self.flow), sort)
    }

    /// What was created is this record's, and no other may take it for its own.
    fn follows(&self, tenant: &TenantId) -> Result<Vec<Write>> {
        match &self.key {
            Some(key) if self.state == DocumentState::Created && !self.is_draft => {
                let at = created_key(tenant, &self.erp, &self.object, key);
                Ok(vec![Write::put(at, &created_for(self), Expect::Anything)?])
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// A record, leased by nobody.
pub async fn get(ctx: &Context, name: Name<'_>) -> Result<Option<Stored<DocumentRecord>>> {
    ctx.table.get(&name.key()).await
}

fn created_key(tenant: &TenantId, erp: &ConnectionId, object: &str, document: &DocumentKey) -> Key {
    Key::new(tenant, "CREATED", &[erp.as_str(), object], document.sort_key())
}

fn open_partition(tenant: &TenantId, flow: &FlowId) -> String {
    Key::partition_of(tenant, "OPEN-DOCUMENTS", &[flow.as_str()])
}

/// Records of a flow that have work left and whose time to be looked after has come. Read from the index.
pub async fn due(ctx: &Context, tenant: &TenantId, flow: &FlowId, limit: u32) -> Result<Vec<Stored<DocumentRecord>>> {
    let up_to = format!("{:013}~", ctx.now_ms());
    let range = Range { up_to: Some(up_to), limit: Some(limit), ..Range::default() };
    Ok(ctx.table.query_index(&open_partition(tenant, flow), range).await?.items)
}

/// Whether a document of the ERP was created for another record than this one.
pub async fn is_anothers(ctx: &Context, tenant: &TenantId, record: &DocumentRecord, key: &DocumentKey) -> Result<bool> {
    let found = ctx.table.get::<CreatedFor>(&created_key(tenant, &record.erp, &record.object, key)).await?;
    Ok(found.is_some_and(|found| found.data != created_for(record)))
}

fn created_for(record: &DocumentRecord) -> CreatedFor {
    CreatedFor { flow: record.flow.clone(), oa: record.oa.clone(), request: record.request.clone() }
}

/// Stores a first record, leased, with what is promised for it; `None` when there is one already.
pub async fn claim(
    ctx: &Context,
    name: Name<'_>,
    record: DocumentRecord,
    time: Duration,
    promised: Option<Entry>,
) -> Result<Option<LeasedRecord>> {
    Leasing::new(ctx, name.tenant, time).promising(promised).first(name.key(), record).await
}

/// Leases a stored record, with a change to it; `None` when somebody else has it.
pub async fn take(
    ctx: &Context,
    tenant: &TenantId,
    stored: Stored<DocumentRecord>,
    time: Duration,
    change: impl FnOnce(&mut DocumentRecord),
) -> Result<Option<LeasedRecord>> {
    take_promising(ctx, tenant, stored, time, None, change).await
}

/// As [`take`], with what is promised for it.
pub async fn take_promising(
    ctx: &Context,
    tenant: &TenantId,
    stored: Stored<DocumentRecord>,
    time: Duration,
    promised: Option<Entry>,
    change: impl FnOnce(&mut DocumentRecord),
) -> Result<Option<LeasedRecord>> {
    let record = &stored.data;
    let key = Name { tenant, oa: &record.oa, flow: &record.flow, request: &record.request }.key();
    Leasing::new(ctx, tenant, time).promising(promised).take(key, stored, change).await
}

/// Lets others have a record, which is looked after so much later if work is left.
pub async fn release(held: LeasedRecord, ctx: &Context, check_after: Duration) -> Result<()> {
    let check_after_ms = ctx.now_ms() + millis(check_after);
    held.release_with(ctx, |record| record.check_after_ms = check_after_ms).await
}

/// Lets others have a record whose work is promised with that, and queues it: it is then left to the queue.
pub async fn hand_on(held: LeasedRecord, ctx: &Context, promised: Entry) -> Result<()> {
    let check_after_ms = ctx.now_ms() + millis(LOST_AFTER);
    held.hand_on(ctx, promised, |record| {
        record.check_after_ms = check_after_ms;
        if !record.state.is_open() {
            // Its run is still to be told.
            (record.lease, record.lease_until_ms) = (Some(String::new()), 0);
        }
    })
    .await
}
