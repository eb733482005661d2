//! The orders an app created, or those of every app of its tenant, newest first, page by page.
//!
//! Each state has its own partition, of an app's orders as of a tenant's, so that a list of one state reads
//! no other, and a list of all merges them. An app's partitions hold the numbers alone: passing over the pages
//! before costs little, and only the orders of the page itself are read.

use super::record::{self, Order, Pointer};
use super::totals;
use crate::error::{Result, TradeError};
use crate::rules;
use futures::future::try_join_all;
use std::collections::VecDeque;
use tenon_model::openapi::{ListOrders, OrderPage, OrderScope, OrderState, OrderStatus};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, TenantId};
use tenon_platform::Context;
use tenon_platform::table::{Key, Range};

/// How deep a list can be leafed through by page: a page is found by passing over those before it.
const DEPTH: i64 = 10_000;
/// Records asked for at once, at most.
const CHUNK: u32 = 500;
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
    // One more than the page shows whether there is another.
    let mut found = Merge::new((tenant, of), wanted, begin + full + 1);
    for _ in 0..begin {
        if found.next(ctx).await?.is_none() {
            break;
        }
    }
    let mut places = Vec::new();
    while places.len() < full
        && let Some(place) = found.next(ctx).await?
    {
        places.push(place);
    }
    let more = places.len() == full && found.next(ctx).await?.is_some();
    let next_cursor = places.last().filter(|_| more).map(|last| last.sort.clone());
    Ok(OrderPage { total, page, size, records: orders(ctx, tenant, places).await?, next_cursor })
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

/// The orders at these places, as they are now. Those that were read with their places are not read again.
async fn orders(ctx: &Context, tenant: &TenantId, places: Vec<Place>) -> Result<Vec<OrderStatus>> {
    let missing = places.iter().filter(|place| place.order.is_none());
    let keys: Vec<Key> = missing.map(|place| record::key(tenant, &place.order_no)).collect();
    let mut read = if keys.is_empty() { Default::default() } else { ctx.table.get_many::<Order>(&keys).await? };
    let order = |place: Place| match place.order {
        Some(order) => Some(*order),
        None => read.remove(&record::key(tenant, &place.order_no)).map(|stored| stored.data),
    };
    Ok(places.into_iter().filter_map(order).map(|order| order.status()).collect())
}

/// Where an order is in the list.
struct Place {
    sort: String,
    order_no: String,
    /// The order, where it came with its place.
    order: Option<Box<Order>>,
}

/// The newest orders of several states, merged; each state is read only as far as it is needed.
struct Merge {
    states: Vec<Stream>,
}

/// The orders of one state.
struct Stream {
    partition: String,
    /// Whether the partition holds an app's numbers, or the tenant's orders themselves.
    of_app: bool,
    range: Range,
    after: Option<String>,
    ahead: VecDeque<Place>,
    ended: bool,
}

impl Merge {
    fn new((tenant, app): (&TenantId, Option<&AppId>), wanted: &ListOrders, needed: usize) -> Self {
        let states = wanted.status.map_or_else(|| OrderState::ALL.to_vec(), |state| vec![state]);
        let limit = u32::try_from(needed + 1).unwrap_or(CHUNK).min(CHUNK);
        let up_to = wanted.cursor.clone();
        let states = states.into_iter().map(|state| Stream {
            partition: match app {
                Some(app) => record::partition_of_app(tenant, app, state),
                None => record::partition(tenant, state),
            },
            of_app: app.is_some(),
            range: Range { backwards: true, limit: Some(limit), up_to: up_to.clone(), ..Range::default() },
            after: wanted.cursor.clone(),
            ahead: VecDeque::new(),
            ended: false,
        });
        Self { states: states.collect() }
    }

    async fn next(&mut self, ctx: &Context) -> Result<Option<Place>> {
        if self.states.iter().any(Stream::is_exhausted) {
            try_join_all(self.states.iter_mut().map(|stream| stream.look_ahead(ctx))).await?;
        }
        let newest = self.states.iter_mut().filter(|s| !s.ahead.is_empty()).max_by_key(|s| s.place());
        Ok(newest.and_then(|stream| stream.ahead.pop_front()))
    }
}

impl Stream {
    /// Whether there may be more in the table than is known.
    fn is_exhausted(&self) -> bool {
        self.ahead.is_empty() && !self.ended
    }

    async fn look_ahead(&mut self, ctx: &Context) -> Result<()> {
        while self.is_exhausted() {
            let (places, next) = if self.of_app {
                let page = ctx.table.query::<Pointer>(&self.partition, self.range.clone()).await?;
                let place = |stored: tenon_platform::table::Stored<Pointer>| Place {
                    sort: stored.sort,
                    order_no: stored.data.order_no,
                    order: None,
                };
                (page.items.into_iter().map(place).collect::<Vec<_>>(), page.next)
            } else {
                let page = ctx.table.query_index::<Order>(&self.partition, self.range.clone()).await?;
                let place = |order: Order| Place {
                    sort: order.place(),
                    order_no: order.order_no.clone(),
                    order: Some(Box::new(order)),
                };
                (page.items.into_iter().map(|stored| place(stored.data)).collect(), page.next)
            };
            let after = self.after.take();
            self.ahead.extend(places.into_iter().filter(|place| after.as_ref() != Some(&place.sort)));
            self.ended = next.is_none();
            self.range.start = next;
        }
        Ok(())
    }

    fn place(&self) -> Option<String> {
        self.ahead.front().map(|place| place.sort.clone())
    }
}
