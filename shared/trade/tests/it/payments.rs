//! Reconciliations come in from the production system and are confirmed by the customer, once.

use crate::common::{Fixture, apply, field, fixture, not_found, process};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_engine::{Gate, Moment};
use tenon_model::openapi::PaymentStatus;
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;
use tenon_platform::body;
use tenon_trade::{TradeError, reconciliations};

async fn reconciled(fixture: &Fixture, event: &str, no: &str, status: &str) -> Result<(), TradeError> {
    let event = json!({ "eventId": event, "reconciliationId": 77, "reconciliationNo": no, "totalAmount": 1234.5,
                        "orderNo": "PO1", "status": status });
    apply(&fixture.ctx, "t-1", EventKind::ReconciliationCreated, &event).await.map(drop)
}

async fn confirm(ctx: &Context, tenant: &str, wanted: Value) -> Result<PaymentStatus, TradeError> {
    reconciliations::confirm(ctx, &TenantId::new(tenant), &body::from_value(&wanted)?).await
}

fn by_no(reference: &str) -> Value {
    json!({ "reconciliationNo": "REC-1", "paymentMethod": "bank", "paymentRef": reference })
}

#[tokio::test]
async fn a_payment_is_confirmed_once_and_repeats_are_answered_alike() {
    let fixture = fixture().await;
    reconciled(&fixture, "e-1", "REC-1", "approved").await.unwrap();
    let open = reconciliations::get(&fixture.ctx, &TenantId::new("t-1"), "REC-1").await.unwrap();
    assert_eq!(
        serde_json::to_value(&open).unwrap(),
        json!({ "reconciliationId": 77, "reconciliationNo": "REC-1", "orderNo": "PO1", "totalAmount": 1234.5,
                "status": "approved", "createTime": "2026-02-11T14:30:00", "paidAt": null, "paymentMethod": null,
                "paymentRef": null })
    );
    assert_eq!(reconciliations::get(&fixture.ctx, &TenantId::new("t-1"), "77").await.unwrap(), open);
    let paid = confirm(&fixture.ctx, "t-1", by_no("P-1")).await.unwrap();
    assert_eq!(serde_json::to_value(&paid).unwrap()["status"], "paid");
    assert_eq!(paid.paid_at.as_deref(), Some("2026-02-11T14:30:00"));
    fixture.clock.advance(Duration::from_secs(60));
    let by_id = json!({ "reconciliationId": "77", "paymentMethod": "cash", "paymentRef": "P-1", "amount": 1234.5 });
    for again in [by_no("P-1"), by_id] {
        assert_eq!(confirm(&fixture.ctx, "t-1", again).await.unwrap(), paid);
    }
    assert_eq!(field(confirm(&fixture.ctx, "t-1", by_no("P-2")).await.unwrap_err()), "paymentRef");
}

#[tokio::test]
async fn only_what_is_approved_can_be_paid() {
    for (state, payable) in
        [("pending", false), ("approved", true), ("pending_payment", true), ("paid", false), ("canceled", false)]
    {
        let fixture = fixture().await;
        reconciled(&fixture, "e-1", "REC-1", state).await.unwrap();
        let done = confirm(&fixture.ctx, "t-1", by_no("P-1")).await;
        assert_eq!(done.is_ok(), payable, "{state}: {done:?}");
        if !payable {
            assert_eq!(field(done.unwrap_err()), "reconciliationNo");
        }
    }
}

#[tokio::test]
async fn confirmations_that_are_wrong_name_the_field() {
    let fixture = fixture().await;
    reconciled(&fixture, "e-1", "REC-1", "approved").await.unwrap();
    for (name, value, wrong) in [
        ("reconciliationNo", Value::Null, "reconciliationId"),
        ("reconciliationNo", json!(""), "reconciliationId"),
        ("reconciliationId", json!(78), "reconciliationId"),
        ("paymentMethod", Value::Null, "paymentMethod"),
        ("paymentMethod", json!("x".repeat(51)), "paymentMethod"),
        ("paymentRef", json!(""), "paymentRef"),
        ("paymentRef", json!("x".repeat(101)), "paymentRef"),
        ("amount", json!(1234.49), "amount"),
        ("amount", json!("lots"), "amount"),
        ("tenantId", json!("t-1"), "tenantId"),
    ] {
        let mut body = by_no("P-1");
        body[name] = value;
        assert_eq!(field(confirm(&fixture.ctx, "t-1", body.clone()).await.unwrap_err()), wrong, "{body}");
    }
    let mut absent = by_no("P-1");
    absent["reconciliationNo"] = json!("REC-2");
    not_found(confirm(&fixture.ctx, "t-1", absent).await, "absent");
    not_found(confirm(&fixture.ctx, "t-2", by_no("P-1")).await, "another tenant");
    let state = reconciliations::get(&fixture.ctx, &TenantId::new("t-1"), "REC-1").await.unwrap().status;
    assert_eq!(serde_json::to_value(state).unwrap(), "approved");
}

#[tokio::test]
async fn of_many_at_once_one_payment_counts() {
    let fixture = fixture().await;
    reconciled(&fixture, "e-1", "REC-1", "approved").await.unwrap();
    let calls = (0..20).map(|n| {
        let ctx = fixture.ctx.clone();
        async move { confirm(&ctx, "t-1", by_no(&format!("P-{n}"))).await }
    });
    let done = join_all(calls).await;
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
    assert!(done.into_iter().filter_map(Result::err).all(|e| field(e) == "paymentRef"));
}

#[tokio::test]
async fn a_confirmation_that_dies_and_is_repeated_pays_once() {
    for at in [Moment::Before, Moment::After] {
        let fixture = fixture().await;
        reconciled(&fixture, "e-1", "REC-1", "approved").await.unwrap();
        let dying = process(&fixture.local, Gate::crash_at_write(0, at), 5);
        assert!(confirm(&dying, "t-1", by_no("P-1")).await.is_err());
        assert_eq!(confirm(&fixture.ctx, "t-1", by_no("P-1")).await.unwrap().payment_ref.as_deref(), Some("P-1"));
    }
}

#[tokio::test]
async fn what_is_paid_stays_paid_and_an_id_keeps_its_number() {
    let fixture = fixture().await;
    reconciled(&fixture, "e-1", "REC-1", "approved").await.unwrap();
    assert_eq!(field(reconciled(&fixture, "e-2", "REC-2", "approved").await.unwrap_err()), "reconciliationId");
    reconciled(&fixture, "e-3", "REC-1", "pending_payment").await.unwrap();
    confirm(&fixture.ctx, "t-1", by_no("P-1")).await.unwrap();
    assert_eq!(field(reconciled(&fixture, "e-4", "REC-1", "approved").await.unwrap_err()), "status");
    // The production system's own word that it is paid changes nothing of the payment.
    reconciled(&fixture, "e-5", "REC-1", "paid").await.unwrap();
    let paid = reconciliations::get(&fixture.ctx, &TenantId::new("t-1"), "REC-1").await.unwrap();
    assert_eq!(paid.payment_ref.as_deref(), Some("P-1"));
}
