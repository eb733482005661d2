//! How many orders a tenant has in each state, and each of its apps. The counters are spread over several
//! records, because DynamoDB cancels transactions that meet at one.

use tenon_model::openapi::OrderState;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Count, Key, Write};
use tenon_platform::{Context, Result};

const SHARDS: u32 = 8;

/// A record of the tenant's counters, or of one app's.
fn key(tenant: &TenantId, app: Option<&AppId>, shard: u32) -> Key {
    let of: Vec<&str> = app.map(AppId::as_str).into_iter().collect();
    Key::new(tenant, "ORDER-TOTALS", &of, shard.to_string())
}

/// The records that an order is counted in.
fn homes(tenant: &TenantId, app: &AppId, order_no: &str) -> [Key; 2] {
    let sum = order_no.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    [None, Some(app)].map(|of| key(tenant, of, sum % SHARDS))
}

/// One order more.
pub(super) fn added(tenant: &TenantId, app: &AppId, order_no: &str, state: OrderState) -> [Write; 2] {
    homes(tenant, app, order_no).map(|home| Write::count(Count::new(home).add(state.word(), 1)))
}

/// One order from one state to another.
pub(super) fn moved(tenant: &TenantId, app: &AppId, order_no: &str, from: OrderState, to: OrderState) -> [Write; 2] {
    let moved = |home| Write::count(Count::new(home).add(from.word(), -1).add(to.word(), 1));
    homes(tenant, app, order_no).map(moved)
}

/// Orders of the tenant, or of one app, in one state or in all. One table request.
pub(super) async fn total(
    ctx: &Context,
    tenant: &TenantId,
    app: Option<&AppId>,
    state: Option<OrderState>,
) -> Result<i64> {
    let keys: Vec<Key> = (0..SHARDS).map(|shard| key(tenant, app, shard)).collect();
    let counters = ctx.table.counters(&keys).await?;
    let wanted = |name: &str| state.is_none_or(|state| state.word() == name);
    Ok(counters.values().flatten().filter(|(name, _)| wanted(name)).map(|(_, count)| count).sum())
}
