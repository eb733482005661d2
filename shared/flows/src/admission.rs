//! Whose turn it is: work for a connection begins when its breaker lets it and a place is free. What is put
//! off has read its message and the configuration, and called nobody.

use tenon_connectors::erp;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::concurrency::{self, Permit};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Result, breaker};

/// Takes a turn at both ends of a flow, which lasts until the place is dropped. The places are those of the
/// two together: an ERP that hangs must not take the places of others at the OA they share, nor an OA those
/// of others at their ERP.
pub async fn acquire(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    (erp, oa): (&ConnectionId, &ConnectionId),
    kind: &'static str,
) -> Result<Permit> {
    breaker::admit(ctx, tenant, &[erp, oa]).await?;
    // Twice what it does at once: while one piece of work waits for the OA, another calls the ERP.
    let most = erp::of(loaded, erp)?.calls_at_once.saturating_mul(2);
    concurrency::enter(ctx, tenant, [erp, oa], kind, most).await
}
