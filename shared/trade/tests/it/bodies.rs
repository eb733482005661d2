//! A body that is wrong is refused by the name of the field, and leaves nothing behind.

use crate::common::{app, apply, field, fixture, listed, order, order_body, queued};
use serde_json::{Value, json};
use tenon_model::EventKind;
use tenon_model::openapi::CreateOrder;
use tenon_platform::body;
use tenon_trade::{TradeError, orders};

async fn create(ctx: &tenon_platform::Context, body: &Value) -> Result<(), TradeError> {
    let wanted: CreateOrder = body::from_value(body)?;
    orders::create(ctx, &app("t-1"), wanted).await.map(drop)
}

#[tokio::test]
async fn orders_that_are_wrong_name_the_field() {
    let fixture = fixture().await;
    let long = |n: usize| json!("x".repeat(n));
    let cases = [
        ("styleNo", Value::Null),
        ("styleNo", json!("")),
        ("styleNo", json!("  ")),
        ("styleNo", json!(7)),
        ("styleNo", long(101)),
        ("styleNo", json!("a\u{0}b")),
        ("styleName", long(201)),
        ("styleName", json!(["x"])),
        ("quantity", Value::Null),
        ("quantity", json!(0)),
        ("quantity", json!(-1)),
        ("quantity", json!(1_000_001)),
        ("quantity", json!(1.5)),
        ("quantity", json!("500")),
        ("quantity", json!(18_446_744_073_709_551_615_u64)),
        ("externalOrderNo", json!(" ")),
        ("externalOrderNo", long(101)),
        ("externalOrderNo", json!({})),
        ("colors", json!("红")),
        ("colors[1]", json!(["红", 2])),
        ("colors[1]", json!(["红", ""])),
        ("colors[0]", json!(["x".repeat(51)])),
        ("colors", json!(vec!["x"; 101])),
        ("sizes[0]", json!([null])),
        ("requiredDate", json!("2026-02-30")),
        ("requiredDate", json!("2026-3-15")),
        ("requiredDate", json!("15.03.2026")),
        ("requiredDate", json!("2026-03-15T00:00:00")),
        ("factoryId", json!(1.5)),
        ("factoryId", json!(" ")),
        ("remark", long(1_001)),
        ("company", long(201)),
        ("unitPrice", json!(-1)),
        ("unitPrice", json!(1.999)),
        ("unitPrice", json!("much")),
        ("tenantId", json!("t-2")),
        ("createdByName", json!("me")),
    ];
    for (wrong, value) in &cases {
        let mut body = order_body();
        let key = wrong.split('[').next().unwrap();
        body[key] = value.clone();
        let error = create(&fixture.ctx, &body).await.unwrap_err();
        let shown = format!("{error:?}");
        assert_eq!(&field(error), wrong, "{value}: {shown}");
        assert!(!shown.contains("expected") && !shown.contains("invalid"), "{shown} is not in the caller's language");
    }
    for missing in ["styleNo", "quantity"] {
        let mut body = order_body();
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(field(create(&fixture.ctx, &body).await.unwrap_err()), missing);
    }
    assert_eq!(listed(&fixture.ctx, "t-1", json!({})).await.total, 0);
}

#[tokio::test]
async fn what_older_systems_send_is_taken() {
    let fixture = fixture().await;
    let mut body = order_body();
    for (name, value) in [
        ("expectedShipDate", json!("soon")),
        ("company", json!("客户")),
        ("unitPrice", json!(12.5)),
        ("factoryName", json!("一厂")),
        ("factoryId", json!("F-1")),
        ("colors", json!(null)),
        ("remark", json!("第一行\n第二行")),
    ] {
        body[name] = value;
    }
    create(&fixture.ctx, &body).await.unwrap();
    let record = &listed(&fixture.ctx, "t-1", json!({})).await.records[0];
    assert_eq!((record.expected_ship_date.as_deref(), record.factory_name.as_deref()), (None, Some("一厂")));
}

#[tokio::test]
async fn what_may_be_left_out_may_be_empty() {
    let fixture = fixture().await;
    // Forms and spreadsheets leave fields out so.
    let optional =
        ["externalOrderNo", "styleName", "colors", "requiredDate", "factoryId", "remark", "company", "unitPrice"];
    let mut empty = order_body();
    optional.iter().for_each(|name| empty[*name] = json!(""));
    create(&fixture.ctx, &empty).await.unwrap();
}

