//! Barcode applications: `/barcode/{connection}/…`.

use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{about, in_path, line, list, named, nullable, string, text};
use crate::types::Types;
use serde_json::{Value, json};

/// Statements are as long as a request.
const MAX_LENGTH: u32 = 1_048_576;

pub fn describe(_: &mut Types) -> Area {
    let mut operations = vec![save(), query(), print()];
    for (path, summary, data, example) in [
        (
            "/barcode/{connection}/methods",
            "方法列表",
            method(),
            json!({ "method": "InventoryGenEntry", "name": "生产收货", "operations": ["A"] }),
        ),
        (
            "/barcode/{connection}/companies",
            "账套列表",
            company(),
            json!({ "CompanyDB": "SBODEMOCN", "CompanyName": "示例公司", "connection": "b1-main" }),
        ),
    ] {
        for verb in ["GET", "POST"] {
            let listed = operation(verb, path, summary, list(data.clone()), json!([example]));
            operations.push(listed.description("The body of a POST is not read."));
        }
    }
    Area {
        tag: "条码应用 Barcode",
        description: "条码应用查询、保存与打印；每个地址对应一个账套。站点可在配置中改变应答的形状，以下为默认形状。",
        operations,
        schemas: vec![("BarcodeSave", document()), ("BarcodeSql", sql()), ("BarcodeRefusal", refusal())],
    }
}

fn operation(verb: &'static str, path: &'static str, summary: &'static str, data: Value, example: Value) -> Operation {
    let done = json!({
        "type": "object",
        "required": ["success", "code", "message", "data"],
        "properties": {
            "success": { "const": true },
            "code": about(string(), "`200`, or the code of the DI API."),
            "message": string(),
            "data": data,
            "repeated": about(json!({ "const": true }), "The request was answered before; nothing was done again."),
            "draft": about(json!({ "const": true }), "An approval procedure of B1's took the document: it is a draft."),
        },
        "example": { "success": true, "code": "200", "message": "OK", "data": example },
    });
    let mut operation = Operation::new(verb, path, summary, Value::Null, Value::Null);
    let answer = json!({ "oneOf": [done, named("BarcodeRefusal")] });
    operation.answer = crate::operation::Answer::Plain("application/json", answer);
    operation.with(in_path("connection", text(64), "账套的连接标识"))
}

fn save() -> Operation {
    let number = json!({ "type": "integer" });
    let numbers = json!({
        "type": "object",
        "properties": {
            "DocEntry": number.clone(),
            "DocNum": nullable(number),
            "issue": { "anyOf": [{ "type": "object", "properties": { "DocEntry": { "type": "integer" }, "DocNum": { "type": "integer" } } }, { "type": "null" }] },
        },
    });
    operation(
        "POST",
        "/barcode/{connection}/save",
        "保存单据",
        numbers,
        json!({ "DocEntry": 31, "DocNum": 31, "issue": null }),
    )
    .description(
        "Posts one document to B1, once: a repeat of the same body, or of the same `requestId` or \
             `Idempotency-Key`, answers as before. B1's refusal is passed on with its code and words. What is not \
             known in time is answered with `barcode.open`; the repeat gets the result.",
    )
    .takes(
        named("BarcodeSave"),
        json!({
            "method": "InventoryGenEntry", "table": "OIGN",
            "data": [{ "BaseEntry": "478", "BaseType": "202", "Quantity": "30", "WarehouseCode": "W05001" }],
            "MainTable": { "DocDate": "20230920" },
        }),
    )
}

fn query() -> Operation {
    let rows = json!({ "type": "object", "required": ["value"], "properties": { "value": list(json!({ "type": "object" })) } });
    operation("POST", "/barcode/{connection}/query", "查询", rows, json!({ "value": [{ "ItemCode": "RM-2001" }] }))
        .description(
            "One SELECT over the tables that are allowed, passed to the DI API as it is written; or a configured \
             query by its name. Anything else is refused with a code that begins with `sql.`.",
        )
        .takes(named("BarcodeSql"), json!({ "sql": "select \"ItemCode\" from OITM where \"ItemCode\"='RM-2001'" }))
}

fn print() -> Operation {
    let rows = json!({ "type": "object", "required": ["value"], "properties": { "value": list(json!({ "type": "object" })) } });
    operation("POST", "/barcode/{connection}/print", "打印取数", rows, json!({ "value": [{ "ItemCode": "RM-2001" }] }))
        .description("As a query, through a query that is stored in the Service Layer.")
        .takes(named("BarcodeSql"), json!({ "sql": "select T0.ItemCode from OITM T0 order by T0.ItemCode" }))
}

fn document() -> Value {
    json!({
        "type": "object",
        "required": ["method", "data"],
        "properties": {
            "method": about(line(64), "One of the methods of `methods`."),
            "operationtype": about(json!({ "const": "A" }), "Documents are added, nothing else."),
            "table": about(line(64), "The object of `UserDataTable`; otherwise not read."),
            "data": about(json!({ "type": "array", "minItems": 1, "items": { "type": "object" } }), "The document's lines; `linetable` of a line holds its batches and bins."),
            "MainTable": about(json!({ "type": "object" }), "The document's header; `Inverted`, `InvertedSql` and `InvertedBathSql` ask for a backflush."),
            "requestId": about(line(255), "The caller's own key of this document."),
        },
    })
}

fn sql() -> Value {
    json!({
        "type": "object",
        "properties": {
            "sql": about(text(MAX_LENGTH), "One SELECT."),
            "name": about(line(64), "A configured query, instead of `sql`."),
            "parameters": about(json!({ "type": "object" }), "Values of the configured query."),
        },
    })
}

fn refusal() -> Value {
    json!({
        "type": "object",
        "required": ["success", "code", "message", "data"],
        "properties": {
            "success": { "const": false },
            "code": about(string(), "B1's or the DI API's code, or one of docs/ERRORS.md."),
            "message": string(),
            "data": about(json!({ "type": ["object", "null"] }), "What was made all the same: the issue of a backflush whose receipt was refused."),
            "requestId": about(string(), "Finds the request in the logs."),
        },
    })
}

fn method() -> Value {
    json!({ "type": "object", "properties": { "method": string(), "name": string(), "operations": list(string()) } })
}

fn company() -> Value {
    json!({ "type": "object", "properties": { "CompanyDB": string(), "CompanyName": string(), "connection": string() } })
}
