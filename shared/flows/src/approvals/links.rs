//! The stored links. Every change goes through [`LeasedLink::advance`], which refuses what the transition
//! table does not know and what somebody else has changed in the meantime.

use std::time::Duration;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::{InstancePointer, Link, LinkState};
use tenon_model::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Claim, Expect, Key, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};

/// How long one worker has a link for itself. Longer than any function may run, so that a create
/// in flight has been answered or given up before somebody else looks for it.
pub const LEASE: Duration = Duration::from_secs(150);

/// How long a decision may stay unwritten before its message counts as lost: longer than any message waits.
pub const DECIDED_IS_LOST_AFTER: Duration = Duration::from_secs(75 * 60);

/// A link this worker has for itself.
#[derive(Debug)]
pub struct LeasedLink {
    /// The link as stored.
    pub link: Link,
    version: u64,
    tenant: TenantId,
}

/// The link's key.
pub fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "LINK", &[flow.as_str()], document.sort_key())
}

fn pointer_key(tenant: &TenantId, oa: &ConnectionId, instance: &InstanceId) -> Key {
    Key::new(tenant, "INSTANCE", &[oa.as_str(), instance.as_str()], "-")
}

/// Index partition of links whose instance is decided on in this OA, or whose decision is on its way, by when
/// to look after it.
pub fn open_partition(tenant: &TenantId, oa: &ConnectionId) -> String {
    Key::partition_of(tenant, "OPEN", &[oa.as_str()])
}

/// Index partition of links whose attempt is over and whose worker has not let go of them yet, by when it ended:
/// nobody may have told their run.
fn ended_partition(tenant: &TenantId, flow: &FlowId) -> String {
    Key::partition_of(tenant, "ENDED", &[flow.as_str()])
}

/// Links that ended before this epoch ms and that nobody let go of: their worker died.
pub async fn ended_before(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    before_ms: i64,
    limit: u32,
) -> Result<Vec<Stored<Link>>> {
    let range = Range { up_to: Some(format!("{before_ms:013}~")), limit: Some(limit), ..Range::default() };
    Ok(ctx.table.query_index(&ended_partition(tenant, flow), range).await?.items)
}

/// Lets go of a link in a dead worker's place. What has changed since is left as it is.
pub async fn release_stored(ctx: &Context, tenant: &TenantId, stored: Stored<Link>) -> Result<()> {
    LeasedLink { link: stored.data, version: stored.version, tenant: tenant.clone() }.release(ctx).await
}

fn creating_partition(tenant: &TenantId, flow: &FlowId) -> String {
    Key::partition_of(tenant, "CREATING", &[flow.as_str()])
}

/// A link, held by nobody.
pub async fn get(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    document: &DocumentKey,
) -> Result<Option<Stored<Link>>> {
    ctx.table.get(&key(tenant, flow, document)).await
}

/// Which link an instance belongs to.
pub async fn of_instance(
    ctx: &Context,
    tenant: &TenantId,
    oa: &ConnectionId,
    instance: &InstanceId,
) -> Result<Option<InstancePointer>> {
    Ok(ctx.table.get(&pointer_key(tenant, oa, instance)).await?.map(|s| s.data))
}

/// Of these instances, those that belong to a link.
pub async fn known_instances(
    ctx: &Context,
    tenant: &TenantId,
    oa: &ConnectionId,
    instances: &[InstanceId],
) -> Result<Vec<InstanceId>> {
    let keys: Vec<Key> = instances.iter().map(|i| pointer_key(tenant, oa, i)).collect();
    let found = ctx.table.get_many::<InstancePointer>(&keys).await?;
    Ok(instances.iter().zip(&keys).filter(|(_, k)| found.contains_key(k)).map(|(i, _)| i.clone()).collect())
}

/// Whether some document of this flow is being created in the OA, so that an instance nobody knows
/// yet may be its. Read from the index, which lags a little.
pub async fn any_creating(ctx: &Context, tenant: &TenantId, flow: &FlowId) -> Result<bool> {
    let range = Range { limit: Some(1), ..Range::default() };
    Ok(!ctx.table.query_index::<Link>(&creating_partition(tenant, flow), range).await?.items.is_empty())
}

/// Links whose time to be looked up has come.
pub async fn due_for_look_up(
    ctx: &Context,
    tenant: &TenantId,
    oa: &ConnectionId,
    limit: u32,
) -> Result<Vec<Stored<Link>>> {
    let up_to = format!("{:013}~", ctx.now_ms());
    let range = Range { up_to: Some(up_to), limit: Some(limit), ..Range::default() };
    Ok(ctx.table.query_index(&open_partition(tenant, oa), range).await?.items)
}

