//! Reconciliations: what a tenant owes, and its word that it has paid.

mod confirm;
mod record;

pub use confirm::confirm;

pub(crate) use record::{KINDS, Reconciliation, find, find_by_id, find_by_no, writes};

use crate::error::{Result, TradeError};
use tenon_model::TenantId;
use tenon_model::openapi::PaymentStatus;
use tenon_platform::Context;

/// One reconciliation of the tenant, by its number, or by its id where no number is the same.
///
/// # Errors
/// `NotFound`, also for another tenant's; failures of the table.
pub async fn get(ctx: &Context, tenant: &TenantId, no: &str) -> Result<PaymentStatus> {
    let found = find(ctx, tenant, no).await?;
    found.map(|stored| stored.data.status()).ok_or_else(missing)
}

pub(crate) fn missing() -> TradeError {
    TradeError::NotFound("对账单不存在".to_owned())
}
