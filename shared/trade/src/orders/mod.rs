//! Orders that tenants' systems create.

mod create;
mod list;
mod numbers;
mod record;
mod totals;

pub use create::{Created, create};
pub use list::list;
pub use record::Order;

pub(crate) use record::{change_writes, find, find_together};

use crate::error::{Result, TradeError};
use tenon_model::TenantId;
use tenon_platform::Context;
use tenon_platform::table::{RecordKind, Stored};

/// The kinds of records of orders.
pub(crate) const KINDS: [RecordKind; 4] = [
    RecordKind::of::<Order>("ORDER"),
    RecordKind::of::<record::Pointer>("ORDERS"),
    RecordKind::of::<record::Pointer>("APP-ORDERS"),
    create::KIND,
];

/// One order of a tenant. An order of another tenant's, or one that no app of the tenant made, is not
/// found.
///
/// # Errors
/// `NotFound`; failures of the table.
pub async fn get(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<Order> {
    owned(ctx, tenant, order_no).await.map(|stored| stored.data)
}

async fn owned(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<Stored<Order>> {
    find(ctx, tenant, order_no).await?.ok_or_else(TradeError::no_order)
}

/// As [`get`], with its version, and read with what others read now.
pub(crate) async fn for_event(ctx: &Context, tenant: &TenantId, order_no: &str) -> Result<Stored<Order>> {
    find_together(ctx, tenant, order_no).await?.ok_or_else(TradeError::no_order)
}
