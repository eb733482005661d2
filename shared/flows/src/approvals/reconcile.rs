//! Finding what was missed: DingTalk's list of callbacks it could not deliver, and instances that have
//! been open for long.

use super::{intake, links};
use crate::messages::queue_write_back;
use crate::prices;
use crate::schedule::claim_slot;
use std::sync::Arc;
use std::time::Duration;
use tenon_connectors::b1::release_sessions;
use tenon_connectors::dingtalk::{Dingtalk, InstanceResult, InstanceStatus};
use tenon_model::TenantId;
use tenon_model::config::{Connection, DingtalkConnection, Flow, FlowKind};
use tenon_model::dingtalk::{Change, Event};
use tenon_model::link::{Link, LinkState};
use tenon_model::message::{EventSource, WriteBack};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::table::Stored;
use tenon_platform::{Context, ErrorKind, Result};

/// Lists of failed callbacks read in one run; each has at most 200 events.
const LISTS: usize = 50;
/// Instances looked up in one run.
const LOOK_UPS: u32 = 100;

/// What one run did for one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Events DingTalk had failed to deliver.
    pub failed_callbacks: u64,
    /// Of these, events whose work was queued.
    pub queued: u64,
    /// Open instances looked up.
    pub looked_up: u64,
    /// Of these, ended ones whose callback we never saw.
    pub missed: u64,
}

/// Reconciles every DingTalk connection whose slot is due.
pub async fn reconcile_due(ctx: &Context, tenant: &TenantId) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let mut first_failure = loaded.broken().next().map(|(_, error)| error.clone());
    for connection in loaded.connections() {
        let Connection::Dingtalk(connection) = connection.as_ref() else { continue };
        if !claim_slot(ctx, tenant, "reconcile", connection.id.as_str(), connection.reconcile_every).await? {
            continue;
        }
        match reconcile(ctx, tenant, &loaded, connection).await {
            Ok(counts) => {
                tracing::info!(connection = %connection.id, failed_callbacks = counts.failed_callbacks, queued = counts.queued, looked_up = counts.looked_up, missed = counts.missed, "reconciled")
            }
            Err(error) => {
                tracing::error!(connection = %connection.id, error.code = error.code, error.message = %error, "reconciliation failed");
                first_failure.get_or_insert(error);
            }
        }
    }
    release_sessions(ctx).await;
    first_failure.map_or(Ok(()), Err)
}

/// Reconciles one connection now.
pub async fn reconcile(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &DingtalkConnection,
) -> Result<Counts> {
    let oa = Dingtalk::new(ctx, tenant, connection.clone(), loaded.revision(&connection.id));
    let mut counts = Counts::default();
    failed_callbacks(ctx, tenant, loaded, connection, &oa, &mut counts).await?;
    look_up(ctx, tenant, connection, &oa, &mut counts).await?;
    let ours = |f: &&Arc<Flow>| f.enabled && f.kind == FlowKind::Price && f.oa == connection.id;
    for flow in loaded.flows().iter().filter(ours) {
        let (read, queued) = prices::missed::find(ctx, tenant, flow, loaded.flow_since(&flow.id), &oa).await?;
        counts.looked_up += read;
        counts.missed += queued;
    }
    Ok(counts)
}

/// A call removes what it returned from DingTalk's list, so each list is taken in before the next is
/// asked for.
async fn failed_callbacks(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &DingtalkConnection,
    oa: &Dingtalk<'_>,
    counts: &mut Counts,
) -> Result<()> {
    for _ in 0..LISTS {
        let list = oa.failed_callbacks().await?;
        for value in list.events {
            counts.failed_callbacks += 1;
            // What is no event cannot be anything we wait for.
            let event = Event::from_json(&value).unwrap_or_default();
            let taken = intake::take(ctx, tenant, loaded, connection, &event, EventSource::FailedList).await?;
            counts.queued += u64::from(taken == intake::Taken::Queued);
        }
        if !list.more {
            break;
        }
    }
    Ok(())
}

async fn look_up(
    ctx: &Context,
    tenant: &TenantId,
    connection: &DingtalkConnection,
    oa: &Dingtalk<'_>,
    counts: &mut Counts,
) -> Result<()> {
    for stored in links::due_for_look_up(ctx, tenant, &connection.id, LOOK_UPS).await? {
        let Some(instance) = stored.data.instance.clone() else { continue };
        counts.looked_up += 1;
        let change = match oa.instance(&instance).await? {
            None => Some(Change::Deleted),
            Some(found) => match (found.status, found.result) {
                (InstanceStatus::Completed, Some(InstanceResult::Agree)) => Some(Change::Agreed),
                (InstanceStatus::Completed, Some(InstanceResult::Refuse)) => Some(Change::Refused),
                (InstanceStatus::Terminated, _) => Some(Change::Terminated),
                _ => None,
            },
        };
        if let Some(change) = change {
            counts.missed += 1;
            let now = ctx.now_ms();
            let write_back = WriteBack {
                connection: connection.id.clone(),
                instance,
                process_code: None,
                change,
                at_ms: now,
                ended_ms: None,
                source: EventSource::LookUp,
                event: None,
            };
            queue_write_back(ctx, tenant, write_back).await?;
        }
        put_off(ctx, tenant, stored, connection.check_open_after).await?;
    }
    Ok(())
}

/// Looks the instance up again only after another while. A link that somebody has in hand, or has
/// changed since the index was read, needs no putting off.
async fn put_off(ctx: &Context, tenant: &TenantId, stored: Stored<Link>, after: Duration) -> Result<()> {
    let Some(fresh) = links::get(ctx, tenant, &stored.data.flow, &stored.data.key).await? else { return Ok(()) };
    if !matches!(fresh.data.state, LinkState::Created | LinkState::Marked) {
        return Ok(());
    }
    let again = ctx.now_ms() + millis(after);
    match links::hold(ctx, tenant, fresh).await {
        Ok(mut held) => {
            held.amend(ctx, |l| l.check_after_ms = again).await?;
            held.let_go(ctx).await
        }
        Err(error) if error.kind() == ErrorKind::Busy => Ok(()),
        Err(error) => Err(error),
    }
}
