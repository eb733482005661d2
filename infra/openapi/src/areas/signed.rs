//! The signed API: `/openapi/v1/…`.

use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{about, answer, boolean, in_path, integer, named, nullable, set, string, text, word};
use crate::types::Types;
use serde_json::{Map, Value, json};
use tenon_model::openapi::{
    ConfirmPayment, CreateOrder, CreatedOrder, ListOrders, LogisticsStatus, OrderPage, OrderStatus, PaymentStatus,
    QualityReport,
};

/// What a signed route refuses.
const SIGNED: [u16; 6] = [400, 401, 403, 409, 429, 500];
const SIGNED_OR_MISSING: [u16; 7] = [400, 401, 403, 404, 409, 429, 500];

pub fn describe(types: &mut Types) -> Area {
    let mut operations = orders(types);
    operations.extend(others(types));
    operations.push(pull());
    Area {
        tag: "签名接口 Signed API",
        description: "客户系统调用，每个请求都要签名。",
        operations,
        schemas: vec![("PullForward", forward()), ("PullAnswer", pull_answer())],
    }
}

fn order_no() -> Value {
    in_path("orderNo", text(100), "系统订单号，如 `PO202602110001`")
}

fn orders(types: &mut Types) -> Vec<Operation> {
    let (create, created) = (types.request::<CreateOrder>(), types.response::<CreatedOrder>());
    vec![
        Operation::new("POST", "/openapi/v1/orders/create", "创建生产订单", created, created_example())
            .description(
                "Creates an order. A repeat with the same `externalOrderNo` and the same content answers the first \
                 order, with `repeated: true`; with other content it is refused with 400. Without `externalOrderNo` \
                 every call makes an order.",
            )
            .takes(create, order_example())
            .refuses(&SIGNED),
        Operation::new(
            "POST",
            "/openapi/v1/orders/list",
            "查询订单列表",
            types.response::<OrderPage>(),
            json!({ "total": 1, "page": 1, "size": 20, "records": [status_example()], "nextCursor": null }),
        )
        .description(
            "The orders that the calling app created, newest first; with `scope: tenant` those of every app of the \
             tenant. `page` times `size` is at most 10,000; `nextCursor` of a page goes into `cursor` for the one \
             after it, however many there are.",
        )
        .takes(types.request::<ListOrders>(), json!({ "page": 1, "size": 20, "status": "pending" }))
        .refuses(&SIGNED),
        Operation::new(
            "GET",
            "/openapi/v1/orders/{orderNo}",
            "查询订单状态",
            types.response::<OrderStatus>(),
            status_example(),
        )
        .description("Where an order is: state, pieces finished, dates.")
        .with(order_no())
        .refuses(&SIGNED_OR_MISSING),
    ]
}

fn others(types: &mut Types) -> Vec<Operation> {
    vec![
        Operation::new(
            "GET",
            "/openapi/v1/quality/{orderNo}",
            "查询质检报告",
            types.response::<QualityReport>(),
            json!({
                "orderNo": "PO202602110001", "totalRecords": 1, "reportTime": "2026-02-11T14:30:00",
                "processSummary": { "入库质检": 500 }, "qualifiedQuantity": 490, "unqualifiedQuantity": 10, "defectRate": 2.0,
                "records": [{
                    "id": "qc-1", "orderNo": "PO202602110001", "processName": "入库质检", "quantity": 500,
                    "qualifiedQuantity": 490, "unqualifiedQuantity": 10, "defectRate": 2.0, "result": "unqualified",
                    "scanTime": "2026-02-11T14:20:00",
                }],
            }),
        )
        .description("Inspections of an order: sums over all, and the newest 200 one by one.")
        .with(order_no())
        .refuses(&SIGNED_OR_MISSING),
        Operation::new(
            "GET",
            "/openapi/v1/logistics/{orderNo}",
            "查询物流信息",
            types.response::<LogisticsStatus>(),
            json!({
                "orderNo": "PO202602110001", "totalShipments": 1,
                "shipments": [{
                    "outstockNo": "CK20260211001", "quantity": 500, "outstockType": "sale", "warehouse": "成品仓",
                    "logisticsCompany": "顺丰", "trackingNo": "SF1234567890", "createTime": "2026-02-11T14:30:00",
                }],
            }),
        )
        .description("Shipments of an order, the newest 200.")
        .with(order_no())
        .refuses(&SIGNED_OR_MISSING),
        Operation::new(
            "GET",
            "/openapi/v1/payment/{reconciliationNo}",
            "查询对账信息",
            types.response::<PaymentStatus>(),
            payment_example("approved"),
        )
        .description("A reconciliation and its payment, by number or id.")
        .with(in_path("reconciliationNo", text(100), "对账单号"))
        .refuses(&SIGNED_OR_MISSING),
        Operation::new(
            "POST",
            "/openapi/v1/payment/confirm",
            "确认付款",
            types.response::<PaymentStatus>(),
            payment_example("paid"),
        )
        .description(
            "Marks a reconciliation paid; possible from `approved` and `pending_payment`. A repeat with the same \
             `paymentRef` answers the same; with another one it is refused with 400.",
        )
        .takes(
            types.request::<ConfirmPayment>(),
            json!({ "reconciliationId": 1001, "paymentMethod": "bank_transfer", "paymentRef": "PAY-20260211-01" }),
        )
        .refuses(&SIGNED_OR_MISSING),
    ]
}

