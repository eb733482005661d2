//! Reading orders.

use super::keys;
use super::records::Order;
use tenon_model::TenantId;
use tenon_platform::table::{Range, Stored};
use tenon_platform::{Context, Result};

/// Every tenant's orders, newest first.
///
/// # Errors
/// Those of the table.
pub async fn all(ctx: &Context) -> Result<Vec<Order>> {
    of_tenant(ctx, &TenantId::operator()).await
}

/// A tenant's orders, newest first.
///
/// # Errors
/// Those of the table.
pub async fn of_tenant(ctx: &Context, tenant: &TenantId) -> Result<Vec<Order>> {
    let range = Range { backwards: true, ..Range::default() };
    let stored: Vec<Stored<Order>> = ctx.table.query_all(&keys::orders(tenant), range).await?;
    Ok(stored.into_iter().map(|s| s.data).collect())
}

/// One order, whosever it is.
pub(super) async fn by_number(ctx: &Context, number: &str) -> Result<Option<Stored<Order>>> {
    ctx.table.get(&keys::any_order(number)).await
}
