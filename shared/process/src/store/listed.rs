//! Instances one by one and by month, for whoever looks after them.

use super::keys;
use crate::run::Instance;
use tenon_model::TenantId;
use tenon_platform::table::Key;
use tenon_platform::{Context, Result};

/// Numbers that are asked for at once: gaps among them are numbers that were not used.
const AT_ONCE: i64 = 100;
/// Requests for one page, at most.
const REQUESTS: usize = 10;

/// Instances of a flow and month, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct OfMonth {
    /// They.
    pub instances: Vec<Instance>,
    /// The number before which the next page begins; absent at the end.
    pub next: Option<i64>,
}

/// An instance.
///
/// # Errors
/// Those of the table.
pub async fn instance(ctx: &Context, tenant: &TenantId, number: &str) -> Result<Option<Instance>> {
    Ok(ctx.table.get::<Instance>(&keys::instance(tenant, number)).await?.map(|stored| stored.data))
}

/// The instances of a flow that were begun in a month under numbers that were given here, newest first, before this
/// number.
///
/// # Errors
/// Those of the table.
pub async fn of_month(
    ctx: &Context,
    tenant: &TenantId,
    (flow, month): (&str, &str),
    before: Option<i64>,
    limit: usize,
) -> Result<OfMonth> {
    let counter = keys::numbers(tenant, flow, month);
    let counted = ctx.table.counters(std::slice::from_ref(&counter)).await?;
    let given = counted.get(&counter).and_then(|counters| counters.get("n")).copied().unwrap_or(0);
    let mut upto = before.map_or(given, |before| given.min(before - 1));
    let mut instances = Vec::new();
    for _ in 0..REQUESTS {
        let numbers: Vec<i64> = (1.max(upto - AT_ONCE + 1)..=upto).rev().collect();
        let keys: Vec<Key> =
            numbers.iter().map(|n| keys::instance(tenant, &format!("{flow}_{month}_{n:04}"))).collect();
        if keys.is_empty() {
            break;
        }
        let mut found = ctx.table.get_many::<Instance>(&keys).await?;
        for (number, key) in numbers.into_iter().zip(&keys) {
            if instances.len() == limit {
                return Ok(OfMonth { instances, next: Some(number + 1) });
            }
            upto = number - 1;
            instances.extend(found.remove(key).map(|stored| stored.data));
        }
    }
    Ok(OfMonth { instances, next: (upto > 0).then_some(upto + 1) })
}