/// Claims a document for its first or its next attempt. `None` when somebody else was faster.
pub async fn claim(
    ctx: &Context,
    tenant: &TenantId,
    mut link: Link,
    previous: Option<&Stored<Link>>,
) -> Result<Option<LeasedLink>> {
    let now = ctx.now_ms();
    link.lease = Some(held_by_us(ctx)?);
    link.lease_until_ms = now + millis(LEASE);
    let key = key(tenant, &link.flow, &link.key);
    let version = match previous {
        None => match ctx.table.claim(&key, &link, None, now).await? {
            Claim::Stored => 1,
            Claim::Exists(_) => return Ok(None),
        },
        Some(previous) if previous.data.state.is_finished() => {
            match ctx.table.write(Write::put(key, &link, Expect::Version(previous.version))?).await? {
                Outcome::Done => previous.version + 1,
                Outcome::Conflict => return Ok(None),
            }
        }
        Some(_) => return Ok(None),
    };
    Ok(Some(LeasedLink { link, version, tenant: tenant.clone() }))
}

/// Stores the next attempt of a document with an instance that exists already, its pointer, and what else
/// belongs to it. `None` when somebody else was faster.
pub async fn adopt(
    ctx: &Context,
    tenant: &TenantId,
    mut link: Link,
    previous: &Stored<Link>,
    also: Vec<Write>,
) -> Result<Option<LeasedLink>> {
    link.lease = Some(ctx.entropy.id("l-", ctx.now_ms())?);
    link.lease_until_ms = ctx.now_ms() + millis(LEASE);
    let mut leased = LeasedLink { link, version: previous.version, tenant: tenant.clone() };
    let also = also.into_iter().chain(leased.pointer()?).collect();
    match leased.write(ctx, also).await {
        Ok(()) => Ok(Some(leased)),
        Err(error) if error.kind() == ErrorKind::Lost => Ok(None),
        Err(error) => Err(error),
    }
}

/// A document that is in the OA, and that nothing here has sent.
pub struct SentElsewhere<'a> {
    /// Its flow.
    pub flow: &'a ApprovalFlow,
    /// Its place in the ERP.
    pub key: &'a DocumentKey,
    /// Its instance.
    pub instance: &'a InstanceId,
    /// Who handed it in, where that is known.
    pub originator: Option<String>,
    /// When its instance is looked up, unless its end is told before.
    pub check_after: Duration,
    /// How it was found.
    pub by: &'a str,
}

/// Stores the link of a document that is in the OA already, and its pointer. `None` when it has one.
pub async fn link_found(ctx: &Context, tenant: &TenantId, found: SentElsewhere<'_>) -> Result<Option<LeasedLink>> {
    let (now, SentElsewhere { flow, key: place, instance, originator, check_after, by }) = (ctx.now_ms(), found);
    let link = Link {
        flow: flow.id.clone(),
        erp: flow.erp.clone(),
        oa: flow.oa.clone(),
        key: place.clone(),
        attempt: 1,
        state: LinkState::Marked,
        run: RunId::new(ctx.entropy.id("r-", now)?),
        lease: Some(held_by_us(ctx)?),
        lease_until_ms: now + millis(LEASE),
        create_sent_ms: None,
        originator,
        // What people were shown is not known.
        shown: None,
        found: None,
        accepted: None,
        instance: Some(instance.clone()),
        decision: None,
        asked: None,
        add_sent_ms: None,
        left_out: Vec::new(),
        sent: false,
        claimed_ms: now,
        changed_ms: now,
        check_after_ms: now + millis(check_after),
        note: Some(format!("not sent by this installation; found by {by}")),
    };
    let leased = LeasedLink { link, version: 1, tenant: tenant.clone() };
    let key = key(tenant, &leased.link.flow, &leased.link.key);
    let put = leased.indexed(Write::put(key, &leased.link, Expect::AbsentAt(ctx.now_ms()))?);
    let writes = std::iter::once(put).chain(leased.pointer()?).collect();
    Ok(match ctx.table.transact(writes).await? {
        Outcome::Done => Some(leased),
        Outcome::Conflict => None,
    })
}

/// Another worker has it.
pub(super) fn busy() -> Error {
    let message = "another worker has this document in hand; it is tried again";
    Error::transient("flow.busy", message).with_kind(ErrorKind::Busy)
}

/// Takes a stored link for this worker alone, or says when to come back.
pub async fn acquire(ctx: &Context, tenant: &TenantId, stored: Stored<Link>) -> Result<LeasedLink> {
    let now = ctx.now_ms();
    // A live worker is done within seconds; only a dead one keeps its lease to the end.
    let taken_ms = stored.data.lease_until_ms - millis(LEASE);
    if let Some(holder) = &stored.data.lease
        && lease::binds(ctx, holder, taken_ms, stored.data.lease_until_ms)
    {
        return Err(busy());
    }
    let mut leased = LeasedLink { link: stored.data, version: stored.version, tenant: tenant.clone() };
    leased.link.lease = Some(held_by_us(ctx)?);
    leased.link.lease_until_ms = now + millis(LEASE);
    match leased.write(ctx, Vec::new()).await {
        Err(error) if error.kind() == ErrorKind::Lost => Err(busy()),
        Err(error) => Err(error),
        Ok(()) => Ok(leased),
    }
}

