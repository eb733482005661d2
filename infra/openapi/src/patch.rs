//! What the types do not say of themselves but their validators enforce, in `shared/trade` and where
//! amounts and identifiers are read.

use crate::shapes::{DATE, LINE, LINES, TENANT, TEXT, TIME, TIME_IN, nullable, text, yuan, yuan_in};
use serde_json::{Map, Value, json};

/// Adds the rules to the schemas of the types.
///
/// # Errors
/// A rule for a type or field that is not there.
pub fn apply(schemas: &mut Map<String, Value>) -> Result<(), String> {
    schemas.insert("Yuan".to_owned(), yuan());
    for (name, field, rules) in rules() {
        let schema = schemas.get_mut(name).ok_or_else(|| format!("there is no type {name} to give rules to"))?;
        let found = schema.get_mut("properties").and_then(|p| p.get_mut(field));
        let found = found.ok_or_else(|| format!("{name} has no field {field} to give rules to"))?;
        merge(found, rules);
    }
    for name in ["ConfirmPayment", "ReconciliationCreatedEvent"] {
        let given =
            |field: &str| json!({ "required": [field], "properties": { field: { "not": { "type": "null" } } } });
        if let Some(schema) = schemas.get_mut(name).and_then(Value::as_object_mut) {
            schema.insert("anyOf".to_owned(), json!([given("reconciliationId"), given("reconciliationNo")]));
        }
    }
    Ok(())
}

/// Adds keys to a field's schema; one that brings a type of its own replaces what was there but the
/// description.
fn merge(field: &mut Value, rules: Value) {
    let (Some(field), Value::Object(rules)) = (field.as_object_mut(), rules) else { return };
    if rules.contains_key("type") || rules.contains_key("anyOf") {
        field.retain(|key, _| key == "description" || key == "default");
    }
    field.extend(rules);
}

fn rules() -> Vec<(&'static str, &'static str, Value)> {
    let mut all = orders();
    all.extend(payments());
    all.extend(events());
    all.extend(answers());
    all
}

fn id() -> Value {
    json!({ "minLength": 1, "maxLength": 100, "pattern": TEXT })
}

fn short(most: u32) -> Value {
    json!({ "maxLength": most, "pattern": LINE })
}

fn within(least: i64, most: i64) -> Value {
    json!({ "minimum": least, "maximum": most })
}

fn date() -> Value {
    json!({ "pattern": DATE, "format": "date" })
}

fn number_or_text() -> Value {
    nullable(json!({ "anyOf": [{ "type": "integer", "format": "int64" }, text(100)] }))
}

fn orders() -> Vec<(&'static str, &'static str, Value)> {
    let words = || json!({ "maxItems": 100, "items": text(50) });
    vec![
        ("CreateOrder", "externalOrderNo", id()),
        ("CreateOrder", "styleNo", id()),
        ("CreateOrder", "styleName", short(200)),
        ("CreateOrder", "quantity", within(1, 1_000_000)),
        ("CreateOrder", "colors", words()),
        ("CreateOrder", "sizes", words()),
        ("CreateOrder", "requiredDate", date()),
        ("CreateOrder", "factoryId", number_or_text()),
        ("CreateOrder", "remark", json!({ "maxLength": 1000, "pattern": LINES })),
        ("CreateOrder", "company", short(200)),
        ("CreateOrder", "factoryName", short(200)),
        ("CreateOrder", "unitPrice", yuan_in("zero", true)),
        ("ListOrders", "page", within(1, 10_000)),
        ("ListOrders", "size", within(1, 100)),
        ("ListOrders", "cursor", json!({ "minLength": 1, "maxLength": 200, "pattern": "#" })),
    ]
}

