//! What a job would take, before it is begun: how many, the first of them, and what it would leave.

use super::NAMED;
use crate::runs::Filter;
use serde::Serialize;
use std::collections::HashMap;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{FlowId, RunId, TenantId};
use tenon_platform::runs::{Feed, Span};
use tenon_platform::table::{Key, Stored};
use tenon_platform::{Context, Rejection};

/// Runs that are shown of each kind.
const SHOWN: usize = 20;
/// Runs that are looked through, at most.
const LOOKED_THROUGH: usize = 10_000;

/// What a job would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    /// Runs it would take.
    pub count: u64,
    /// Whether all were looked through; else there are more.
    pub complete: bool,
    /// The first twenty it would take.
    pub first: Vec<Run>,
    /// What it would leave, and why.
    pub not_taken: Vec<SkippedRuns>,
}

/// Runs that are left for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SkippedRuns {
    /// Why.
    pub why: Why,
    /// How many.
    pub count: u64,
    /// The first twenty.
    pub first: Vec<Run>,
}

/// Why a run is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It has succeeded.
    Succeeded,
    /// It has ended, and nothing was left to do.
    Ended,
    /// It is under way.
    Running,
    /// It is tried again by itself.
    Retrying,
    /// It only looked for work: the next look makes it good.
    Poll,
    /// Its flow is not configured any more.
    FlowGone,
}

impl Why {
    /// That in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::Succeeded => "has succeeded; there is nothing to retry",
            Self::Ended => "has ended, and nothing was left to do",
            Self::Running => "is under way",
            Self::Retrying => "is tried again by itself",
            Self::Poll => "only looked for work; the next look by schedule makes it good",
            Self::FlowGone => "is of a flow that is not configured any more",
        }
    }

    /// That in Chinese.
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "已成功，无需重试",
            Self::Ended => "已结束，没有可重试的工作",
            Self::Running => "正在进行",
            Self::Retrying => "系统会自动重试",
            Self::Poll => "只是一次查找，下一次按计划的查找会补上",
            Self::FlowGone => "流程已不在配置中",
        }
    }
}

/// The flows there are: a run of another is not taken.
pub(super) struct Flows(Option<Vec<FlowId>>);

impl Flows {
    pub async fn of(ctx: &Context, tenant: &TenantId) -> Result<Self, Rejection> {
        if *tenant != TenantId::operator() {
            return Ok(Self(Some(Vec::new())));
        }
        let loaded = ctx.config.load(tenant).await?;
        Ok(Self(Some(loaded.flows().iter().map(|flow| flow.id().clone()).collect())))
    }

    fn has(&self, flow: &FlowId) -> bool {
        self.0.as_ref().is_none_or(|all| all.contains(flow))
    }

    /// Why a run is not taken; `None` when it is.
    pub fn why_not(&self, run: &Run) -> Option<Why> {
        match run.status {
            RunStatus::Succeeded => Some(Why::Succeeded),
            RunStatus::Ended => Some(Why::Ended),
            RunStatus::Running => Some(Why::Running),
            RunStatus::Retrying => Some(Why::Retrying),
            RunStatus::Failed if run.document.is_none() && run.instance.is_none() => Some(Why::Poll),
            RunStatus::Failed => (!self.has(&run.flow)).then_some(Why::FlowGone),
        }
    }
}

/// Looks through what a filter lets through.
///
/// # Errors
/// Those of the table.
pub async fn review(ctx: &Context, tenant: &TenantId, filter: &Filter) -> Result<Review, Rejection> {
    let plan = filter.plan(ctx, tenant).await?;
    let flows = Flows::of(ctx, tenant).await?;
    let now = ctx.now_ms();
    let to_ms = Some(filter.to_ms.map_or(now, |to| to.min(now)));
    let span = Span { from_ms: filter.from_ms, to_ms, ..Span::default() };
    let mut feed = Feed::new(tenant, &plan.lists, span, 500);
    let mut sorted = Sorted::default();
    let mut complete = false;
    for _ in 0..LOOKED_THROUGH {
        let Some(run) = feed.next(ctx).await? else {
            complete = true;
            break;
        };
        if plan.sieve.passes(&run) {
            sorted.take(&flows, run);
        }
    }
    Ok(sorted.reviewed(complete))
}

/// Looks at runs that are named one by one, in the order in which they began. Those that are not there are passed over.
///
/// # Errors
/// Those of the table.
pub async fn review_named(ctx: &Context, tenant: &TenantId, ids: &[RunId]) -> Result<Review, Rejection> {
    let flows = Flows::of(ctx, tenant).await?;
    let keys: Vec<Key> = ids.iter().take(NAMED).map(|id| Key::new(tenant, "RUN", &[id.as_str()], "run")).collect();
    let found: HashMap<Key, Stored<Run>> = ctx.table.get_many(&keys).await?;
    let mut runs: Vec<Run> = found.into_values().map(|stored| stored.data).collect();
    runs.sort_by(|one, other| (other.started_ms, &other.id).cmp(&(one.started_ms, &one.id)));
    let mut sorted = Sorted::default();
    runs.into_iter().for_each(|run| sorted.take(&flows, run));
    Ok(sorted.reviewed(true))
}

/// Runs by what would become of them.
#[derive(Default)]
struct Sorted {
    count: u64,
    first: Vec<Run>,
    left: HashMap<Why, SkippedRuns>,
}

impl Sorted {
    fn take(&mut self, flows: &Flows, run: Run) {
        let (number, shown) = match flows.why_not(&run) {
            None => (&mut self.count, &mut self.first),
            Some(why) => {
                let of = self.left.entry(why).or_insert(SkippedRuns { why, count: 0, first: Vec::new() });
                (&mut of.count, &mut of.first)
            }
        };
        *number += 1;
        if shown.len() < SHOWN {
            shown.push(run);
        }
    }

    fn reviewed(self, complete: bool) -> Review {
        let mut not_taken: Vec<SkippedRuns> = self.left.into_values().collect();
        not_taken.sort_by_key(|of| of.why);
        Review { count: self.count, complete, first: self.first, not_taken }
    }
}
