//! The stored records of documents. Every change goes through [`LeasedRecord`], which refuses what the transition
//! table does not know and what somebody else has changed in the meantime.

use std::time::Duration;
use tenon_model::document::{CreatedFor, DocumentRecord, DocumentState};
use tenon_model::{ConnectionId, DocumentKey, FlowId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

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
#[derive(Debug)]
pub struct LeasedRecord {
    /// The record as stored.
    pub record: DocumentRecord,
    version: u64,
    tenant: TenantId,
    /// The message that goes on with it if this worker dies.
    promised: Option<Entry>,
}

/// What a request to have a record for oneself came to.
#[derive(Debug)]
pub enum Taken {
    /// It is ours.
    Ours(Box<LeasedRecord>),
    /// Somebody else has it in hand.
    Busy,
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
    mut record: DocumentRecord,
    time: Duration,
    promised: Option<Entry>,
) -> Result<Option<LeasedRecord>> {
    let holder = lease_for(ctx, &mut record, time)?;
    let tenant = name.tenant.clone();
    let write = indexed(&tenant, Write::put(name.key(), &record, Expect::AbsentAt(ctx.now_ms()))?, &record);
    let found = match &promised {
        None => match ctx.table.claim_by::<DocumentRecord>(&name.key(), write).await? {
            Claim::Stored => None,
            Claim::Exists(found) => Some(found),
        },
        Some(entry) => match ctx.table.transact(vec![write, entry.write()?]).await? {
            Outcome::Done => None,
            Outcome::Conflict => Some(get(ctx, name).await?.ok_or_else(lost)?),
        },
    };
    match found {
        None => Ok(Some(LeasedRecord { record, version: 1, tenant, promised })),
        // The claim whose answer was lost is our own.
        Some(found) if found.data.lease == record.lease => {
            Ok(Some(LeasedRecord { record, version: found.version, tenant, promised }))
        }
        Some(_) => {
            lease::note_released(ctx, &holder);
            Ok(None)
        }
    }
}

/// Leases a stored record, with a change to it.
pub async fn take(
    ctx: &Context,
    tenant: &TenantId,
    stored: Stored<DocumentRecord>,
    time: Duration,
    change: impl FnOnce(&mut DocumentRecord),
) -> Result<Taken> {
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
) -> Result<Taken> {
    if let Some(holder) = &stored.data.lease
        && lease::binds(ctx, holder, stored.data.taken_ms, stored.data.lease_until_ms)
    {
        return Ok(Taken::Busy);
    }
    let (version, tenant) = (stored.version, tenant.clone());
    let mut leased = LeasedRecord { record: stored.data, version, tenant, promised };
    let before = leased.record.state;
    change(&mut leased.record);
    if leased.record.state != before {
        check(before, leased.record.state)?;
    }
    let holder = lease_for(ctx, &mut leased.record, time)?;
    let also = leased.promised.as_ref().map(Entry::write).transpose()?.into_iter().collect();
    match leased.write(ctx, also).await {
        Ok(()) => Ok(Taken::Ours(Box::new(leased))),
        Err(error) => {
            lease::note_released(ctx, &holder);
            if error.kind() == ErrorKind::Lost { Ok(Taken::Busy) } else { Err(error) }
        }
    }
}

fn lease_for(ctx: &Context, record: &mut DocumentRecord, time: Duration) -> Result<String> {
    let holder = lease::holder(ctx)?;
    lease::note_held(ctx, &holder, time);
    let now = ctx.now_ms();
    record.lease = Some(holder.clone());
    (record.taken_ms, record.lease_until_ms, record.changed_ms) = (now, now + millis(time), now);
    Ok(holder)
}

fn check(before: DocumentState, next: DocumentState) -> Result<()> {
    if before.may_become(next) {
        return Ok(());
    }
    let message = format!("a document cannot go from {before:?} to {next:?}; this is a bug, please report it");
    Err(Error::permanent("flow.transition", message))
}

fn indexed(tenant: &TenantId, write: Write, record: &DocumentRecord) -> Write {
    // One that is over is there until its run is told.
    if !record.state.is_open() && record.lease.is_none() {
        return write;
    }
    let sort = format!("{:013}#{}#{}", record.check_after_ms, record.oa, record.request);
    write.indexed(open_partition(tenant, &record.flow), sort)
}

impl LeasedRecord {
    /// Whose it is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Moves the record on. `change` sets what belongs to the new state.
    pub async fn advance(
        &mut self,
        ctx: &Context,
        next: DocumentState,
        change: impl FnOnce(&mut DocumentRecord),
    ) -> Result<()> {
        let before = self.record.clone();
        check(before.state, next)?;
        self.record.state = next;
        change(&mut self.record);
        let written = match self.pointer(next) {
            Ok(also) => self.write(ctx, also).await,
            Err(error) => Err(error),
        };
        if written.is_err() {
            self.record = before;
        }
        written
    }

    /// What was created is this record's, and no other may take it for its own.
    fn pointer(&self, next: DocumentState) -> Result<Vec<Write>> {
        let record = &self.record;
        match &record.key {
            Some(key) if next == DocumentState::Created && !record.is_draft => {
                let at = created_key(&self.tenant, &record.erp, &record.object, key);
                Ok(vec![Write::put(at, &created_for(record), Expect::Anything)?])
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Lets others have the record; what was promised for it is sent, or taken out where nothing is left. Losing it is
    /// no error here: somebody else has moved on.
    pub async fn release(mut self, ctx: &Context, check_after: Duration) -> Result<()> {
        let Some(holder) = self.record.lease.take() else { return Ok(()) };
        lease::note_released(ctx, &holder);
        self.record.check_after_ms = ctx.now_ms() + millis(check_after);
        let promised = self.promised.take();
        let (left, over) = if self.record.state.is_open() { (promised, None) } else { (None, promised) };
        let also = over.as_ref().map(|entry| entry.removal(ctx)).transpose()?.into_iter().collect();
        match self.write(ctx, also).await {
            Err(error) if error.kind() == ErrorKind::Lost => Ok(()),
            Err(error) => Err(error),
            Ok(()) => match left {
                Some(entry) => entry.send(ctx).await,
                None => Ok(()),
            },
        }
    }

    /// Lets others have a record whose work is promised with that, and queues it: it is then left to the queue.
    pub async fn hand_on(mut self, ctx: &Context, promised: Entry) -> Result<()> {
        let Some(holder) = self.record.lease.take() else { return Ok(()) };
        lease::note_released(ctx, &holder);
        self.record.check_after_ms = ctx.now_ms() + millis(LOST_AFTER);
        if !self.record.state.is_open() {
            // Its run is still to be told.
            (self.record.lease, self.record.lease_until_ms) = (Some(String::new()), 0);
        }
        match self.write(ctx, vec![promised.write()?]).await {
            Err(error) if error.kind() == ErrorKind::Lost => Ok(()),
            Err(error) => Err(error),
            Ok(()) => promised.send(ctx).await,
        }
    }

    async fn write(&mut self, ctx: &Context, mut also: Vec<Write>) -> Result<()> {
        self.record.changed_ms = ctx.now_ms();
        let record = &self.record;
        let name = Name { tenant: &self.tenant, oa: &record.oa, flow: &record.flow, request: &record.request };
        let write = Write::put(name.key(), record, Expect::Version(self.version))?;
        let write = indexed(&self.tenant, write, record);
        let outcome = if also.is_empty() {
            ctx.table.write(write).await?
        } else {
            also.insert(0, write);
            ctx.table.transact(also).await?
        };
        match outcome {
            Outcome::Done => {
                self.version += 1;
                Ok(())
            }
            Outcome::Conflict => Err(lost()),
        }
    }
}

fn lost() -> Error {
    let message =
        "another worker changed this document's record in the meantime; it is tried again from what is stored";
    Error::transient("flow.lost", message).with_kind(ErrorKind::Lost)
}
