//! The first part of a job: its runs are listed, page by page, and stay what it takes.

use super::record::{self, Item, Job, State};
use super::review::Flows;
use crate::runs::cursor;
use std::collections::HashMap;
use tenon_model::TenantId;
use tenon_model::run::Run;
use tenon_platform::runs::{Feed, Position, Span};
use tenon_platform::table::{Expect, Key, Stored, Write};
use tenon_platform::{Context, Rejection};

/// Items that are stored in one transaction.
const PAGE: usize = 50;
/// Runs that are looked through for a page.
const LOOKED_THROUGH: usize = 2_000;
/// Items of a job, at most.
const MAX_ITEMS: u32 = 20_000;

/// Lists one page: the items to be stored with the job as it stands after it.
pub(super) async fn page(ctx: &Context, tenant: &TenantId, job: &mut Job) -> Result<Vec<Write>, Rejection> {
    let flows = Flows::of(ctx, tenant).await?;
    let (found, last) = match job.named.is_empty() {
        true => matching(ctx, tenant, job).await?,
        false => named(ctx, tenant, job).await?,
    };
    let mut writes = Vec::new();
    for run in found {
        if job.total >= MAX_ITEMS || flows.why_not(&run).is_some() {
            job.not_taken += 1;
            continue;
        }
        let item = Item::of(job.total, &run);
        job.total += 1;
        // A page that is listed again after a crash is the same page: nothing of it was stored.
        writes.push(record::put_item(tenant, job, &item, Expect::Anything)?);
    }
    match last {
        Some(last) => job.cursor = Some(last),
        None => {
            job.cursor = None;
            job.state = State::Working;
        }
    }
    Ok(writes)
}

/// Runs behind the cursor that the filter lets through, and the cursor behind them; none at the end.
async fn matching(ctx: &Context, tenant: &TenantId, job: &Job) -> Result<(Vec<Run>, Option<String>), Rejection> {
    let plan = job.filter.plan(ctx, tenant).await?;
    let after = job.cursor.as_deref().and_then(Position::read);
    let span = Span { from_ms: job.filter.from_ms, to_ms: job.filter.to_ms, after, before: None };
    let mut feed = Feed::new(tenant, &plan.lists, span, 200);
    let (mut found, mut last) = (Vec::new(), None);
    for _ in 0..LOOKED_THROUGH {
        if found.len() >= PAGE {
            break;
        }
        let Some(run) = feed.next(ctx).await? else { return Ok((found, None)) };
        last = Some(cursor(&run));
        if plan.sieve.passes(&run) {
            found.push(run);
        }
    }
    Ok((found, last))
}

/// The next of the runs that were named. The cursor is how many were looked at.
async fn named(ctx: &Context, tenant: &TenantId, job: &mut Job) -> Result<(Vec<Run>, Option<String>), Rejection> {
    let from: usize = job.cursor.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
    let ids: Vec<_> = job.named.iter().skip(from).take(PAGE).collect();
    let keys: Vec<Key> = ids.iter().map(|id| Key::new(tenant, "RUN", &[id.as_str()], "run")).collect();
    let mut there: HashMap<Key, Stored<Run>> = ctx.table.get_many(&keys).await?;
    let found: Vec<Run> = keys.iter().filter_map(|key| Some(there.remove(key)?.data)).collect();
    let missing = keys.len() - found.len();
    job.not_taken += u32::try_from(missing).unwrap_or(0);
    let upto = from + keys.len();
    Ok((found, (upto < job.named.len()).then(|| upto.to_string())))
}
