//! An order by its number, whoever runs it: a process here, or another system that syncs its tasks.

use super::{TenantHost, flows_of};
use crate::orders;
use std::collections::BTreeSet;
use tenon_model::TenantId;
use tenon_platform::{Context, Result};
use tenon_process::store::Receiver;

/// What is known of an order.
pub(super) enum Order {
    /// Nothing.
    Unknown,
    /// A process that runs here. Tasks of former rounds are in its history alone.
    Process(Box<Receiver>),
    /// It is another system's.
    Known {
        /// The key of its document.
        business_key: String,
        /// Its tasks.
        tasks: BTreeSet<String>,
    },
}

/// An order of an enterprise.
pub(super) async fn find(ctx: &Context, tenant: &TenantId, enterprise: &str, order: i64) -> Result<Order> {
    let host = TenantHost::new(ctx, tenant).await?;
    if let Some(receiver) = flows_of(ctx, tenant, &host).receiver(order).await?
        && receiver.instance.enterprise == enterprise
    {
        return Ok(Order::Process(Box::new(receiver)));
    }
    Ok(match orders::known(ctx, tenant, enterprise, order).await? {
        Some((business_key, tasks)) => Order::Known { business_key, tasks },
        None => Order::Unknown,
    })
}
