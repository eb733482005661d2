//! Subscriptions of a tenant.

use super::keys;
use super::records::Subscription;
use tenon_model::{Module, TenantId};
use tenon_platform::table::{Expect, Range, Stored, Write};
use tenon_platform::{Context, Rejection};

/// Every subscription of a tenant, in the order of the modules' codes.
///
/// # Errors
/// Those of the table.
pub async fn all(ctx: &Context, tenant: &TenantId) -> tenon_platform::Result<Vec<Subscription>> {
    let stored = ctx.table.query_all(&keys::subscriptions(tenant), Range::default()).await?;
    Ok(stored.into_iter().map(|s: Stored<Subscription>| s.data).collect())
}

/// Every tenant's subscriptions that end at this moment or later, the first to end first. Read from the index, which lags.
///
/// # Errors
/// Those of the table.
pub async fn ending_from(ctx: &Context, from_ms: i64) -> tenon_platform::Result<Vec<Subscription>> {
    let mut range = Range { from: Some(format!("{from_ms:013}")), ..Range::default() };
    let mut all = Vec::new();
    loop {
        let page = ctx.table.query_index(&keys::endings(), range.clone()).await?;
        all.extend(page.items.into_iter().map(|stored: Stored<Subscription>| stored.data));
        match page.next {
            Some(next) => range.start = Some(next),
            None => return Ok(all),
        }
    }
}

/// A tenant's subscription to a module.
///
/// # Errors
/// Those of the table.
pub async fn one(
    ctx: &Context,
    tenant: &TenantId,
    module: Module,
) -> tenon_platform::Result<Option<Stored<Subscription>>> {
    ctx.table.get(&keys::subscription(tenant, module)).await
}

/// A tenant's subscription to a module, while it may be used.
///
/// # Errors
/// 400 that names `appType` when there is none or its time is up.
pub async fn live(ctx: &Context, tenant: &TenantId, module: Module) -> Result<Stored<Subscription>, Rejection> {
    let found = one(ctx, tenant, module).await?;
    found
        .filter(|s| s.data.is_live(ctx.now_ms()))
        .ok_or_else(|| Rejection::field("appType", format!("{}未订阅或已到期，请先在应用商店开通", module.name())))
}

/// A write that changes nothing but the version, so that whoever renews meanwhile starts again and
/// sees what is stored together with it.
pub(crate) fn touch(subscription: &Stored<Subscription>) -> tenon_platform::Result<Write> {
    keys::subscription_write(&subscription.data, Expect::Version(subscription.version))
}
