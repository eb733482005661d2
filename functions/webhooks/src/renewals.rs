//! Every quarter of an hour: which trials, subscriptions and quotas end, so that their tenants are told.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenon_platform::{Context, Result};

/// The Lambda handler.
pub fn handler(ctx: &Context) -> BoxFuture<'_, Result<()>> {
    async move { tenon_renewals::notify_due(ctx).await.map(drop) }.boxed()
}
