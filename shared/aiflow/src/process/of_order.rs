//! An order by its number, whoever runs it: a process here, or another system that syncs its tasks.

use super::{Around, flows_of};
use crate::orders;
use std::collections::BTreeSet;
use tenon_model::TenantId;
use tenon_platform::{Context, Result};

/// What is known of an order.
pub(super) enum Order {
    /// Nothing.
    Unknown,
    /// It is there.
    Known {
        /// The key of its document.
        business_key: String,
        /// Its tasks, as far as they are known.
        tasks: Option<BTreeSet<String>>,
    },
}

/// An order of an enterprise.
pub(super) async fn find(ctx: &Context, tenant: &TenantId, enterprise: &str, order: i64) -> Result<Order> {
    let around = Around::new(ctx, tenant).await?;
    if let Some(instance) = flows_of(ctx, tenant, &around).by_order(order).await?
        && instance.enterprise == enterprise
    {
        // Tasks of former rounds are in the history alone.
        return Ok(Order::Known { business_key: instance.number, tasks: None });
    }
    Ok(match orders::known(ctx, tenant, enterprise, order).await? {
        Some((business_key, tasks)) => Order::Known { business_key, tasks: Some(tasks) },
        None => Order::Unknown,
    })
}
