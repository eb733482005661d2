//! When a flow is due. Time is cut into slots of the flow's period, and each slot is claimed once,
//! however many schedulers tick.

use std::time::Duration;
use tenon_model::TenantId;
use tenon_platform::clock::millis;
use tenon_platform::{Context, Result, lease};

/// The slot an instant lies in.
pub fn slot(now_ms: i64, every: Duration) -> i64 {
    now_ms.div_euclid(millis(every).max(1))
}

/// Claims the present slot of a thing that runs `every` so often. `false` when it has been claimed.
pub async fn claim_slot(ctx: &Context, tenant: &TenantId, what: &str, id: &str, every: Duration) -> Result<bool> {
    let slot = slot(ctx.now_ms(), every).to_string();
    let remember = every.saturating_mul(2).max(Duration::from_secs(3600));
    lease::claim_once(ctx, tenant, &[what, id], &slot, remember).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_one_period_long() {
        let minute = Duration::from_secs(60);
        assert_eq!(slot(0, minute), slot(59_999, minute));
        assert_ne!(slot(59_999, minute), slot(60_000, minute));
        assert_ne!(slot(-1, minute), slot(0, minute));
    }
}
