//! Finds callbacks and decisions that were missed, every ten minutes.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenon_flows::reconcile::reconcile_due;
use tenon_model::TenantId;
use tenon_platform::{Context, Result};

/// The Lambda handler.
pub fn handler(ctx: &Context) -> BoxFuture<'_, Result<()>> {
    async move { reconcile_due(ctx, &TenantId::operator()).await }.boxed()
}
