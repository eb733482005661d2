//! Every minute: what is due of processes, and whom to remind.

use futures::FutureExt;
use futures::future::BoxFuture;
use tenon_platform::{Context, Result};

/// The Lambda handler.
pub fn handler(ctx: &Context) -> BoxFuture<'_, Result<()>> {
    tenon_task_center::process::run_due(ctx).boxed()
}
