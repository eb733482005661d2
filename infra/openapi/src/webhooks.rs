//! What is pushed to customers' systems.

use crate::shapes::{TIME, word};
use crate::types::Types;
use serde_json::{Map, Value, json};
use tenon_model::EventKind;
use tenon_model::openapi::{LogisticsUpdateData, OrderStatusData, QualityResultData, ReconciliationCreatedData};

/// The `webhooks` of the document.
pub fn webhooks(types: &mut Types) -> Value {
    let mut all = Map::new();
    for kind in EventKind::ALL {
        let (summary, data, example) = match kind {
            // Asked for by name, and described beside the endpoints it tells of (docs/WEBHOOKS.md).
            EventKind::EndpointDisabled | EventKind::AppExpiring | EventKind::QuotaReached => continue,
            EventKind::OrderStatus => ("生产订单状态变化", types.response::<OrderStatusData>(), order_status()),
            EventKind::QualityResult => ("入库质检完成", types.response::<QualityResultData>(), quality_result()),
            EventKind::LogisticsUpdate => ("成品出库", types.response::<LogisticsUpdateData>(), logistics_update()),
            EventKind::ReconciliationCreated => {
                ("对账单审批通过", types.response::<ReconciliationCreatedData>(), reconciliation_created())
            }
        };
        all.insert(kind.code().to_owned(), json!({ "post": push(kind, summary, &data, &example) }));
    }
    Value::Object(all)
}

fn push(kind: EventKind, summary: &str, data: &Value, example: &Value) -> Value {
    let schema = json!({
        "type": "object",
        "required": ["event", "timestamp", "data"],
        "properties": {
            "event": word(&[kind.code()]),
            "timestamp": { "type": "string", "pattern": TIME, "description": "When it was learned of, local time of Asia/Shanghai." },
            "data": data,
        },
    });
    let example = json!({ "event": kind.code(), "timestamp": "2026-02-11T14:30:00", "data": example });
    json!({
        "operationId": format!("on{}", kind.path().split('-').map(capital).collect::<String>()),
        "summary": summary,
        "description": format!(
            "Pushed to `callbackUrl` of the apps of module `{}`. Verify it over the bytes as received, answer 2xx within \
             15 s, work afterwards; remember `webhook-id`, since a push may come more than once. Anything but 2xx is \
             tried again; 410 switches pushing off.",
            kind.module().map(|module| module.to_string()).unwrap_or_default()
        ),
        "parameters": headers(kind),
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema, "example": example } } },
        "responses": {
            "2XX": { "description": "Arrived." },
            "410": { "description": "Nothing is wanted any more: pushing is switched off." },
            "default": { "description": "Not arrived: tried again, not before `Retry-After`." },
        },
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn headers(kind: EventKind) -> Vec<Value> {
    let header = |name: &str, required: bool, schema: Value, description: &str| json!({ "name": name, "in": "header", "required": required, "schema": schema, "description": description });
    let seconds = || json!({ "type": "string", "pattern": "^[0-9]{10,}$" });
    let hex = || json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    vec![
        header("X-Webhook-Event", true, word(&[kind.code(), "TEST"]), "The event once more; `TEST` for a test."),
        header("X-Webhook-Timestamp", true, seconds(), "Unix seconds of this attempt."),
        header(
            "X-Webhook-Signature",
            true,
            hex(),
            "HMAC-SHA256 under the callback secret's text over timestamp + body.",
        ),
        header(
            "X-Webhook-Signature-New",
            false,
            hex(),
            "The same under the newest secret, while an older one counts too.",
        ),
        header(
            "X-Webhook-Signature-All",
            false,
            json!({ "type": "string", "pattern": "^[0-9a-f]{64}( [0-9a-f]{64})+$" }),
            "The same under every secret that counts, the newest first, separated by spaces; while there are several.",
        ),
        header(
            "webhook-id",
            true,
            json!({ "type": "string", "pattern": "^msg_" }),
            "The delivery; the same in every attempt.",
        ),
        header("webhook-timestamp", true, seconds(), "As X-Webhook-Timestamp."),
        header(
            "webhook-signature",
            true,
            json!({ "type": "string", "pattern": "^v1,[A-Za-z0-9+/=]{44}( v1,[A-Za-z0-9+/=]{44})*$" }),
            "Signatures as Standard Webhooks defines them, separated by spaces.",
        ),
    ]
}

fn order_status() -> Value {
    json!({
        "orderNo": "PO202602110001", "externalOrderNo": "ERP-20260211-001", "status": "completed",
        "oldStatus": "production", "newStatus": "completed", "message": "生产订单已完成",
        "changedAt": "2026-02-11T14:30:00", "completedQuantity": 500, "orderQuantity": 500,
    })
}

fn quality_result() -> Value {
    json!({
        "orderNo": "PO202602110001", "processName": "入库质检", "qualifiedQuantity": 490, "unqualifiedQuantity": 10,
        "defectRate": 2.0, "result": "unqualified", "inspectedAt": "2026-02-11T14:30:00",
    })
}

fn logistics_update() -> Value {
    json!({
        "orderNo": "PO202602110001", "outstockNo": "CK20260211001", "quantity": 500, "warehouse": "成品仓",
        "shippedAt": "2026-02-11T14:30:00", "styleNo": "FZ2024001", "logisticsCompany": "顺丰", "trackingNo": "SF1234567890",
    })
}

fn reconciliation_created() -> Value {
    json!({
        "orderNo": "PO202602110001", "reconciliationId": 1001, "reconciliationNo": "DZ20260211001", "totalAmount": 49950.5,
        "status": "approved", "createdAt": "2026-02-11T14:30:00", "confirmUrl": "/openapi/v1/payment/confirm",
    })
}
