//! How many runs a flow has by the hour.

use serde::Serialize;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, TenantId};
use tenon_platform::runs::{Feed, Lists, Span};
use tenon_platform::{Context, Rejection};

const HOUR_MS: i64 = 3_600_000;
/// Hours that are counted, at most.
const MOST: u32 = 672;
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

/// The last hours, oldest first, as runs are counted in them.
pub(super) struct Hours {
    first_ms: i64,
    all: Vec<Hour>,
}

impl Hours {
    /// So many, up to the present one.
    pub(super) fn until(now_ms: i64, hours: u32) -> Self {
        let hours = hours.min(MOST);
        let first_ms = (now_ms.div_euclid(HOUR_MS) + 1 - i64::from(hours)) * HOUR_MS;
        let hour = |n| Hour { start_ms: first_ms + i64::from(n) * HOUR_MS, succeeded: 0, failed: 0, other: 0 };
        Self { first_ms, all: (0..hours).map(hour).collect() }
    }

    /// Epoch ms at which the first of them began.
    pub(super) const fn first_ms(&self) -> i64 {
        self.first_ms
    }

    /// Counts a run, if it began in one of them.
    pub(super) fn count(&mut self, run: &Run) {
        let place = usize::try_from((run.started_ms - self.first_ms).div_euclid(HOUR_MS)).unwrap_or(usize::MAX);
        let Some(hour) = self.all.get_mut(place) else { return };
        match run.status {
            RunStatus::Succeeded | RunStatus::Ended => hour.succeeded += 1,
            RunStatus::Failed => hour.failed += 1,
            RunStatus::Running | RunStatus::Retrying => hour.other += 1,
        }
    }

    /// They.
    pub(super) fn into_all(self) -> Vec<Hour> {
        self.all
    }
}

/// The runs of a flow by the hour in which they began, oldest first; of the newest five thousand.
///
/// # Errors
/// Those of the table.
pub async fn activity(ctx: &Context, tenant: &TenantId, id: &FlowId, hours: u32) -> Result<Vec<Hour>, Rejection> {
    let mut counted = Hours::until(ctx.now_ms(), hours.max(1));
    let lists = Lists::OfFlows(vec![id.clone()], RunStatus::ALL.to_vec());
    let span = Span { from_ms: Some(counted.first_ms()), ..Span::default() };
    let mut feed = Feed::new(tenant, &lists, span, 500);
    for _ in 0..ACTIVITY {
        let Some(run) = feed.next(ctx).await? else { break };
        counted.count(&run);
    }
    Ok(counted.into_all())
}
