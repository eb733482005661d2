//! Reading the log, newest first.

use super::{cursor, key};
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::table::{Key, Merged, Range, StoredIn};
use tenon_platform::{Context, Result};

/// Records looked at for one page, at most; a rare filter makes a short page with a cursor.
const MAX_LOOKED_AT: usize = 2_000;
/// Records asked for at a time, at least and at most.
const READ_AT_ONCE: std::ops::RangeInclusive<usize> = 20..=200;
/// The longest page.
const MAX: usize = 200;

/// Which records are wanted; what is absent is not asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this app.
    pub app: Option<AppId>,
    /// Not before this epoch ms.
    pub from_ms: Option<i64>,
    /// Not after this epoch ms.
    pub to_ms: Option<i64>,
    /// Who called whom.
    pub direction: Option<Direction>,
    /// How it went.
    pub result: Option<CallResult>,
    /// What was answered.
    pub http_status: Option<u16>,
    /// Path or URL begins so.
    pub path_prefix: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Newest first.
    pub records: Vec<CallRecord>,
    /// Where the next page begins; absent at the end. A page may be short and still have a next one.
    pub next: Option<String>,
}

/// One page of a tenant's log: at most `size` records (1 to 200), from the cursor of a former page on.
/// The same app and tenant must be asked about; the rest of the filter may change between pages.
///
/// # Errors
/// [`BAD_CURSOR`](super::BAD_CURSOR) for a cursor that this tenant was not given for this app; those of
/// the table.
pub async fn page(
    ctx: &Context,
    tenant: &TenantId,
    filter: &Filter,
    cursor: Option<&str>,
    size: usize,
) -> Result<Page> {
    let after = match cursor {
        Some(cursor) => Some(cursor::open(ctx, tenant, view(filter), cursor).await?),
        None => None,
    };
    let (records, end) = search(ctx, tenant, filter, after, size, |record| fits(filter, record)).await?;
    let next = match end {
        Some(sort) => Some(cursor::seal(ctx, tenant, view(filter), &sort).await?),
        None => None,
    };
    Ok(Page { records, next })
}

/// One record of an app's log, by when it began and its id.
///
/// # Errors
/// Those of the table.
pub async fn one(
    ctx: &Context,
    tenant: &TenantId,
    (app, direction): (&AppId, Direction),
    (at_ms, id): (i64, &str),
) -> Result<Option<CallRecord>> {
    let found = ctx.table.get::<CallRecord>(&key::place_of(tenant, app, direction, at_ms, id)).await?;
    // Records whose time is up may still lie there.
    let kept = found.filter(|stored| stored.data.at_ms >= ctx.now_ms() - key::KEPT_DAYS * key::DAY_MS);
    Ok(kept.map(|stored| stored.data))
}

/// Records of pushes to an app, each by when it began and its id; those that are not there are left out. One
/// table request per 100.
///
/// # Errors
/// Those of the table.
pub async fn pushes(
    ctx: &Context,
    tenant: &TenantId,
    app: &AppId,
    wanted: impl Iterator<Item = (i64, &str)>,
) -> Result<Vec<CallRecord>> {
    let keys: Vec<Key> = wanted.map(|(at_ms, id)| key::push(tenant, app, at_ms, id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = ctx.table.get_many::<CallRecord>(&keys).await?;
    Ok(found.into_values().map(|stored| stored.data).collect())
}

/// The newest calls of a module's apps that did not succeed, at most `n`, of the last 8 days. One table
/// request.
///
/// # Errors
/// Those of the table.
pub async fn last_errors(
    ctx: &Context,
    tenant: &TenantId,
    module: Module,
    apps: &[AppId],
    n: usize,
) -> Result<Vec<CallRecord>> {
    // Some may be of apps that were deleted.
    let range = Range { backwards: true, limit: u32::try_from(n * 8).ok(), ..Range::default() };
    let page = ctx.table.query::<CallRecord>(&key::errors(tenant, module), range).await?;
    let records = page.items.into_iter().map(|stored| stored.data);
    Ok(records.filter(|record| apps.contains(&record.app_id)).take(n).collect())
}

/// What a cursor is good for.
fn view(filter: &Filter) -> &str {
    filter.app.as_ref().map_or("", AppId::as_str)
}

fn fits(filter: &Filter, record: &CallRecord) -> bool {
    filter.direction.is_none_or(|d| d == record.direction)
        && filter.result.is_none_or(|r| r == record.result)
        && filter.http_status.is_none_or(|s| s == record.http_status)
        && filter.path_prefix.as_ref().is_none_or(|p| record.path.starts_with(p.as_str()))
}

/// Records that fit, and the sort key of the last one looked at unless all were.
async fn search(
    ctx: &Context,
    tenant: &TenantId,
    filter: &Filter,
    after: Option<String>,
    size: usize,
    fits: impl Fn(&CallRecord) -> bool,
) -> Result<(Vec<CallRecord>, Option<String>)> {
    let size = size.clamp(1, MAX);
    // Records whose time is up may still lie there.
    let oldest = ctx.now_ms() - key::KEPT_DAYS * key::DAY_MS;
    let range = Range {
        from: Some(key::from(filter.from_ms.unwrap_or(oldest).max(oldest))),
        up_to: Some(upper_bound(filter, after.as_deref())),
        limit: u32::try_from((size + 1).clamp(*READ_AT_ONCE.start(), *READ_AT_ONCE.end())).ok(),
        ..Range::default()
    };
    if range.from > range.up_to {
        return Ok((Vec::new(), None));
    }
    let mut list = list(tenant, filter, range, after);
    let (mut records, mut last) = (Vec::new(), None);
    for _ in 0..MAX_LOOKED_AT {
        if records.len() == size {
            return Ok((records, last));
        }
        let Some(stored) = list.next(&ctx.table).await? else { return Ok((records, None)) };
        last = Some(stored.sort);
        if fits(&stored.data) {
            records.push(stored.data);
        }
    }
    Ok((records, last))
}

/// The partitions that hold what the filter wants.
fn list(tenant: &TenantId, filter: &Filter, range: Range, after: Option<String>) -> Merged<CallRecord> {
    let Some(app) = &filter.app else {
        return Merged::new(vec![key::of_tenant(tenant)], StoredIn::InIndex, range, after);
    };
    let directions = [Direction::Inbound, Direction::Outbound].into_iter();
    let wanted = directions.filter(|d| filter.direction.is_none_or(|wanted| wanted == *d));
    let partitions = wanted.map(|d| key::partition(tenant, app, d)).collect();
    Merged::new(partitions, StoredIn::InTable, range, after)
}

fn upper_bound(filter: &Filter, after: Option<&str>) -> String {
    let until = filter.to_ms.map_or_else(|| "~".to_owned(), key::up_to);
    match after {
        Some(after) if after < until.as_str() => after.to_owned(),
        _ => until,
    }
}
