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

/// One thing that a schedule is to begin.
struct Due<'l> {
    schedule: &'static str,
    of: &'l str,
    tenant: &'l TenantId,
    slot: Vec<&'l str>,
    every: Duration,
    since_ms: i64,
}

/// What the schedules of this configuration begin, and when they last did.
///
/// # Errors
/// Those of the table.
pub async fn schedules(ctx: &Context, tenant: &TenantId, loaded: &Loaded) -> Result<Vec<Begun>> {
    let operator = TenantId::operator();
    let mut due = Vec::new();
    for flow in loaded.flows().iter().filter(|flow| flow.is_enabled()) {
        if matches!(of(flow).begins(), Begins::Polling(_)) {
            let (of, every, since_ms) = (flow.id().as_str(), flow.header().every, loaded.flow_since(flow.id()));
            due.push(Due { schedule: "approvals-poll", of, tenant, slot: vec!["poll", of], every, since_ms });
        }
    }
    let first = loaded.flows().iter().map(|flow| loaded.flow_since(flow.id())).min();
    for connection in loaded.connections() {
        let (id, Some(times)) = (connection.id(), connection.oa_times()) else { continue };
        let needed = |flow: &&tenon_model::config::Flow| flow.connections().iter().any(|needed| needed.id == id);
        let since = loaded.flows().iter().filter(needed).map(|flow| loaded.flow_since(flow.id())).min();
        // One that no flow needs yet was applied who knows when.
        let Some(since_ms) = since else { continue };
        let (of, every) = (id.as_str(), times.reconcile_every);
        due.push(Due { schedule: "approvals-reconcile", of, tenant, slot: vec!["reconcile", of], every, since_ms });
    }
    if let Some(since_ms) = first {
        let (tenant, every) = (&operator, sweep::EVERY.max(Duration::from_secs(60)));
        let (schedule, of) = ("outbox-sweep", "the outbox");
        due.push(Due { schedule, of, tenant, slot: vec!["outbox"], every, since_ms });
    }
    let slots: Vec<(&TenantId, Vec<&str>)> = due.iter().map(|due| (due.tenant, due.slot.clone())).collect();
    let last = lease::last_slots(ctx, &slots).await?;
    let now = ctx.now_ms();
    let mut all: Vec<Begun> = due.iter().zip(last).map(|(due, last_ms)| begun(due, last_ms, now)).collect();
    all.sort_by(|one, other| (one.schedule, &one.of).cmp(&(other.schedule, &other.of)));
    Ok(all)
}

fn begun(due: &Due<'_>, last_ms: Option<i64>, now_ms: i64) -> Begun {
    let patience = millis((due.every * PERIODS).max(LEAST));
    let is_silent = now_ms - last_ms.unwrap_or(due.since_ms).max(due.since_ms) > patience;
    Begun { schedule: due.schedule, of: due.of.to_owned(), every: due.every, last_ms, is_silent }
}