/// A new holding of a link by this process.
fn held_by_us(ctx: &Context) -> Result<String> {
    let holder = lease::holder(ctx)?;
    lease::note_held(ctx, &holder, LEASE);
    Ok(holder)
}

impl LeasedLink {
    /// Whose link this is.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Moves the link on. `change` sets what belongs to the new state.
    pub async fn advance(&mut self, ctx: &Context, next: LinkState, change: impl FnOnce(&mut Link)) -> Result<()> {
        self.advance_with(ctx, next, Vec::new(), change).await
    }

    /// Moves the link on and makes other writes, all or none.
    pub async fn advance_with(
        &mut self,
        ctx: &Context,
        next: LinkState,
        mut also: Vec<Write>,
        change: impl FnOnce(&mut Link),
    ) -> Result<()> {
        let (previous, before) = (self.link.state, self.link.clone());
        if !previous.may_become(next) {
            return Err(Error::permanent(
                "flow.transition",
                format!("a link cannot go from {previous:?} to {next:?}; this is a bug, please report it"),
            ));
        }
        self.link.state = next;
        if matches!(next, LinkState::Decided | LinkState::Adding) {
            self.link.check_after_ms = ctx.now_ms() + millis(DECIDED_IS_LOST_AFTER);
        }
        change(&mut self.link);
        if next == LinkState::Created {
            also.extend(self.pointer()?);
        }
        let written = self.write(ctx, also).await;
        if written.is_err() {
            self.link = before;
        }
        written
    }

    /// The write of the pointer from the link's instance to the link.
    fn pointer(&self) -> Result<Option<Write>> {
        let Some(instance) = &self.link.instance else { return Ok(None) };
        let pointer =
            InstancePointer { flow: self.link.flow.clone(), key: self.link.key.clone(), attempt: self.link.attempt };
        let key = pointer_key(&self.tenant, &self.link.oa, instance);
        Write::put(key, &pointer, Expect::Anything).map(Some)
    }

    /// Stores a change that leaves the state as it is.
    pub async fn amend(&mut self, ctx: &Context, change: impl FnOnce(&mut Link)) -> Result<()> {
        self.amend_with(ctx, Vec::new(), change).await
    }

    /// Stores a change that leaves the state as it is, together with other writes.
    pub async fn amend_with(&mut self, ctx: &Context, also: Vec<Write>, change: impl FnOnce(&mut Link)) -> Result<()> {
        change(&mut self.link);
        self.write(ctx, also).await
    }

    /// Lets others have the link. Losing it is no error here: somebody else has moved on.
    pub async fn release(mut self, ctx: &Context) -> Result<()> {
        let Some(holder) = self.link.lease.take() else { return Ok(()) };
        lease::note_released(ctx, &holder);
        if matches!(self.link.state, LinkState::Decided | LinkState::Adding) {
            // Whoever lets it go undone comes back.
            self.link.check_after_ms = ctx.now_ms() + millis(DECIDED_IS_LOST_AFTER);
        }
        match self.write(ctx, Vec::new()).await {
            Err(error) if error.kind() == ErrorKind::Lost => Ok(()),
            other => other,
        }
    }

    /// The write with the index entry of the link's state.
    fn indexed(&self, write: Write) -> Write {
        match self.link.state {
            LinkState::Creating | LinkState::Unknown => {
                return write.indexed(creating_partition(&self.tenant, &self.link.flow), self.link.key.to_string());
            }
            LinkState::Created | LinkState::Marked | LinkState::Decided | LinkState::Adding => {
                let sort = format!("{:013}#{}#{}", self.link.check_after_ms, self.link.flow, self.link.key);
                return write.indexed(open_partition(&self.tenant, &self.link.oa), sort);
            }
            // In the index until it is let go of, which comes after its run was told.
            state if state.is_finished() && self.link.lease.is_some() => {
                let sort = format!("{:013}#{}", self.link.changed_ms, self.link.key);
                return write.indexed(ended_partition(&self.tenant, &self.link.flow), sort);
            }
            _ => {}
        }
        write
    }

    async fn write(&mut self, ctx: &Context, mut also: Vec<Write>) -> Result<()> {
        self.link.changed_ms = ctx.now_ms();
        let key = key(&self.tenant, &self.link.flow, &self.link.key);
        let write = self.indexed(Write::put(key, &self.link, Expect::Version(self.version))?);
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
            Outcome::Conflict => Err(Error::transient(
                "flow.lost",
                "another worker changed this document's link in the meantime; it is tried again from what is stored",
            )
            .with_kind(ErrorKind::Lost)),
        }
    }
}