fn payments() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("ConfirmPayment", "reconciliationId", number_or_text()),
        ("ConfirmPayment", "reconciliationNo", id()),
        ("ConfirmPayment", "paymentMethod", json!({ "minLength": 1, "maxLength": 50, "pattern": TEXT })),
        ("ConfirmPayment", "paymentRef", id()),
        ("ConfirmPayment", "amount", yuan_in("any", true)),
    ]
}

fn events() -> Vec<(&'static str, &'static str, Value)> {
    let time = || json!({ "pattern": TIME_IN });
    let pieces = || within(0, 10_000_000);
    let mut all = vec![
        ("OrderStatusEvent", "message", json!({ "maxLength": 500, "pattern": LINES })),
        ("OrderStatusEvent", "changedAt", time()),
        ("OrderStatusEvent", "completedQuantity", pieces()),
        ("OrderStatusEvent", "productionProgress", within(0, 100)),
        ("OrderStatusEvent", "materialArrivalRate", within(0, 100)),
        ("OrderStatusEvent", "factoryName", short(200)),
        ("OrderStatusEvent", "orderNo", id()),
        ("QualityResultEvent", "orderNo", id()),
        ("QualityResultEvent", "processName", json!({ "minLength": 1, "maxLength": 100, "pattern": TEXT })),
        ("QualityResultEvent", "qualifiedQuantity", pieces()),
        ("QualityResultEvent", "unqualifiedQuantity", pieces()),
        ("QualityResultEvent", "result", short(50)),
        ("QualityResultEvent", "inspectedAt", time()),
        ("LogisticsUpdateEvent", "orderNo", id()),
        ("LogisticsUpdateEvent", "outstockNo", id()),
        ("LogisticsUpdateEvent", "quantity", within(1, 10_000_000)),
        ("LogisticsUpdateEvent", "warehouse", short(100)),
        ("LogisticsUpdateEvent", "shippedAt", time()),
        ("LogisticsUpdateEvent", "outstockType", short(50)),
        ("LogisticsUpdateEvent", "logisticsCompany", short(100)),
        ("LogisticsUpdateEvent", "trackingNo", short(100)),
        ("ReconciliationCreatedEvent", "reconciliationId", number_or_text()),
        ("ReconciliationCreatedEvent", "reconciliationNo", id()),
        ("ReconciliationCreatedEvent", "orderNo", id()),
        ("ReconciliationCreatedEvent", "totalAmount", yuan_in("positive", false)),
        ("ReconciliationCreatedEvent", "createdAt", time()),
    ];
    for name in ["plannedStartDate", "plannedEndDate", "actualStartDate", "actualEndDate", "expectedShipDate"] {
        all.push(("OrderStatusEvent", name, date()));
    }
    for name in ["OrderStatusEvent", "QualityResultEvent", "LogisticsUpdateEvent", "ReconciliationCreatedEvent"] {
        all.push((name, "eventId", json!({ "minLength": 1, "maxLength": 100, "pattern": "^[!-~]([ -~]*[!-~])?$" })));
        all.push((name, "tenantId", json!({ "pattern": TENANT, "not": { "const": "default" } })));
    }
    all
}

fn answers() -> Vec<(&'static str, &'static str, Value)> {
    let time = || json!({ "pattern": TIME });
    [
        ("CreatedOrder", "createdAt"),
        ("OrderStatus", "createdAt"),
        ("OrderStatus", "updatedAt"),
        ("QualityReport", "reportTime"),
        ("QualityItem", "scanTime"),
        ("Shipment", "createTime"),
        ("PaymentStatus", "createTime"),
        ("PaymentStatus", "paidAt"),
        ("OrderStatusData", "changedAt"),
        ("QualityResultData", "inspectedAt"),
        ("LogisticsUpdateData", "shippedAt"),
        ("ReconciliationCreatedData", "createdAt"),
    ]
    .into_iter()
    .map(|(name, field)| (name, field, time()))
    .chain([("CreatedOrder", "orderNo", json!({ "pattern": "^PO[0-9]{12,}$" }))])
    .collect()
}
