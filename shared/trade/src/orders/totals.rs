//! How many orders a tenant has in each state. The counters are spread over several records, because
//! DynamoDB cancels transactions that meet at one.

use tenon_model::TenantId;
use tenon_model::openapi::OrderState;
use tenon_platform::table::{Count, Key, Write};
use tenon_platform::{Context, Result};

const SHARDS: u32 = 8;

fn key(tenant: &TenantId, shard: u32) -> Key {
    Key::new(tenant, "ORDER-TOTALS", &[], shard.to_string())
}

/// The record that an order is counted in.
fn home(tenant: &TenantId, order_no: &str) -> Key {
    let sum = order_no.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    key(tenant, sum % SHARDS)
}

/// One order more.
pub(super) fn added(tenant: &TenantId, order_no: &str, state: OrderState) -> Write {
    Write::count(Count::new(home(tenant, order_no)).add(state.word(), 1))
}

/// One order from one state to another.
pub(super) fn moved(tenant: &TenantId, order_no: &str, from: OrderState, to: OrderState) -> Write {
    Write::count(Count::new(home(tenant, order_no)).add(from.word(), -1).add(to.word(), 1))
}

/// Orders in one state, or in all.
pub(super) async fn total(ctx: &Context, tenant: &TenantId, state: Option<OrderState>) -> Result<i64> {
    let keys: Vec<Key> = (0..SHARDS).map(|shard| key(tenant, shard)).collect();
    let counters = ctx.table.counters(&keys).await?;
    let wanted = |name: &str| state.is_none_or(|state| state.word() == name);
    Ok(counters.values().flatten().filter(|(name, _)| wanted(name)).map(|(_, count)| count).sum())
}