#[test]
fn a_text_that_is_no_json_is_refused_whole() {
    for text in ["{", "[]", "{\"styleNo\":\"a\",\"quantity\":1} x", "\u{feff}{}", "null", "{\"styleNo\":\"\\ud800\"}"] {
        assert!(body::read::<CreateOrder>(text.as_bytes()).is_err(), "{text}");
    }
    assert!(body::read::<CreateOrder>(&[0xff, 0xfe]).is_err());
    let twice = br#"{"styleNo":"a","styleNo":"b","quantity":1}"#;
    assert_eq!(body::read::<CreateOrder>(twice).unwrap_err().field, "styleNo");
    let deep = "[".repeat(100_000);
    assert!(body::read::<Value>(deep.as_bytes()).is_err());
}

#[tokio::test]
async fn events_that_are_wrong_name_the_field() {
    use EventKind::{LogisticsUpdate, OrderStatus, QualityResult, ReconciliationCreated};
    let fixture = fixture().await;
    let order_no = order(&fixture.ctx, "t-1").await.order_no;
    let sound = |kind: EventKind| match kind {
        OrderStatus => json!({ "eventId": "e", "orderNo": order_no, "status": "production" }),
        QualityResult => json!({ "eventId": "e", "orderNo": order_no, "qualifiedQuantity": 1 }),
        LogisticsUpdate => json!({ "eventId": "e", "orderNo": order_no, "outstockNo": "O-1", "quantity": 1 }),
        ReconciliationCreated => json!({ "eventId": "e", "reconciliationNo": "R-1", "totalAmount": 1.5 }),
        EventKind::EndpointDisabled | EventKind::AppExpiring | EventKind::QuotaReached => {
            panic!("nobody hands this in")
        }
    };
    let cases = [
        (OrderStatus, "eventId", json!("")),
        (OrderStatus, "eventId", json!("汉字")),
        (OrderStatus, "eventId", json!("x".repeat(101))),
        (OrderStatus, "eventId", json!(7)),
        (OrderStatus, "orderNo", json!("")),
        (OrderStatus, "status", json!("done")),
        (OrderStatus, "status", Value::Null),
        (OrderStatus, "newStatus", json!("completed")),
        (OrderStatus, "completedQuantity", json!(-1)),
        (OrderStatus, "productionProgress", json!(101)),
        (OrderStatus, "materialArrivalRate", json!(-1)),
        (OrderStatus, "changedAt", json!("2026-02-11")),
        (OrderStatus, "plannedStartDate", json!("2026-02-30")),
        (OrderStatus, "message", json!("x".repeat(501))),
        (OrderStatus, "surprise", json!(1)),
        (QualityResult, "qualifiedQuantity", json!(-1)),
        (QualityResult, "qualifiedQuantity", json!(0)),
        (QualityResult, "qualifiedQuantity", Value::Null),
        (QualityResult, "unqualifiedQuantity", json!(10_000_001)),
        (QualityResult, "processName", json!(" ")),
        (QualityResult, "inspectedAt", json!("noon")),
        (LogisticsUpdate, "outstockNo", json!("")),
        (LogisticsUpdate, "quantity", json!(0)),
        (LogisticsUpdate, "warehouse", json!("x".repeat(101))),
        (LogisticsUpdate, "shippedAt", json!(1_770_791_400)),
        (ReconciliationCreated, "reconciliationNo", Value::Null),
        (ReconciliationCreated, "reconciliationId", json!(" ")),
        (ReconciliationCreated, "totalAmount", json!(0)),
        (ReconciliationCreated, "totalAmount", json!(1.001)),
        (ReconciliationCreated, "status", json!("open")),
        (ReconciliationCreated, "orderNo", json!(" ")),
    ];
    for (kind, wrong, value) in cases {
        let mut body = sound(kind);
        body[wrong] = value.clone();
        let error = apply(&fixture.ctx, "t-1", kind, &body).await.unwrap_err();
        assert_eq!(field(error), wrong, "{kind} {value}");
    }
    assert_eq!(queued(&fixture.local).await, Vec::<String>::new());
    for kind in EventKind::ALL {
        let mut body = sound(kind);
        body["eventId"] = json!(kind.code());
        apply(&fixture.ctx, "t-1", kind, &body).await.unwrap();
    }
}
