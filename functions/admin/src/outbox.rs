//! Sends messages that were stored with a change and not queued, every minute.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenon_platform::outbox::sweep::sweep_due;
use tenon_platform::{Context, Result};

/// The Lambda handler.
pub fn handler(ctx: &Context) -> BoxFuture<'_, Result<()>> {
    sweep_due(ctx).boxed()
}