fn pull() -> Operation {
    let data = json!({ "anyOf": [named("PullAnswer"), named("CreatedOrder")] });
    let body = json!({ "anyOf": [named("PullForward"), named("PullImport")] });
    Operation::new(
        "POST",
        "/openapi/v1/pull/pattern-order",
        "拉取纸样、制单，或导入订单",
        data,
        json!({
            "action": "list_patterns", "source": "https://customer-erp.com/api", "httpStatus": 200, "success": true,
            "data": [{ "patternId": "P001", "styleName": "春季衬衫", "status": "ready" }],
        }),
    )
    .description(
        "`list_patterns`, `list_orders`, `get_pattern` and `get_order` post `params` to `{externalApiUrl}/{action}` of \
         the customer's own system, with `X-Source: fashion-supplychain` and `X-App-Key`, and hand its answer on; that \
         it fails is told by `success: false`, not by the status. `import_order` creates an order as orders/create does.",
    )
    .takes(body, json!({ "action": "list_patterns", "params": { "status": "ready", "page": 1, "size": 20 } }))
    .refuses(&SIGNED)
}

fn forward() -> Value {
    let params = about(nullable(json!({ "type": "object" })), "Sent on as the body, unchanged in content.");
    json!({
        "type": "object",
        "required": ["action"],
        "properties": {
            "action": word(&["list_patterns", "list_orders", "get_pattern", "get_order"]),
            "params": params,
        },
    })
}

fn pull_answer() -> Value {
    let mut schema = answer(json!({ "action": string(), "source": string(), "success": boolean() }));
    if let Some(fields) = schema.get_mut("properties") {
        set(
            fields,
            "httpStatus",
            about(integer(100, 999), "What the customer's system answered; absent without an answer."),
        );
        set(fields, "data", json!({ "description": "Its JSON." }));
        set(fields, "error", about(string(), "What went wrong."));
    }
    schema
}

/// The body that imports an order: that of orders/create with its action.
///
/// # Errors
/// When there is no such body.
pub fn import(schemas: &Map<String, Value>) -> Result<Value, String> {
    let mut schema = schemas.get("CreateOrder").cloned().ok_or("there is no CreateOrder")?;
    let fields = schema.get_mut("properties").ok_or("CreateOrder has no fields")?;
    set(fields, "action", json!({ "const": "import_order" }));
    set(&mut schema, "description", json!("An order to be created, with the fields of orders/create."));
    schema.get_mut("required").and_then(Value::as_array_mut).ok_or("CreateOrder needs no field")?.push(json!("action"));
    Ok(schema)
}

fn order_example() -> Value {
    json!({
        "externalOrderNo": "ERP-20260211-001", "styleNo": "FZ2024001", "styleName": "春季衬衫A款", "quantity": 500,
        "colors": ["红", "蓝", "白"], "sizes": ["S", "M", "L", "XL"], "requiredDate": "2026-03-15", "factoryId": 1,
        "remark": "客户ERP自动推送",
    })
}

fn created_example() -> Value {
    json!({
        "status": "created", "message": "订单创建成功", "orderNo": "PO202602110001", "orderId": "ord-019c4b7e3a00",
        "externalOrderNo": "ERP-20260211-001", "styleNo": "FZ2024001", "styleName": "春季衬衫A款", "company": null,
        "quantity": 500, "orderStatus": "pending", "createdAt": "2026-02-11T14:30:00",
        "viewUrl": "/openapi/v1/orders/PO202602110001", "repeated": false,
    })
}

fn status_example() -> Value {
    json!({
        "orderNo": "PO202602110001", "externalOrderNo": "ERP-20260211-001", "styleNo": "FZ2024001",
        "styleName": "春季衬衫A款", "status": "pending", "orderQuantity": 500, "completedQuantity": 0,
        "productionProgress": 0, "materialArrivalRate": null, "colors": ["红", "蓝", "白"], "sizes": ["S", "M", "L", "XL"],
        "factoryId": 1, "factoryName": null, "requiredDate": "2026-03-15", "plannedStartDate": null,
        "plannedEndDate": null, "actualStartDate": null, "actualEndDate": null, "expectedShipDate": null,
        "remark": "客户ERP自动推送", "createdByName": "OpenAPI-下单对接", "createdAt": "2026-02-11T14:30:00",
        "updatedAt": "2026-02-11T14:30:00",
    })
}

fn payment_example(status: &str) -> Value {
    let paid = status == "paid";
    json!({
        "reconciliationId": 1001, "reconciliationNo": "DZ20260211001", "orderNo": "PO202602110001",
        "totalAmount": 49950.5, "status": status, "createTime": "2026-02-11T14:30:00",
        "paidAt": paid.then_some("2026-02-12T09:00:00"), "paymentMethod": paid.then_some("bank_transfer"),
        "paymentRef": paid.then_some("PAY-20260211-01"),
    })
}
