//! How many runs a flow has by the hour.

use serde::Serialize;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs::{Feed, Lists, Span};
use tenon_platform::{Context, Rejection};

const HOUR_MS: i64 = 3_600_000;
/// Runs that are looked through to count those of an hour.
const ACTIVITY: usize = 5_000;

/// Runs that began in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// Epoch ms of its beginning.
    pub start_ms: i64,
    /// Of them, those that have succeeded or ended.
    pub succeeded: u64,
    /// Those that have failed.
    pub failed: u64,
    /// Those under way.
    pub other: u64,
}

/// The runs of a flow by the hour in which they began, oldest first; of the newest five thousand.
///
/// # Errors
/// Those of the table.
pub async fn activity(ctx: &Context, tenant: &TenantId, id: &FlowId, hours: u32) -> Result<Vec<Hour>, Rejection> {
    let this = ctx.now_ms().div_euclid(HOUR_MS) * HOUR_MS;
    let first = this - (i64::from(hours.clamp(1, 672)) - 1) * HOUR_MS;
    let mut all: Vec<Hour> = (0..hours.clamp(1, 672))
        .map(|n| Hour { start_ms: first + i64::from(n) * HOUR_MS, succeeded: 0, failed: 0, other: 0 })
        .collect();
    let lists = Lists::OfFlows(vec![id.clone()], RunStatus::ALL.to_vec());
    let mut feed = Feed::new(tenant, &lists, Span { from_ms: Some(first), ..Span::default() }, 500);
    for _ in 0..ACTIVITY {
        let Some(run) = feed.next(ctx).await? else { break };
        let place = usize::try_from((run.started_ms - first).div_euclid(HOUR_MS)).unwrap_or(usize::MAX);
        let Some(hour) = all.get_mut(place) else { continue };
        match run.status {
            RunStatus::Succeeded | RunStatus::Ended => hour.succeeded += 1,
            RunStatus::Failed => hour.failed += 1,
            RunStatus::Running | RunStatus::Retrying => hour.other += 1,
        }
    }
    Ok(all)
}
