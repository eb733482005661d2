//! Confirming a payment.

use super::record::{self, Payment, Reconciliation};
use super::{find_by_id, find_by_no, missing};
use crate::error::{Result, TradeError};
use crate::rules;
use tenon_model::TenantId;
use tenon_model::openapi::{ConfirmPayment, PaymentStatus, ReconciliationState};
use tenon_platform::Context;
use tenon_platform::table::{Expect, Outcome, Stored, Write};

/// How often one call is tried when others stand in its way.
const ATTEMPTS: u32 = 5;

/// Takes the tenant's word that a reconciliation is paid. A repeat with the same `paymentRef` answers
/// the same.
///
/// # Errors
/// `NotFound`, also for another tenant's; `Bad` names the field: `paymentRef` when it was paid with
/// another one, `amount` when it is not the whole, the reconciliation when its state allows no payment;
/// failures of the table.
pub async fn confirm(ctx: &Context, tenant: &TenantId, wanted: &ConfirmPayment) -> Result<PaymentStatus> {
    rules::number_or_text("reconciliationId", wanted.reconciliation_id.as_ref())?;
    if let Some(no) = &wanted.reconciliation_no {
        rules::text("reconciliationNo", no, rules::ID_LIMIT)?;
    }
    rules::text("paymentMethod", &wanted.payment_method, 50)?;
    rules::text("paymentRef", &wanted.payment_ref, rules::ID_LIMIT)?;
    for _ in 0..ATTEMPTS {
        let (field, stored) = named(ctx, tenant, wanted).await?;
        let known = stored.data;
        if wanted.amount.is_some_and(|amount| amount.fen() != known.total_fen) {
            return Err(TradeError::bad("amount", format!("应为对账单金额{}", known.status().total_amount)));
        }
        match &known.payment {
            Some(payment) if payment.reference == wanted.payment_ref => return Ok(known.status()),
            Some(_) => return Err(TradeError::bad("paymentRef", "对账单已付款，付款流水号不同")),
            None if !known.state.can_be_paid() => return Err(TradeError::bad(field, "对账单当前状态不允许付款")),
            None => {}
        }
        let payment = Payment {
            method: wanted.payment_method.clone(),
            reference: wanted.payment_ref.clone(),
            at_ms: ctx.now_ms(),
        };
        let paid = Reconciliation { state: ReconciliationState::Paid, payment: Some(payment), ..known };
        let write = Write::put(record::key(tenant, &paid.no), &paid, Expect::Version(stored.version))?;
        if ctx.table.write(write).await? == Outcome::Done {
            return Ok(paid.status());
        }
    }
    Err(TradeError::busy("the reconciliation"))
}

/// The reconciliation that is meant, and the field that names it.
async fn named(
    ctx: &Context,
    tenant: &TenantId,
    wanted: &ConfirmPayment,
) -> Result<(&'static str, Stored<Reconciliation>)> {
    match (&wanted.reconciliation_id, &wanted.reconciliation_no) {
        (None, None) => Err(TradeError::bad("reconciliationId", "reconciliationId与reconciliationNo至少填写一项")),
        (Some(id), None) => {
            let found = find_by_id(ctx, tenant, &id.to_string()).await?;
            Ok(("reconciliationId", found.ok_or_else(missing)?))
        }
        (id, Some(no)) => {
            let found = find_by_no(ctx, tenant, no).await?.ok_or_else(missing)?;
            if id.as_ref().is_some_and(|id| id.to_string() != found.data.id.to_string()) {
                return Err(TradeError::bad("reconciliationId", "与reconciliationNo不是同一对账单"));
            }
            Ok(("reconciliationNo", found))
        }
    }
}
