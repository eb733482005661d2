//! `RECONCILIATION_CREATED`: a reconciliation was approved, or moved on.

use super::plan::Plan;
use crate::error::{Result, TradeError};
use crate::reconciliations::{self, Reconciliation, find_by_id, find_by_no};
use crate::{rules, time};
use tenon_model::openapi::{NumberOrText, ReconciliationCreatedData, ReconciliationCreatedEvent, ReconciliationState};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;
use tenon_platform::table::Stored;

/// Where the payment is confirmed.
const CONFIRM_URL: &str = "/openapi/v1/payment/confirm";

/// Id and number, of which one may be left out.
fn names(event: &ReconciliationCreatedEvent) -> Result<(NumberOrText, String)> {
    match (&event.reconciliation_id, &event.reconciliation_no) {
        (Some(id), Some(no)) => Ok((id.clone(), no.clone())),
        (Some(id), None) => Ok((id.clone(), id.to_string())),
        (None, Some(no)) => Ok((NumberOrText::Text(no.clone()), no.clone())),
        (None, None) => Err(TradeError::bad("reconciliationNo", "reconciliationId与reconciliationNo至少填写一项")),
    }
}

pub(super) fn check(event: &ReconciliationCreatedEvent) -> Result<()> {
    names(event)?;
    rules::number_or_text("reconciliationId", event.reconciliation_id.as_ref())?;
    if let Some(no) = &event.reconciliation_no {
        rules::text("reconciliationNo", no, rules::ID_LIMIT)?;
    }
    if let Some(no) = &event.order_no {
        rules::text("orderNo", no, rules::ID_LIMIT)?;
    }
    if event.total_amount.fen() <= 0 {
        return Err(TradeError::bad("totalAmount", "应大于0"));
    }
    time::read("createdAt", event.created_at.as_deref(), 0).map(drop)
}

pub(super) async fn plan(
    ctx: &Context,
    tenant: &TenantId,
    event: &ReconciliationCreatedEvent,
    now_ms: i64,
) -> Result<Plan> {
    let (id, no) = names(event)?;
    let known = find_by_no(ctx, tenant, &no).await?;
    let of_id = find_by_id(ctx, tenant, &id.to_string()).await?;
    let mismatch = |other: &Stored<Reconciliation>| other.data.no != no || other.data.id.to_string() != id.to_string();
    if let Some(other) = known.iter().chain(&of_id).find(|other| mismatch(other)) {
        let message = format!("已有对账单{}，其reconciliationId为{}", other.data.no, other.data.id);
        return Err(TradeError::bad("reconciliationId", message));
    }
    let state = event.status.unwrap_or(ReconciliationState::Approved);
    let before = known.as_ref().map(|stored| stored.data.state);
    if before.is_some_and(|before| !before.can_become(state)) {
        return Err(TradeError::bad("status", "已付款或已取消的对账单不能改变状态"));
    }
    let created = time::read("createdAt", event.created_at.as_deref(), now_ms)?;
    let first = known.as_ref().map(|stored| stored.data.clone());
    let paid = first.as_ref().is_some_and(|known| known.payment.is_some());
    if paid && first.as_ref().is_some_and(|known| known.total_fen != event.total_amount.fen()) {
        return Err(TradeError::bad("totalAmount", "已付款的对账单不能改变金额"));
    }
    let reconciliation = Reconciliation {
        id,
        no,
        order_no: event.order_no.clone().or_else(|| first.as_ref().and_then(|known| known.order_no.clone())),
        total_fen: event.total_amount.fen(),
        state,
        created_ms: match (&event.created_at, &first) {
            (None, Some(known)) => known.created_ms,
            _ => created,
        },
        payment: first.and_then(|known| known.payment),
    };
    let version = known.map(|stored| stored.version);
    let writes = reconciliations::writes(tenant, &reconciliation, version, now_ms)?;
    let data = ReconciliationCreatedData {
        order_no: reconciliation.order_no,
        reconciliation_id: reconciliation.id,
        reconciliation_no: reconciliation.no,
        total_amount: event.total_amount,
        status: state,
        created_at: time::text(reconciliation.created_ms),
        confirm_url: CONFIRM_URL.to_owned(),
        previous_status: event.previous_status.or(before),
    };
    Plan::new(EventKind::ReconciliationCreated, data, writes, now_ms)
}
