//! The stored links. Every change goes through [`Leased`].

use crate::leased::{self, Fields, LEASE, Leased, Leasing};
use std::time::Duration;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::{InstancePointer, Link, LinkState};
use tenon_model::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::table::{Expect, Key, Range, Stored, Write};
use tenon_platform::{Context, Error, Result, lease, shared_requests};

/// How long a decision may stay unwritten before its message counts as lost: longer than any message waits.
pub const DECIDED_IS_LOST_AFTER: Duration = Duration::from_secs(75 * 60);

/// How long a link that is in hand in this process is waited for: a decision that comes while its document is still being
/// marked is written as soon as that is done. A shorter time would send it through the queue, for seconds.
const IN_HAND: Duration = Duration::from_secs(1);

/// A link this worker has for itself.
pub type LeasedLink = Leased<Link>;

impl leased::Record for Link {
    type State = LinkState;
    const NAME: &'static str = "link";

    fn fields(&mut self) -> Fields<'_, LinkState> {
        Fields {
            state: &mut self.state,
            holder: &mut self.lease,
            taken_ms: None,
            until_ms: &mut self.lease_until_ms,
            changed_ms: Some(&mut self.changed_ms),
        }
    }

    fn may_become(before: LinkState, next: LinkState) -> bool {
        before.may_become(next)
    }

    fn is_open(&self) -> bool {
        !self.state.is_finished()
    }

    fn placed(&self, tenant: &TenantId, _now_ms: i64, write: Write) -> Write {
        match self.state {
            LinkState::Creating | LinkState::Unknown => {
                write.indexed(creating_partition(tenant, &self.flow), self.key.to_string())
            }
            LinkState::Created | LinkState::Marked | LinkState::Decided | LinkState::Adding => {
                let sort = format!("{:013}#{}#{}", self.check_after_ms, self.flow, self.key);
                write.indexed(open_partition(tenant, &self.oa), sort)
            }
            // In the index until it is let go of, which comes after its run was told.
            state if state.is_finished() && self.lease.is_some() => {
                let sort = format!("{:013}#{}", self.changed_ms, self.key);
                write.indexed(ended_partition(tenant, &self.flow), sort)
            }
            _ => write,
        }
    }

    /// The pointer from the link's instance to the link.
    fn follows(&self, tenant: &TenantId) -> Result<Vec<Write>> {
        if self.state == LinkState::Created { Ok(pointer(tenant, self)?.into_iter().collect()) } else { Ok(Vec::new()) }
    }

    /// Whoever lets a decision go undone comes back.
    fn look_again(&mut self, now_ms: i64) {
        if matches!(self.state, LinkState::Decided | LinkState::Adding) {
            self.check_after_ms = now_ms + millis(DECIDED_IS_LOST_AFTER);
        }
    }
}

fn pointer(tenant: &TenantId, link: &Link) -> Result<Option<Write>> {
    let Some(instance) = &link.instance else { return Ok(None) };
    let pointer = InstancePointer { flow: link.flow.clone(), key: link.key.clone(), attempt: link.attempt };
    Write::put(pointer_key(tenant, &link.oa, instance), &pointer, Expect::Anything).map(Some)
}

/// The link's key.
pub fn key(tenant: &TenantId, flow: &FlowId, document: &DocumentKey) -> Key {
    Key::new(tenant, "LINK", &[flow.as_str()], document.sort_key())
}

/// Where it is kept which link an instance belongs to.
pub(crate) fn pointer_key(tenant: &TenantId, oa: &ConnectionId, instance: &InstanceId) -> Key {
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
    let key = key(tenant, &stored.data.flow, &stored.data.key);
    LeasedLink::of_dead_worker(tenant, key, stored).release(ctx).await
}

fn creating_partition(tenant: &TenantId, flow: &FlowId) -> String {
    Key::partition_of(tenant, "CREATING", &[flow.as_str()])
}

/// As [`get`], read with those that others read now.
pub async fn look(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    document: &DocumentKey,
) -> Result<Option<Stored<Link>>> {
    shared_requests::get(ctx, &key(tenant, flow, document)).await
}

/// As [`look`]; a link that is in hand in this process, when it is let go of, or has not been for a while.
pub async fn look_when_free(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    document: &DocumentKey,
) -> Result<Option<Stored<Link>>> {
    let found = look(ctx, tenant, flow, document).await?;
    match found.as_ref().and_then(|stored| stored.data.lease.as_deref()) {
        Some(holder) if lease::released(ctx, holder, IN_HAND).await => look(ctx, tenant, flow, document).await,
        _ => Ok(found),
    }
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

/// Claims a document for its first or its next attempt, with the first change of the link that is stored. `None` when
/// somebody has it.
pub fn claim(
    ctx: &Context,
    tenant: &TenantId,
    link: Link,
    previous: Option<&Stored<Link>>,
) -> Result<Option<LeasedLink>> {
    let key = key(tenant, &link.flow, &link.key);
    let leasing = Leasing::new(ctx, tenant, LEASE);
    match previous {
        None => leasing.first_later(key, link).map(Some),
        Some(previous) if previous.data.state.is_finished() => {
            leasing.next_later(key, link, previous.version).map(Some)
        }
        Some(_) => Ok(None),
    }
}

/// Stores the next attempt of a document with an instance that exists already, its pointer, and what else
/// belongs to it. `None` when somebody else was faster.
pub async fn adopt(
    ctx: &Context,
    tenant: &TenantId,
    link: Link,
    previous: &Stored<Link>,
    also: Vec<Write>,
) -> Result<Option<LeasedLink>> {
    let key = key(tenant, &link.flow, &link.key);
    let also = also.into_iter().chain(pointer(tenant, &link)?).collect();
    Leasing::new(ctx, tenant, LEASE).with(also).next(key, link, previous.version).await
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
        lease: None,
        lease_until_ms: 0,
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
    let also = pointer(tenant, &link)?.into_iter().collect();
    Leasing::new(ctx, tenant, LEASE).with(also).first(key(tenant, &link.flow, &link.key), link).await
}

/// Another worker has it.
pub(super) fn busy() -> Error {
    leased::busy("document")
}

/// Takes a stored link for this worker alone, or says when to come back.
pub async fn acquire(ctx: &Context, tenant: &TenantId, stored: Stored<Link>) -> Result<LeasedLink> {
    let key = key(tenant, &stored.data.flow, &stored.data.key);
    Leasing::new(ctx, tenant, LEASE).take(key, stored, |_| {}).await?.ok_or_else(busy)
}

/// Takes a stored link for this worker alone with the first change of it that is stored, or says when to come back.
pub fn acquire_later(ctx: &Context, tenant: &TenantId, stored: Stored<Link>) -> Result<LeasedLink> {
    let key = key(tenant, &stored.data.flow, &stored.data.key);
    Leasing::new(ctx, tenant, LEASE).take_later(key, stored)?.ok_or_else(busy)
}
