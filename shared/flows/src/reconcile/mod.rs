//! Finding what was missed: the OA's list of callbacks it could not deliver, instances that have been open
//! for long, and price forms nothing was heard of. A safety net does not tear as a whole: every connection,
//! list, flow and instance is a unit of its own, whose failure is taken down and stops nobody else.

mod failed_list;
mod look_up;
pub mod recovered;

use crate::certificates;
use crate::kinds::{self, Scope};
use crate::schedule::claim_slot;
use crate::unit_failures::{UnitKind, Units};
use failed_list::List;
use tenon_connectors::erp;
use tenon_connectors::oa::{Missed, Oa};
use tenon_model::config::Flow;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Result, breaker};

/// What one run did for one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Events the OA had failed to deliver.
    pub failed_callbacks: u64,
    /// Of these, events whose work was queued.
    pub queued: u64,
    /// Open instances looked up.
    pub looked_up: u64,
    /// Of these, ended ones whose callback we never saw.
    pub missed: u64,
    /// Units that failed.
    pub failed: u64,
    /// Runs that were still shown as under way, and whose documents were done with.
    pub ended: u64,
}

/// Reconciles every OA whose slot is due. Returns the first failure of the table; those of
/// vendors are their units'.
pub async fn reconcile_due(ctx: &Context, tenant: &TenantId) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    let mut first_failure = loaded.broken().next().map(|(_, error)| error.clone());
    for connection in loaded.connections() {
        let Some(times) = connection.oa_times() else { continue };
        let id = connection.id();
        let outcome = match claim_slot(ctx, tenant, "reconcile", id.as_str(), times.reconcile_every).await {
            Ok(true) => reconcile(ctx, tenant, &loaded, id).await,
            Ok(false) => continue,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(counts) => {
                tracing::info!(connection = %id, failed_callbacks = counts.failed_callbacks, queued = counts.queued, looked_up = counts.looked_up, missed = counts.missed, failed = counts.failed, ended = counts.ended, "reconciled")
            }
            Err(error) => {
                tracing::error!(connection = %id, error.code = error.code, error.message = %error, "reconciliation failed");
                first_failure.get_or_insert(error);
            }
        }
    }
    certificates::note(ctx, &loaded);
    erp::release(ctx).await;
    first_failure.map_or(Ok(()), Err)
}

/// Reconciles one connection now.
///
/// # Errors
/// When it cannot be told what failed before; everything else is a unit's.
pub async fn reconcile(ctx: &Context, tenant: &TenantId, loaded: &Loaded, connection: &ConnectionId) -> Result<Counts> {
    let oa = Oa::open(ctx, tenant, loaded, connection)?;
    let mut units = Units::load(ctx, tenant, connection, oa.times().reconcile_every).await?;
    let mut counts = Counts::default();

    let list = List { ctx, tenant, loaded, connection, oa: &oa };
    let has_list = oa.capabilities().missed == Missed::TakenList;
    let unit = "kept lists of failed callbacks";
    if has_list && units.is_due(unit) {
        let outcome = list.take_kept(&mut counts).await;
        units.note(unit, UnitKind::List, outcome).await;
    }
    if let Err(error) = breaker::admit(ctx, tenant, &[connection]).await {
        tracing::warn!(connection = %connection, error.message = %error, "the connection is out and is not asked");
        units.leave_alone();
    }
    let unit = "failed callbacks";
    if has_list && units.is_due(unit) {
        let outcome = list.read(&mut counts).await;
        units.note(unit, UnitKind::List, outcome).await;
    }
    let unit = "open instances";
    if units.is_due(unit) {
        let outcome = look_up::look_up(ctx, tenant, connection, &oa, &mut units, &mut counts).await;
        units.note(unit, UnitKind::Connection, outcome).await;
    }
    let of_connection = |flow: &&Flow| flow.connections().iter().any(|needed| needed.id == connection);
    for flow in loaded.flows().iter().filter(of_connection) {
        let caught = kinds::of(flow).reconcile(Scope { ctx, tenant, loaded }, &mut units).await;
        counts.ended += caught.ended;
        counts.looked_up += caught.looked_up;
        counts.missed += caught.missed;
    }
    counts.failed = units.failed;
    recovered::note(ctx, tenant, connection, counts.queued + counts.missed).await;
    Ok(counts)
}
