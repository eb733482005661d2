//! The orders an app created, or those of every app of its tenant, newest first, page by page.
//!
//! Each state has its own partition, of an app's orders as of a tenant's, so that a list of one state reads
//! no other, and a list of all merges them. They hold the numbers alone, about 150 bytes each: passing over the
//! pages before costs little, and only the orders of the page itself are read. A page costs two requests to the
//! table, one or two for each state that is asked about, and one more for each 2,000 orders before it: 17 for the
//! deepest one at most. What lies deeper is reached by cursor, for the price of a first page.

use super::record::{self, Order, Pointer};
use super::totals;
use crate::error::{Result, TradeError};
use crate::rules;
use tenon_model::TenantId;
use tenon_model::openapi::{ListOrders, OrderPage, OrderScope, OrderState, OrderStatus};
use tenon_model::tenant_app::TenantApp;
use tenon_platform::Context;
use tenon_platform::table::{Key, Merged, Range, StoredIn};

/// How deep a list can be leafed through by page: a page is found by passing over those before it.
const DEPTH: i64 = 10_000;
/// Records asked for at once, at most.
const CHUNK: usize = 2_000;
/// Longest cursor.
const CURSOR: usize = 200;

/// One page of the orders that the app created, or of its tenant's when `scope` says so.
///
/// # Errors
/// `Bad` names `page`, `size` or `cursor`; failures of the table.
pub async fn list(ctx: &Context, app: &TenantApp, wanted: &ListOrders) -> Result<OrderPage> {
    let (page, size) = (wanted.page.unwrap_or(1), wanted.size.unwrap_or(20));
    check(wanted, page, size)?;
    let tenant = &app.tenant;
    let of = match wanted.scope.unwrap_or_default() {
        OrderScope::App => Some(&app.id),
        OrderScope::Tenant => None,
    };
    let total = totals::total(ctx, tenant, of, wanted.status).await?;
    let begin = usize::try_from((page - 1) * size).unwrap_or(0);
    let full = usize::try_from(size).unwrap_or(20);
    let states = wanted.status.map_or_else(|| OrderState::ALL.to_vec(), |state| vec![state]);
    let partitions = states.into_iter().map(|state| record::partition(tenant, of, state)).collect();
    // One more than the page shows whether there is another, and the cursor's own is passed over.
    let limit = u32::try_from((begin + full + 2).min(CHUNK)).ok();
    let range = Range { limit, ..Range::default() };
    let mut found = Merged::<Pointer>::new(partitions, StoredIn::InTable, range, wanted.cursor.clone());
    found.pass(&ctx.table, begin).await?;
    let mut places = Vec::new();
    while places.len() < full
        && let Some(place) = found.next(&ctx.table).await?
    {
        places.push(place);
    }
    let more = places.len() == full && found.next(&ctx.table).await?.is_some();
    let next_cursor = places.last().filter(|_| more).map(|last| last.sort.clone());
    let numbers = places.into_iter().map(|place| place.data.order_no).collect();
    Ok(OrderPage { total, page, size, records: orders(ctx, tenant, numbers).await?, next_cursor })
}

fn check(wanted: &ListOrders, page: i64, size: i64) -> Result<()> {
    rules::within("page", page, 1, DEPTH)?;
    rules::within("size", size, 1, 100)?;
    if page * size > DEPTH {
        return Err(TradeError::bad("page", format!("page乘以size不能超过{DEPTH}，更早的订单请用cursor")));
    }
    let Some(cursor) = &wanted.cursor else { return Ok(()) };
    if wanted.page.is_some_and(|page| page != 1) {
        return Err(TradeError::bad("page", "不能与cursor同时使用"));
    }
    if cursor.is_empty() || cursor.len() > CURSOR || !cursor.contains('#') {
        return Err(TradeError::bad("cursor", "不是本列表返回的nextCursor"));
    }
    Ok(())
}

/// The orders of these numbers, as they are now.
async fn orders(ctx: &Context, tenant: &TenantId, numbers: Vec<String>) -> Result<Vec<OrderStatus>> {
    let keys: Vec<Key> = numbers.iter().map(|number| record::key(tenant, number)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut read = ctx.table.get_many::<Order>(&keys).await?;
    Ok(keys.iter().filter_map(|key| read.remove(key)).map(|order| order.data.status()).collect())
}
