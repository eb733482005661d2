//! When a flow is due. Time is cut into slots of the flow's period, and each slot is claimed once,
//! however many schedulers tick.

use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::{Context, Result, lease};

/// Claims the present slot of a thing that runs `every` so often. `false` when it has been claimed.
pub async fn claim_slot(ctx: &Context, tenant: &TenantId, what: &str, id: &str, every: Duration) -> Result<bool> {
    lease::claim_slot(ctx, tenant, &[what, id], every).await
}
