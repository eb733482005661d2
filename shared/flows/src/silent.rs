//! Schedules that are silent: what should have been begun by now and was not. A schedule makes no error when nobody
//! invokes it, so it is told by the slots that it claims.

use crate::kinds::{Begins, of};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::outbox::sweep;
use tenon_platform::{Context, Result, lease};

/// Periods that pass before a schedule counts as silent, and the least time.
const PERIODS: u32 = 3;
const LEAST: Duration = Duration::from_secs(300);

/// One thing that a schedule begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The function that the schedule invokes.
    pub schedule: &'static str,
    /// What it begins: a flow, a connection.
    pub of: String,
    /// How often it is due.
    pub every: Duration,
    /// Epoch ms at which it was begun last, as far as is still known.
    pub last_ms: Option<i64>,
    /// Whether it should have been begun again by now.
    pub is_silent: bool,
}

/// What the schedules of this configuration begin, and when they last did.
///
/// # Errors
/// Those of the table.
pub async fn schedules(ctx: &Context, tenant: &TenantId, loaded: &Loaded) -> Result<Vec<Begun>> {
    let mut all = Vec::new();
    for flow in loaded.flows().iter().filter(|flow| flow.is_enabled()) {
        if matches!(of(flow).begins(), Begins::Polling(_)) {
            let (id, every) = (flow.id().as_str(), flow.header().every);
            let since_ms = loaded.flow_since(flow.id());
            all.push(begun(ctx, tenant, ("approvals-poll", id), &["poll", id], every, since_ms).await?);
        }
    }
    let first = loaded.flows().iter().map(|flow| loaded.flow_since(flow.id())).min();
    for connection in loaded.connections() {
        let (id, Some(times)) = (connection.id(), connection.oa_times()) else { continue };
        let needed = |flow: &&tenon_model::config::Flow| flow.connections().iter().any(|needed| needed.id == id);
        let since = loaded.flows().iter().filter(needed).map(|flow| loaded.flow_since(flow.id())).min();
        // One that no flow needs yet was applied who knows when.
        let Some(since_ms) = since else { continue };
        let what = ["reconcile", id.as_str()];
        all.push(
            begun(ctx, tenant, ("approvals-reconcile", id.as_str()), &what, times.reconcile_every, since_ms).await?,
        );
    }
    if let Some(since_ms) = first {
        let operator = TenantId::operator();
        let every = sweep::EVERY.max(Duration::from_secs(60));
        all.push(begun(ctx, &operator, ("outbox-sweep", "the outbox"), &["outbox"], every, since_ms).await?);
    }
    all.sort_by(|one, other| (one.schedule, &one.of).cmp(&(other.schedule, &other.of)));
    Ok(all)
}

async fn begun(
    ctx: &Context,
    tenant: &TenantId,
    (schedule, of): (&'static str, &str),
    slot: &[&str],
    every: Duration,
    since_ms: i64,
) -> Result<Begun> {
    let last_ms = lease::last_slot(ctx, tenant, slot).await?;
    let patience = millis((every * PERIODS).max(LEAST));
    let is_silent = ctx.now_ms() - last_ms.unwrap_or(since_ms).max(since_ms) > patience;
    Ok(Begun { schedule, of: of.to_owned(), every, last_ms, is_silent })
}
