//! Finds what is to go to a factory's MES and what has come from it, every minute.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenon_flows::kinds::Schedule;
use tenon_flows::poll::poll_due;
use tenon_model::TenantId;
use tenon_platform::{Context, Result};

/// The Lambda handler.
pub fn handler(ctx: &Context) -> BoxFuture<'_, Result<()>> {
    async move { poll_due(ctx, &TenantId::operator(), Schedule::Manufacturing).await }.boxed()
}
