//! What one tenant has, another can neither see nor change, whatever it calls.

use crate::common::{app, apply, fixture, listed, order_body, parsed};
use serde_json::{Value, json};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Context;
use tenon_platform::body;
use tenon_trade::{TradeError, logistics, orders, quality, reconciliations};

/// Everything a tenant can try on what is named so.
const TRIES: [&str; 9] = [
    "order",
    "quality",
    "logistics",
    "reconciliation by number",
    "reconciliation by id",
    "confirm by number",
    "confirm by id",
    "order status event",
    "shipment event",
];

async fn attempt(ctx: &Context, tenant: &str, what: &str, order_no: &str) -> Result<Value, TradeError> {
    let t = TenantId::new(tenant);
    let json = |value: Result<Value, serde_json::Error>| Ok(value.unwrap());
    let confirm = async |mut by: Value| {
        by["paymentMethod"] = json!("bank");
        by["paymentRef"] = json!("P-1");
        reconciliations::confirm(ctx, &t, &body::from_value(&by).unwrap()).await
    };
    let event = json!({ "eventId": format!("{tenant} {what}"), "orderNo": order_no });
    match what {
        "order" => json(serde_json::to_value(orders::get(ctx, &t, order_no).await?.status())),
        "quality" => json(serde_json::to_value(quality::report(ctx, &t, order_no).await?)),
        "logistics" => json(serde_json::to_value(logistics::status(ctx, &t, order_no).await?)),
        "reconciliation by number" => json(serde_json::to_value(reconciliations::get(ctx, &t, "REC-1").await?)),
        "reconciliation by id" => json(serde_json::to_value(reconciliations::get(ctx, &t, "77").await?)),
        "confirm by number" => json(serde_json::to_value(confirm(json!({ "reconciliationNo": "REC-1" })).await?)),
        "confirm by id" => json(serde_json::to_value(confirm(json!({ "reconciliationId": 77 })).await?)),
        "order status event" => {
            let mut event = event;
            event["status"] = json!("delayed");
            apply(ctx, tenant, EventKind::OrderStatus, &event).await.map(|a| json!(a.event_id))
        }
        "shipment event" => {
            let mut event = event;
            event["outstockNo"] = json!("OUT-1");
            event["quantity"] = json!(1);
            apply(ctx, tenant, EventKind::LogisticsUpdate, &event).await.map(|a| json!(a.event_id))
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn nothing_of_one_tenant_is_anothers() {
    let fixture = fixture().await;
    let order = orders::create(&fixture.ctx, &app("t-1"), parsed(&order_body())).await.unwrap().order;
    let quality = json!({ "eventId": "q", "orderNo": order.order_no, "qualifiedQuantity": 1 });
    apply(&fixture.ctx, "t-1", EventKind::QualityResult, &quality).await.unwrap();
    let reconciled = json!({ "eventId": "r", "reconciliationId": 77, "reconciliationNo": "REC-1", "totalAmount": 5 });
    apply(&fixture.ctx, "t-1", EventKind::ReconciliationCreated, &reconciled).await.unwrap();
    // Ids that look like parts of the first tenant's keys are tried too.
    for stranger in ["t-2", "t-", "t-1#ORDER", "T-1"] {
        for what in TRIES {
            let done = attempt(&fixture.ctx, stranger, what, &order.order_no).await;
            assert!(matches!(done, Err(TradeError::NotFound(_))), "{stranger}, {what}: {done:?}");
        }
        let page = listed(&fixture.ctx, stranger, json!({})).await;
        assert_eq!((page.total, page.records.len()), (0, 0), "{stranger}");
    }
    for what in TRIES {
        let done = attempt(&fixture.ctx, "t-1", what, &order.order_no).await;
        assert!(done.is_ok(), "{what}: {done:?}");
    }
}

#[tokio::test]
async fn the_same_names_in_two_tenants_are_two_things() {
    let fixture = fixture().await;
    let event = |amount: f64| json!({ "eventId": "r", "reconciliationNo": "REC-1", "totalAmount": amount });
    for (tenant, amount) in [("t-1", 1.0), ("t-2", 2.0)] {
        orders::create(&fixture.ctx, &app(tenant), parsed(&order_body())).await.unwrap();
        let done = apply(&fixture.ctx, tenant, EventKind::ReconciliationCreated, &event(amount)).await.unwrap();
        assert!(!done.repeated, "{tenant}");
    }
    for (tenant, fen) in [("t-1", 100), ("t-2", 200)] {
        let found = reconciliations::get(&fixture.ctx, &TenantId::new(tenant), "REC-1").await.unwrap();
        assert_eq!(found.total_amount.fen(), fen);
        assert_eq!(listed(&fixture.ctx, tenant, json!({})).await.total, 1);
    }
}
