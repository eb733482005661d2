//! Whose turn it is: work for a connection begins when its breaker lets it and a place is free. What is put
//! off has read its message and the configuration, and called nobody.

use tenon_model::TenantId;
use tenon_model::config::Flow;
use tenon_platform::config_store::Loaded;
use tenon_platform::places::{self, Place};
use tenon_platform::{Context, Result, breaker};

/// Pieces of work for one OA connection under way in one process on one queue: it has no sessions to count.
const OA_PLACES: usize = 8;

/// Takes a turn at both ends of a flow. It lasts until the places are dropped.
pub async fn take(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flow: &Flow,
    kind: &'static str,
) -> Result<(Place, Place)> {
    breaker::admit(ctx, tenant, &[&flow.erp, &flow.oa]).await?;
    // Twice its sessions: while one piece of work waits for the OA, another uses the session.
    let most = usize::try_from(loaded.b1(&flow.erp)?.max_sessions).unwrap_or(1).saturating_mul(2);
    let erp = places::enter(ctx, tenant, &flow.erp, kind, most).await?;
    let oa = places::enter(ctx, tenant, &flow.oa, kind, OA_PLACES.max(most)).await?;
    Ok((erp, oa))
}
