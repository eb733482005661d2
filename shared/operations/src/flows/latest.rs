//! What the runs of flows come to: the newest one, the newest that has succeeded, and how many there were by the hour.
//!
//! For many flows the newest runs of all flows are read first, a request for each status. They suffice for every flow of which
//! a run is among them, unless more than [`OF_ALL`] of a status have begun since the first hour. What they do not show of a
//! flow is read for it: one request for the newest run that has succeeded, one for each status for the rest.

use super::activity::{Hour, Hours, activity};
use futures::future::try_join_all;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs::{Feed, Lists, Newest, Position, Span};
use tenon_platform::{Context, Rejection, Result};

/// From how many flows on the runs of all are read first.
const MANY: usize = 5;
/// Runs of each status that are read of all flows.
const OF_ALL: u32 = 500;
/// Runs of each status that are read of a flow, where they are counted by the hour.
const OF_ONE: u32 = 50;

/// The latest of a flow.
#[derive(Debug, Default)]
pub(super) struct Latest {
    /// Its newest run.
    pub last_run: Option<Run>,
    /// Its newest run that has succeeded.
    pub last_success: Option<Run>,
    /// Runs by the hour in which they began, oldest first.
    pub hours: Vec<Hour>,
}

/// The latest of these flows, in their order, with so many hours.
///
/// # Errors
/// Those of the table.
pub(super) async fn of_flows(
    ctx: &Context,
    tenant: &TenantId,
    flows: &[&FlowId],
    hours: u32,
) -> std::result::Result<Vec<Latest>, Rejection> {
    let all = match flows.len() {
        0..MANY => NewestRuns::default(),
        _ => NewestRuns::read(ctx, tenant, &Lists::All(RunStatus::ALL.to_vec()), OF_ALL).await?,
    };
    try_join_all(flows.iter().map(|flow| of_flow(ctx, tenant, flow, hours, &all))).await
}

async fn of_flow(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    hours: u32,
    all: &NewestRuns,
) -> std::result::Result<Latest, Rejection> {
    let (last_run, last_success, counted) = (all.last_run(flow), all.last_success(flow), all.hours(ctx, flow, hours));
    if let (Some(last_run), Some(last_success), Some(hours)) = (&last_run, &last_success, &counted) {
        return Ok(Latest { last_run: last_run.cloned(), last_success: last_success.cloned(), hours: hours.clone() });
    }
    let of = |statuses: &[RunStatus]| Lists::OfFlows(vec![flow.clone()], statuses.to_vec());
    if let (Some(last_run), Some(hours)) = (&last_run, &counted) {
        let mut succeeded = Feed::new(tenant, &of(&[RunStatus::Succeeded]), Span::default(), 1);
        return Ok(Latest {
            last_run: last_run.cloned(),
            last_success: succeeded.next(ctx).await?,
            hours: hours.clone(),
        });
    }
    let at_once = if counted.is_some() { 1 } else { OF_ONE };
    let own = NewestRuns::read(ctx, tenant, &of(&RunStatus::ALL), at_once).await?;
    let hours = match counted.or_else(|| own.hours(ctx, flow, hours)) {
        Some(hours) => hours,
        None => activity(ctx, tenant, flow, hours).await?,
    };
    // The newest run of a flow is the newest of one of its lists.
    let (last_run, last_success) = (own.last_run(flow).flatten(), own.last_success(flow).flatten());
    Ok(Latest { last_run: last_run.cloned(), last_success: last_success.cloned(), hours })
}

/// The newest runs of some lists, one for each status.
#[derive(Default)]
struct NewestRuns(Vec<(RunStatus, Newest)>);

impl NewestRuns {
    async fn read(ctx: &Context, tenant: &TenantId, lists: &Lists, at_once: u32) -> Result<Self> {
        let newest = Feed::new(tenant, lists, Span::default(), at_once).newest(ctx).await?;
        Ok(Self(RunStatus::ALL.into_iter().zip(newest).collect()))
    }

    /// Where it ends: what stands before this is known of every list. `None` when nothing was read.
    fn reaches_to(&self) -> Option<Option<Position>> {
        let cut = self.0.iter().filter(|(_, list)| !list.whole);
        let ends = cut.map(|(_, list)| list.runs.last().map(Position::of));
        (!self.0.is_empty()).then(|| ends.max().flatten())
    }

    fn of<'l>(&'l self, flow: &FlowId) -> impl Iterator<Item = &'l Run> {
        self.0.iter().flat_map(|(_, list)| &list.runs).filter(move |run| run.flow == *flow)
    }

    /// The newest run of a flow; `None` when it is not known, `Some(None)` when it has none.
    fn last_run(&self, flow: &FlowId) -> Option<Option<&Run>> {
        let end = self.reaches_to()?;
        let newest = self.of(flow).max_by_key(|run| Position::of(run));
        let known = match (&newest, &end) {
            (_, None) => true,
            (Some(run), Some(end)) => Position::of(run) >= *end,
            (None, Some(_)) => false,
        };
        known.then_some(newest)
    }

    /// The newest run of a flow that has succeeded; as [`last_run`](Self::last_run).
    fn last_success(&self, flow: &FlowId) -> Option<Option<&Run>> {
        let (_, succeeded) = self.0.iter().find(|(status, _)| *status == RunStatus::Succeeded)?;
        let newest = succeeded.runs.iter().find(|run| run.flow == *flow);
        (newest.is_some() || succeeded.whole).then_some(newest)
    }

    /// The runs of a flow by the hour; `None` when not all of them are known.
    fn hours(&self, ctx: &Context, flow: &FlowId, hours: u32) -> Option<Vec<Hour>> {
        let mut counted = Hours::until(ctx.now_ms(), hours);
        if hours == 0 {
            return Some(counted.into_all());
        }
        let before = |list: &Newest| list.runs.last().is_some_and(|run| run.started_ms < counted.first_ms());
        if self.0.is_empty() || !self.0.iter().all(|(_, list)| list.whole || before(list)) {
            return None;
        }
        self.of(flow).for_each(|run| counted.count(run));
        Some(counted.into_all())
    }
}
