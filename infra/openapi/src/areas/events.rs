//! What the production system hands in: `/admin/v1/events/…`.

use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{TENANT, body, nullable};
use crate::types::Types;
use serde_json::{Value, json};
use tenon_model::openapi::{
    BulkTaken, EventTaken, LogisticsUpdateEvent, OrderStatusEvent, QualityResultEvent, ReconciliationCreatedEvent,
};

const REFUSED: [u16; 6] = [400, 401, 403, 404, 409, 500];
const ONE: &str = "One event. `eventId` is unique within the tenant: a repeat with the same content changes nothing, one \
    with other content is refused. `tenantId` may be left out by a caller that is bound to one tenant.";
const SEVERAL: &str = "1 to 200 events; those of one order are taken in order. Each succeeds or fails alone. An event that failed with 500 may \
    be handed in again.";

pub fn describe(types: &mut Types) -> Area {
    let operations = [
        one(types.request::<OrderStatusEvent>(), "order-status", "订单状态变化", order_status()),
        one(types.request::<QualityResultEvent>(), "quality-result", "质检结果", quality_result()),
        one(types.request::<LogisticsUpdateEvent>(), "logistics-update", "成品出库", logistics_update()),
        one(types.request::<ReconciliationCreatedEvent>(), "reconciliation-created", "对账单审批", reconciliation()),
    ];
    Area {
        tag: "生产系统事件 Events",
        description: "生产系统交入业务事件，由此更新订单并推送给客户。",
        operations: operations.into_iter().flat_map(|event| event.routes(types)).collect(),
        schemas: Vec::new(),
    }
}

struct Event {
    schema: Value,
    path: &'static str,
    bulk: &'static str,
    summary: &'static str,
    several: &'static str,
    example: Value,
}

fn one(schema: Value, name: &str, summary: &'static str, example: Value) -> Event {
    let (path, bulk, several) = match name {
        "order-status" => {
            ("/admin/v1/events/order-status", "/admin/v1/events/order-status/bulk", "订单状态变化（批量）")
        }
        "quality-result" => {
            ("/admin/v1/events/quality-result", "/admin/v1/events/quality-result/bulk", "质检结果（批量）")
        }
        "logistics-update" => {
            ("/admin/v1/events/logistics-update", "/admin/v1/events/logistics-update/bulk", "成品出库（批量）")
        }
        _ => (
            "/admin/v1/events/reconciliation-created",
            "/admin/v1/events/reconciliation-created/bulk",
            "对账单审批（批量）",
        ),
    };
    Event { schema, path, bulk, summary, several, example }
}

impl Event {
    fn routes(self, types: &mut Types) -> Vec<Operation> {
        let tenant = nullable(json!({ "type": "string", "pattern": TENANT, "not": { "const": "default" } }));
        let events = json!({ "type": "array", "minItems": 1, "maxItems": 200, "items": self.schema });
        let several = body(&["events"], json!({ "tenantId": tenant, "events": events }));
        let taken = json!({ "eventId": "evt-20260211-1", "repeated": false });
        let all = json!({
            "total": 1, "successCount": 1, "failedCount": 0, "message": "成功1条，失败0条", "failedRecords": [],
            "successRecords": [{ "index": 1, "eventId": "evt-20260211-1", "repeated": false }],
        });
        vec![
            Operation::new("POST", self.path, self.summary, types.response::<EventTaken>(), taken)
                .description(ONE)
                .takes(self.schema, self.example.clone())
                .refuses(&REFUSED),
            Operation::new("POST", self.bulk, self.several, types.response::<BulkTaken>(), all)
                .description(SEVERAL)
                .takes(several, json!({ "tenantId": "t-1", "events": [self.example] }))
                .refuses(&REFUSED),
        ]
    }
}

fn order_status() -> Value {
    json!({
        "eventId": "evt-20260211-1", "tenantId": "t-1", "orderNo": "PO202602110001", "status": "completed",
        "changedAt": "2026-02-11T14:30:00", "completedQuantity": 500,
    })
}

fn quality_result() -> Value {
    json!({
        "eventId": "evt-20260211-2", "tenantId": "t-1", "orderNo": "PO202602110001", "qualifiedQuantity": 490,
        "unqualifiedQuantity": 10, "inspectedAt": "2026-02-11T14:20:00",
    })
}

fn logistics_update() -> Value {
    json!({
        "eventId": "evt-20260211-3", "tenantId": "t-1", "orderNo": "PO202602110001", "outstockNo": "CK20260211001",
        "quantity": 500, "logisticsCompany": "顺丰", "trackingNo": "SF1234567890",
    })
}

fn reconciliation() -> Value {
    json!({
        "eventId": "evt-20260211-4", "tenantId": "t-1", "reconciliationId": 1001, "reconciliationNo": "DZ20260211001",
        "orderNo": "PO202602110001", "totalAmount": 49950.5, "status": "approved",
    })
}
