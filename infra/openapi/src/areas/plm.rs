//! PLM systems: `/plm/{connection}/…`.

use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::shapes::{about, in_path, list, named, string, text, word};
use crate::types::Types;
use serde_json::{Value, json};
use tenon_model::plm::PlmAction;

/// Records in one push, at most.
const MAX_RECORDS: u32 = 500;

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "PLM 推送 PLM",
        description: "PLM 审批通过后推送物料、BOM 与工艺路线；每个地址对应一个账套。PLM 按应答的 `code` 与 `message` 判断成败：\
            全部记录成功时为 200，否则为其他值；HTTP 状态始终为 200，认证失败为 401。",
        operations: vec![items(), boms(), routings()],
        schemas: vec![
            ("PlmItem", item()),
            ("PlmBom", bom()),
            ("PlmRouting", routing()),
            ("PlmAnswer", answer()),
            ("PlmEntry", entry()),
        ],
    }
}

fn push(path: &'static str, summary: &'static str, record: &str, example: Value) -> Operation {
    let one = named(record);
    let many = json!({ "type": "array", "minItems": 1, "maxItems": MAX_RECORDS, "items": one.clone() });
    let mut operation = Operation::new("POST", path, summary, Value::Null, Value::Null);
    operation.answer = Answer::Plain("application/json", named("PlmAnswer"));
    operation.takes(json!({ "anyOf": [one, many] }), example).with(in_path("connection", text(64), "账套的连接标识"))
}

fn items() -> Operation {
    push(
        "/plm/{connection}/items",
        "推送物料",
        "PlmItem",
        json!([{ "ItemCode": "P-1001", "ItemName": "泵体", "InventoryUOM": "个" }]),
    )
    .description(
        "One record, or 1 to 500 of them. Each is created in B1, or changed where B1 has its key; a record that fails \
         stops no other. Pushed again, only what failed is repaired. What is not reached in 25 seconds goes on by \
         itself and is told as failed; push it again for its result.",
    )
}

fn boms() -> Operation {
    push(
        "/plm/{connection}/boms",
        "推送BOM",
        "PlmBom",
        json!([{ "TreeCode": "P-1001", "Quantity": 1, "ProductTreeLines": [{ "ItemCode": "P-1002", "Quantity": 2.5 }] }]),
    )
    .description(
        "As items. Its codes must be items of B1. Sub-assemblies are written before what contains them; trees that \
         contain themselves fail. The lines of a tree that B1 has are replaced by those that are pushed.",
    )
}

fn routings() -> Operation {
    push(
        "/plm/{connection}/routings",
        "推送工艺路线",
        "PlmRouting",
        json!([{ "Code": "R-P-1001", "Name": "装配工艺", "GYLX_LINESCollection": [{ "U_Seq": 10, "U_Process": "P-CUT" }] }]),
    )
    .description("As items, into the site's own object, whose name and key are the flow's.")
}

fn item() -> Value {
    json!({
        "type": "object",
        "required": ["ItemCode"],
        "properties": {
            "ItemCode": about(text(50), "Its key in B1. Where the flow maps fields, they have the PLM's names instead."),
            "ItemName": string(),
        },
    })
}

fn bom() -> Value {
    let line = json!({
        "type": "object",
        "required": ["ItemCode", "Quantity"],
        "properties": {
            "ItemCode": text(50),
            "Quantity": about(json!({ "type": ["number", "string"] }), "A decimal number, or a text of one; it is kept as it is written."),
        },
    });
    json!({
        "type": "object",
        "required": ["TreeCode"],
        "properties": {
            "TreeCode": about(text(50), "The item that is made."),
            "ProductTreeLines": about(json!({ "type": "array", "items": line }), "Its components; a new tree has one at least."),
        },
    })
}

fn routing() -> Value {
    json!({
        "type": "object",
        "required": ["Code"],
        "properties": { "Code": about(text(50), "Its key, by the name that the flow gives it.") },
    })
}

fn answer() -> Value {
    json!({
        "type": "object",
        "required": ["code", "message", "data"],
        "properties": {
            "code": about(json!({ "type": "integer" }), "200 only if every record succeeded; 400 when one is refused, 503 when it may be pushed again, 404 when nothing is set up to take it."),
            "message": about(string(), "`success`, or the first failures, with B1's own words."),
            "data": about(list(named("PlmEntry")), "One entry for each record, in the order in which they came; none when the push is refused as a whole."),
        },
        "example": { "code": 200, "message": "success", "data": [{ "key": "P-1001", "action": "created" }] },
    })
}

fn entry() -> Value {
    let actions = [
        PlmAction::Created,
        PlmAction::Updated,
        PlmAction::Unchanged,
        PlmAction::Superseded,
        PlmAction::Ignored,
        PlmAction::Failed,
    ];
    json!({
        "type": "object",
        "required": ["key", "action"],
        "properties": {
            "key": about(string(), "The record's key; empty when it has none."),
            "action": about(word(&actions.map(PlmAction::word)), "What came of it; `superseded` by a later record of the same key."),
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": about(string(), "B1's code, or one of docs/ERRORS.md."),
                    "message": string(),
                    "remedy": about(string(), "What to do about it."),
                },
            },
            "warnings": about(list(string()), "What was left out, and what may be meant otherwise."),
        },
    })
}
