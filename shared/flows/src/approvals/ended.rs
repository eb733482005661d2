//! Attempts that are over and whose worker died before it told their runs.

use super::{links, run_history};
use crate::leased::LEASE;
use tenon_model::TenantId;
use tenon_model::config::ApprovalFlow;
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::{Context, Result};

/// Runs ended at once for each flow.
const ENDED: u32 = 100;

/// Ends the runs of links that are over and that nobody let go of.
pub async fn record_run(ctx: &Context, tenant: &TenantId, flow: &ApprovalFlow) -> Result<u64> {
    let before = ctx.now_ms() - millis(LEASE) - millis(SKEW);
    let mut ended = 0;
    for found in links::ended_before(ctx, tenant, &flow.id, before, ENDED).await? {
        // The index lags a little.
        let Some(stored) = links::get(ctx, tenant, &flow.id, &found.data.key).await? else { continue };
        if !stored.data.state.is_finished() || stored.data.lease.is_none() {
            continue;
        }
        ended += u64::from(run_history::settle(ctx, tenant, &stored.data).await?.is_some());
        links::release_stored(ctx, tenant, stored).await?;
    }
    Ok(ended)
}
