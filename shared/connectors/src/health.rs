//! How a vendor's answers bear on its connection's breaker.

use tenon_model::{ConnectionId, TenantId};
use tenon_platform::http::{Answer, Failure};
use tenon_platform::{Context, breaker};

/// Tells the breaker how a call came out. No answer, and what servers and proxies say when they are in
/// trouble themselves, count against the connection; every refusal is a sign of life.
pub(crate) async fn tell(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    outcome: &Result<Answer, Failure>,
) {
    match outcome {
        Ok(answer) if answer.status >= 500 || answer.status == 408 => {
            breaker::failed(ctx, tenant, connection, &format!("HTTP {}", answer.status)).await;
        }
        Ok(_) => breaker::succeeded(ctx, tenant, connection).await,
        Err(Failure::NotSent(why) | Failure::NoAnswer(why)) => breaker::failed(ctx, tenant, connection, why).await,
    }
}
