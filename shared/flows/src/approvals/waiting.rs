//! What a run says while its document waits for a decision.

use super::{links, run_history};
use tenon_model::TenantId;
use tenon_model::link::{Link, LinkState};
use tenon_model::run::RunStatus;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Context, ErrorKind, Result};

/// Says in the run of a link that waits what it waits for. Nothing is said twice, and nothing while somebody has the
/// document in hand.
pub async fn record_run(ctx: &Context, tenant: &TenantId, link: &Link, words: &str) -> Result<()> {
    let Some(stored) = links::get(ctx, tenant, &link.flow, &link.key).await? else { return Ok(()) };
    if stored.data.state != LinkState::Marked {
        return Ok(());
    }
    if runs::get(ctx, tenant, &stored.data.run).await?.is_some_and(|run| run.message == words) {
        return Ok(());
    }
    match links::acquire(ctx, tenant, stored).await {
        Ok(leased) => {
            let mut steps = Recorder::new(ctx, leased.record.run.clone());
            run_history::record_run(ctx, tenant, &mut steps, &leased.record, RunStatus::Running, words).await;
            leased.release(ctx).await
        }
        Err(error) if error.kind() == ErrorKind::Busy => Ok(()),
        Err(error) => Err(error),
    }
}
