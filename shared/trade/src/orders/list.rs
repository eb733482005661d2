//! A tenant's orders, newest first, page by page.

use super::record::{self, Order};
use super::totals;
use crate::error::{Result, TradeError};
use crate::rules;
use futures::future::try_join_all;
use std::collections::VecDeque;
use tenon_model::TenantId;
use tenon_model::openapi::{ListOrders, OrderPage, OrderState};
use tenon_platform::Context;
use tenon_platform::table::Range;

/// How deep a list can be leafed through: a page is found by passing over those before it.
const DEPTH: i64 = 10_000;
/// Records asked for at once, at most.
const CHUNK: u32 = 500;

/// One page of the tenant's orders.
///
/// # Errors
/// `Bad` names `page` or `size`; failures of the table.
pub async fn list(ctx: &Context, tenant: &TenantId, wanted: &ListOrders) -> Result<OrderPage> {
    let (page, size) = (wanted.page.unwrap_or(1), wanted.size.unwrap_or(20));
    rules::within("page", page, 1, DEPTH)?;
    rules::within("size", size, 1, 100)?;
    if page * size > DEPTH {
        return Err(TradeError::bad("page", format!("page乘以size不能超过{DEPTH}")));
    }
    let total = totals::total(ctx, tenant, wanted.status).await?;
    let end = usize::try_from(page * size).unwrap_or(0);
    let begin = usize::try_from((page - 1) * size).unwrap_or(0);
    let mut found = Merge::new(tenant, wanted.status, end);
    let mut records = Vec::new();
    for place in 0..end {
        let Some(order) = found.next(ctx).await? else { break };
        if place >= begin {
            records.push(order.status());
        }
    }
    Ok(OrderPage { total, page, size, records })
}

/// The newest orders of several states, merged; each state is read only as far as it is needed.
struct Merge {
    states: Vec<Stream>,
}

/// The orders of one state.
struct Stream {
    partition: String,
    range: Range,
    ahead: VecDeque<Order>,
    ended: bool,
}

impl Merge {
    fn new(tenant: &TenantId, state: Option<OrderState>, needed: usize) -> Self {
        let states = state.map_or_else(|| OrderState::ALL.to_vec(), |state| vec![state]);
        let limit = u32::try_from(needed).unwrap_or(CHUNK).min(CHUNK);
        let states = states.into_iter().map(|state| Stream {
            partition: record::partition(tenant, state),
            range: Range { backwards: true, limit: Some(limit), ..Range::default() },
            ahead: VecDeque::new(),
            ended: false,
        });
        Self { states: states.collect() }
    }

    async fn next(&mut self, ctx: &Context) -> Result<Option<Order>> {
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
            let page = ctx.table.query_index::<Order>(&self.partition, self.range.clone()).await?;
            self.ahead.extend(page.items.into_iter().map(|stored| stored.data));
            self.ended = page.next.is_none();
            self.range.start = page.next;
        }
        Ok(())
    }

    fn place(&self) -> Option<String> {
        self.ahead.front().map(Order::place)
    }
}
