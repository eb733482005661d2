//! `GET /openapi/v1/payment/{reconciliationNo}`, `POST /openapi/v1/payment/confirm`: what is to be paid,
//! and the customer's word that it is.

use crate::{BODY_LIMIT, Call};
use serde::Deserialize;
use tenon_catalog::areas::openapi::payment as routes;
use tenon_model::openapi::{ConfirmPayment, PaymentStatus};
use tenon_platform::dispatch::{Body, Path, Service, on};
use tenon_tenants::entry::Signed;
use tenon_trade::{TradeError, reconciliations};

/// The function.
pub static SERVICE: Service<Signed> =
    Service::new(Signed, || vec![on(routes::READ, status), on(routes::CONFIRM, confirm)]).with_body_limit(BODY_LIMIT);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfReconciliation {
    reconciliation_no: String,
}

async fn status(call: Call, Path(of): Path<OfReconciliation>) -> Result<PaymentStatus, TradeError> {
    reconciliations::get(&call.ctx, &call.by.tenant, &of.reconciliation_no).await
}

async fn confirm(call: Call, Body(wanted): Body<ConfirmPayment>) -> Result<PaymentStatus, TradeError> {
    let paid = reconciliations::confirm(&call.ctx, &call.by.tenant, &wanted).await?;
    tracing::info!(reconciliation = %paid.reconciliation_no, "payment confirmed");
    Ok(paid)
}
