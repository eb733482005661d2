//! The list of runs, newest first, and how many there are.

use super::filter::Filter;
use serde::Serialize;
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::runs::{Feed, Position, Span};
use tenon_platform::{Context, Rejection};

/// Runs that are looked through for one page, at most: a search that finds little goes on with the next page.
const LOOKED_THROUGH: usize = 2_000;
/// Runs that are looked through to count those of a filter, at most.
const COUNTED: usize = 20_000;
/// Newer runs that are counted, at most.
const NEWER: u64 = 100;

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// They, newest first.
    pub runs: Vec<Run>,
    /// The cursor of the next page; absent at the end. A page may be short, even empty, while there is one: a search
    /// looks through some thousands of runs at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Runs that were looked through for it.
    pub looked_through: usize,
}

/// How many runs a filter lets through, by their status.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counts {
    /// By the word of the status; every status stands here.
    pub by_status: BTreeMap<&'static str, u64>,
    /// Whether all were counted; else those that began at `from_ms` or later.
    pub complete: bool,
    /// Epoch ms of the oldest that was counted, where not all were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
}

/// How many runs began after one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Newer {
    /// How many.
    pub count: u64,
    /// Whether there are more.
    pub more: bool,
}

/// The cursor that begins behind a run.
pub fn cursor(run: &Run) -> String {
    Position::of(run).to_string()
}

fn position(text: &str) -> Result<Position, Rejection> {
    Position::read(text).ok_or_else(|| Rejection::field("cursor", "不是本接口返回的游标"))
}

/// A page of runs, newest first.
///
/// # Errors
/// 400 for a cursor that is none; those of the table.
pub async fn list(
    ctx: &Context,
    tenant: &TenantId,
    filter: &Filter,
    after: Option<&str>,
    limit: usize,
) -> Result<Listed, Rejection> {
    let plan = filter.plan(ctx, tenant).await?;
    let after = after.map(position).transpose()?;
    let span = Span { from_ms: filter.from_ms, to_ms: filter.to_ms, after, before: None };
    let at_once = if plan.sieve.is_open() { limit.saturating_add(1).min(200) } else { 500 };
    let mut feed = Feed::new(tenant, &plan.lists, span, u32::try_from(at_once).unwrap_or(200));
    let (mut runs, mut last, mut looked_through) = (Vec::new(), None, 0);
    while runs.len() < limit && looked_through < LOOKED_THROUGH {
        let Some(run) = feed.next(ctx).await? else {
            return Ok(Listed { runs, next: None, looked_through });
        };
        looked_through += 1;
        last = Some(cursor(&run));
        if plan.sieve.passes(&run) {
            runs.push(run);
        }
    }
    let more = feed.next(ctx).await?.is_some();
    Ok(Listed { runs, next: last.filter(|_| more), looked_through })
}

/// How many runs there are, by status.
///
/// # Errors
/// Those of the table.
pub async fn counts(ctx: &Context, tenant: &TenantId, filter: &Filter) -> Result<Counts, Rejection> {
    counts_of_newest(ctx, tenant, filter, COUNTED).await
}

/// The same, of so many of the newest runs: for a page that is not to wait for the rest.
///
/// # Errors
/// Those of the table.
pub async fn counts_of_newest(
    ctx: &Context,
    tenant: &TenantId,
    filter: &Filter,
    most: usize,
) -> Result<Counts, Rejection> {
    // How many there would be of the other statuses is what the counts are for.
    let every = Filter { statuses: Vec::new(), ..filter.clone() };
    let plan = every.plan(ctx, tenant).await?;
    let span = Span { from_ms: filter.from_ms, to_ms: filter.to_ms, ..Span::default() };
    let at_once = u32::try_from(most.div_ceil(5)).unwrap_or(1_000).clamp(50, 1_000);
    let mut feed = Feed::new(tenant, &plan.lists, span, at_once);
    let mut by_status: BTreeMap<&'static str, u64> = RunStatus::ALL.into_iter().map(|s| (s.word(), 0)).collect();
    let mut from_ms = None;
    for _ in 0..most {
        let Some(run) = feed.next(ctx).await? else {
            return Ok(Counts { by_status, complete: true, from_ms: None });
        };
        from_ms = Some(run.started_ms);
        if plan.sieve.passes(&run) {
            *by_status.entry(run.status.word()).or_default() += 1;
        }
    }
    let complete = feed.next(ctx).await?.is_none();
    Ok(Counts { by_status, complete, from_ms: from_ms.filter(|_| !complete) })
}

/// How many runs of a filter began after the one of this cursor.
///
/// # Errors
/// 400 for a cursor that is none; those of the table.
pub async fn newer(ctx: &Context, tenant: &TenantId, filter: &Filter, than: &str) -> Result<Newer, Rejection> {
    let plan = filter.plan(ctx, tenant).await?;
    let before = Some(position(than)?);
    let span = Span { from_ms: filter.from_ms, to_ms: filter.to_ms, after: None, before };
    let mut feed = Feed::new(tenant, &plan.lists, span, 101);
    let (mut count, mut looked_through) = (0, 0);
    while let Some(run) = feed.next(ctx).await? {
        looked_through += 1;
        count += u64::from(plan.sieve.passes(&run));
        if count >= NEWER || looked_through >= LOOKED_THROUGH {
            return Ok(Newer { count, more: true });
        }
    }
    Ok(Newer { count, more: false })
}
