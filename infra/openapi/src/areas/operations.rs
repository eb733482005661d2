//! What operators see and do: flows, runs, bulk retries, dead letters, connections, the audit log.

use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{
    about, answer, body, boolean, count, in_path, in_query, integer, list, named, nullable, string, word,
};
use crate::types::Types;
use serde_json::{Value, json};

const STATUSES: [&str; 5] = ["running", "retrying", "succeeded", "failed", "ended"];
const READS: [u16; 4] = [400, 401, 403, 500];
const READS_ONE: [u16; 5] = [400, 401, 403, 404, 500];
const ACTS: [u16; 6] = [400, 401, 403, 404, 409, 500];
/// An outside system refused, or did not answer.
const ACTS_OUTSIDE: [u16; 8] = [400, 401, 403, 404, 409, 500, 502, 503];

pub fn describe(_: &mut Types) -> Area {
    let operations =
        [flows(), mappings(), runs(), corrections(), bulk(), letters(), checked(), kept(), seen(), orders()];
    Area {
        tag: "运营 Operations",
        description: "运营方查看并处置流程、运行、批量重试、死信与连接。查看需要权限码`MENU_TENANT_APP_VIEW`，变更需要`ADMIN_OPERATIONS`；每次变更都记入审计日志。时间为毫秒时间戳。说明见 docs/ADMIN-API.zh.md。",
        operations: operations.into_iter().flatten().collect(),
        schemas: vec![
            ("Run", run_schema()),
            ("FlowState", flow_schema()),
            ("BulkRetry", job_schema()),
            ("RunFilter", filter_schema()),
        ],
    }
}

fn ms() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn id(what: &str) -> Value {
    in_path("id", json!({ "type": "string", "minLength": 1, "maxLength": 100 }), what)
}

fn text_in_query(name: &str, what: &str) -> Value {
    in_query(name, json!({ "type": "string", "maxLength": 200 }), what)
}

/// The same with what is told only where there is something to tell.
fn and(mut schema: Value, more: Value) -> Value {
    if let (Some(all), Value::Object(more)) = (schema.pointer_mut("/properties").and_then(Value::as_object_mut), more) {
        all.extend(more);
    }
    schema
}

/// How many of what.
fn counted() -> Value {
    json!({ "type": "object", "additionalProperties": count() })
}

/// A page of a list.
fn page(name: &str, of: Value) -> Value {
    let mut properties = serde_json::Map::new();
    properties.insert(name.to_owned(), list(of));
    properties.insert("next".to_owned(), about(nullable(string()), "下一页的游标；没有更多时为空。"));
    json!({ "type": "object", "required": [name], "properties": properties })
}

fn paged(operation: Operation) -> Operation {
    operation
        .with(in_query("cursor", json!({ "type": "string", "maxLength": 200 }), "上一页返回的`next`"))
        .with(in_query("limit", integer(1, 200), "每页条数，默认50"))
}

fn filtered(operation: Operation) -> Operation {
    operation
        .with(text_in_query("flow", "流程编号，多个以逗号分隔"))
        .with(in_query(
            "status",
            json!({ "type": "string" }),
            "状态，多个以逗号分隔：running、retrying、succeeded、failed、ended",
        ))
        .with(text_in_query("connection", "使用该连接的流程"))
        .with(text_in_query("document", "单据键，或没有单据时的审批实例编号"))
        .with(text_in_query("code", "错误码"))
        .with(text_in_query("q", "在消息、编号、单据、实例、错误码中查找"))
        .with(in_query("from", json!({ "type": "string" }), "开始时间不早于：毫秒时间戳或RFC 3339"))
        .with(in_query("to", json!({ "type": "string" }), "开始时间不晚于"))
        .with(in_query("last", json!({ "type": "string" }), "最近一段时间，如24h、7d、28d；不与from同用"))
}

fn run_schema() -> Value {
    let always =
        answer(json!({ "id": string(), "flow": string(), "trigger": word(&["schedule", "operator", "callback"]),
        "status": word(&STATUSES), "started_ms": ms(), "message": string(), "counts": counted() }));
    and(always, json!({ "document": {}, "instance": string(), "ended_ms": ms(), "code": string() }))
}

fn run() -> Value {
    json!({ "id": "r-1a2008d7400867f7f2b10", "flow": "purchase-request", "document": 16, "trigger": "schedule",
        "status": "failed", "started_ms": 1_795_305_600_000_i64, "ended_ms": 1_795_305_601_000_i64,
        "message": "b1 GET Drafts(16): B1 refused: no authorization (HTTP 400, code -10)", "code": "b1.refused", "counts": {} })
}

fn flow_schema() -> Value {
    let always =
        answer(json!({ "id": string(), "enabled": boolean(), "polls": boolean(), "connections": list(string()) }));
    let more = json!({ "name": string(), "kind": string(), "every_ms": ms(), "last_poll_ms": ms(), "next_tick_ms": ms(),
        "lag_ms": ms(), "last_run": named("Run"), "last_success_ms": ms(), "error": string(), "switched_by": string(),
        "switched_ms": ms(), "paged": about(boolean(), "由页面保存，配置文件中没有：可在页面上重新映射，可删除。") });
    and(always, more)
}

fn flow() -> Value {
    json!({ "id": "purchase-request", "kind": "approval", "enabled": true, "connections": ["b1-main", "ding-main"],
        "polls": true, "every_ms": 60_000, "last_poll_ms": 1_795_305_600_000_i64, "next_tick_ms": 1_795_305_660_000_i64,
        "lag_ms": 0, "last_run": run(), "last_success_ms": 1_795_305_000_000_i64 })
}

fn changes() -> Value {
    list(
        json!({ "type": "object", "required": ["path", "before", "after"], "properties": { "path": string(), "before": {}, "after": {} } }),
    )
}

fn flows() -> Vec<Operation> {
    let one = |path, summary: &'static str| {
        Operation::new("POST", path, summary, named("FlowState"), flow()).with(id("流程编号"))
    };
    let hours = answer(json!({ "hours": list(answer(json!({
        "start_ms": ms(), "succeeded": count(), "failed": count(), "other": count() }))) }));
    let version = answer(json!({ "id": string(), "at_ms": ms(), "by": string(),
        "did": word(&["created", "changed", "removed", "on", "off"]), "value": {}, "diff": changes() }));
    let shown = json!({ "id": "cv-1a2008d7400867f7f2b10", "at_ms": 1_795_305_600_000_i64, "by": "console (tok-1)", "did": "off",
        "value": { "id": "purchase-request", "enabled": false }, "diff": [{ "path": "enabled", "before": true, "after": false }] });
    vec![
        paged(Operation::new("GET", "/admin/v1/flows", "流程列表", page("flows", named("FlowState")), json!({ "flows": [flow()], "next": null })))
            .with(text_in_query("q", "在编号、名称、类型、连接中查找"))
            .refuses(&READS),
        Operation::new("GET", "/admin/v1/flows/{id}", "查看流程", answer(json!({ "state": named("FlowState"), "value": {} })),
            json!({ "state": flow(), "value": { "id": "purchase-request", "kind": "approval" } }))
            .with(id("流程编号")).refuses(&[401, 403, 404, 500]),
        paged(Operation::new("GET", "/admin/v1/flows/{id}/versions", "流程配置的历史版本", page("versions", version), json!({ "versions": [shown], "next": null })))
            .description("从新到旧，各版本由谁在何时改了什么。").with(id("流程编号")).refuses(&READS_ONE),
        Operation::new("GET", "/admin/v1/flows/{id}/activity", "流程每小时的运行数", hours,
            json!({ "hours": [{ "start_ms": 1_795_305_600_000_i64, "succeeded": 3, "failed": 1, "other": 0 }] }))
            .with(id("流程编号")).with(in_query("hours", integer(1, 672), "小时数，默认24")).refuses(&READS),
        Operation::new("POST", "/admin/v1/flows/{id}/preview", "预演流程", answer(json!({ "found": {}, "diff": changes() })),
            json!({ "found": { "flow": "purchase-request", "document": { "object": "Drafts", "key": 16 } }, "diff": [] }))
            .description("读取并映射一张单据，不写入任何系统。`found`与`tenon preview --json`相同；`diff`为与该单据最近一次运行的差异。")
            .with(id("流程编号"))
            .takes(body(&[], json!({ "document": nullable(json!({ "type": "string", "maxLength": 200 })) })), json!({ "document": "16" }))
            .refuses(&[400, 401, 403, 404, 500, 502, 503]),
        one("/admin/v1/flows/{id}/on", "启用流程").description("直到再次应用配置文件：此后以文件为准。").refuses(&ACTS),
        one("/admin/v1/flows/{id}/off", "停用流程").description("直到再次应用配置文件：此后以文件为准。").refuses(&ACTS),
        Operation::new("DELETE", "/admin/v1/flows/{id}", "删除流程", answer(json!({ "flow": string(), "removed": boolean() })),
            json!({ "flow": "purchase-order-ding-main", "removed": true }))
            .description("只能删除由页面保存的流程；配置文件中的流程，从文件中删去后再次应用。").with(id("流程编号")).refuses(&ACTS),
        Operation::new("POST", "/admin/v1/flows/{id}/run", "立即运行流程", answer(json!({ "pages": count(), "found": count(),
            "queued": count(), "in_hand": count(), "suppressed": count(), "not_due": count() })),
            json!({ "pages": 1, "found": 2, "queued": 1, "in_hand": 1, "suppressed": 0, "not_due": 0 }))
            .with(id("流程编号")).refuses(&ACTS_OUTSIDE),
    ]
}

fn runs() -> Vec<Operation> {
    let listed = json!({ "type": "object", "required": ["runs", "looked_through"], "properties": {
        "runs": list(named("Run")), "next": nullable(string()), "looked_through": count() } });
    let by_status: serde_json::Map<String, Value> =
        STATUSES.iter().map(|status| ((*status).to_owned(), count())).collect();
    let counts = json!({ "type": "object", "required": ["by_status", "complete"], "properties": {
        "by_status": { "type": "object", "required": STATUSES, "properties": by_status }, "complete": boolean(),
        "from_ms": ms(), "newer": answer(json!({ "count": count(), "more": boolean() })) } });
    let step = answer(json!({ "run": string(), "name": string(), "started_ms": ms(), "duration_ms": count() }));
    let step = and(step, json!({ "input": {}, "output": {}, "error": string() }));
    let shown = answer(json!({ "run": named("Run"), "steps": list(step), "attempts": list(count()) }));
    let goes_on = json!({ "type": "object", "required": ["how"], "properties": {
        "how": word(&["step", "where-it-stands", "anew", "put-aside", "nothing"]), "step": string(),
        "done": list(string()), "looks_first": boolean() } });
    let shown = and(shown, json!({ "previous": string(), "next": string(), "goes_on": goes_on }));
    let example = json!({ "run": run(), "steps": [{ "run": "r-1a2008d7400867f7f2b10", "name": "read document",
        "started_ms": 1_795_305_600_000_i64, "duration_ms": 40, "error": "B1 refused" }], "attempts": [1] });
    vec![
        filtered(paged(Operation::new("GET", "/admin/v1/runs", "运行列表", listed, json!({ "runs": [run()], "looked_through": 1 }))))
            .description("从新到旧。查找一次看过两千条，故一页可以不足、甚至为空而仍有`next`。").refuses(&READS),
        filtered(Operation::new("GET", "/admin/v1/runs/counts", "各状态的运行数", counts,
            json!({ "by_status": { "running": 1, "retrying": 0, "succeeded": 40, "failed": 2, "ended": 3 }, "complete": true })))
            .description("不受`status`限制。数到两万条为止：`complete`为false时只含`from_ms`以来的。`than`为某条运行的游标时另给出比它新的条数。")
            .with(text_in_query("than", "列表中某条运行的游标")).refuses(&READS),
        Operation::new("GET", "/admin/v1/runs/{id}", "查看运行", shown, example)
            .description("附步骤；`attempts`为各步骤所属的第几次尝试，`previous`、`next`为同一单据的前后两次运行。")
            .with(id("运行编号 `r-…`")).refuses(&[401, 403, 404, 500]),
        Operation::new("POST", "/admin/v1/runs/{id}/retry", "重试运行", answer(json!({ "run": string(), "result": string() })),
            json!({ "run": "r-1a2008d7400867f7f2b10", "result": "submission of document 16 is queued" }))
            .description("从失败的一步继续，做过的不再做。").with(id("运行编号"))
            .takes(body(&[], json!({ "acceptChange": about(boolean(), "接受单据在审批期间的改动。") })), json!({ "acceptChange": false }))
            .refuses(&ACTS_OUTSIDE),
    ]
}

/// A flow that is matched, tried and stored.
fn mappings() -> Vec<Operation> {
    let text = || json!({ "type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S" });
    let connects = body(
        &["erp", "object", "oa", "template"],
        json!({ "erp": about(text(), "ERP连接。"), "object": about(text(), "单据类型：实体集、草稿或对象代码。"),
                "draftOf": about(nullable(string()), "草稿所属的单据类型。"), "oa": about(text(), "OA连接。"),
                "template": about(text(), "表单模板。") }),
    );
    let filled = || json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let table = body(&[], json!({ "from": string(), "columns": filled() }));
    let choices = || {
        let tables = json!({ "type": "object", "additionalProperties": table });
        body(&[], json!({ "header": about(filled(), "控件由哪个字段填写。"), "tables": tables }))
    };
    let revision = || {
        let of = || json!({ "type": "string", "maxLength": 200 });
        body(&["form", "object", "flow"], json!({ "form": of(), "object": of(), "flow": of() }))
    };
    let line = answer(json!({ "from": string(), "to": string(), "label": string(), "format": nullable(string()),
        "score": string(), "reason": string(), "sure": boolean(), "doubts": list(string()) }));
    let nothing = answer(json!({ "to": string(), "label": string(), "kind": string(), "required": boolean() }));
    let of_table = answer(json!({ "to": string(), "label": string(), "from": string(), "lines": list(line.clone()),
        "unmatched": list(nothing.clone()) }));
    let misfit = answer(
        json!({ "table": nullable(string()), "to": string(), "label": string(), "from": string(), "is_there": boolean() }),
    );
    let proposed = answer(
        json!({ "flow": string(), "form": string(), "choices": any_object(), "revision": any_object(),
        "lines": list(line), "unmatched": list(nothing.clone()), "tables": list(of_table), "unmatched_tables": list(nothing),
        "unfilled": list(string()), "doubts": list(answer(json!({ "label": string(), "why": string() }))),
        "misfits": list(misfit), "problems": list(answer(json!({ "path": string(), "message": string(), "warning": boolean() }))),
        "fields": list(any_object()), "notes": list(string()) }),
    );
    let proposed = and(proposed, json!({ "preview": {} }));
    let asked = body(
        &[],
        json!({ "flow": about(nullable(json!({ "type": "string", "maxLength": 64 })), "流程编号；新流程可省略。"),
                "connects": about(json!({ "anyOf": [connects.clone(), { "type": "null" }] }), "新流程连接什么；省略时为`flow`所指的、由页面或接口保存的流程。"),
                "choices": about(json!({ "anyOf": [choices(), { "type": "null" }] }), "选定的映射；省略时为确定的建议，或该流程现有的映射。"),
                "preview": about(json!({ "anyOf": [body(&[], json!({ "document": nullable(json!({ "type": "string", "maxLength": 200 })) })), { "type": "null" }] }),
                                 "另预览一张单据：其键，省略为最新一张。") }),
    );
    let pair = json!({ "type": "array", "items": string(), "minItems": 2, "maxItems": 2 });
    let needed = and(
        answer(json!({ "table": string(), "name": string(), "caption": string(),
            "kind": word(&["alphanumeric", "memo", "date"]), "size": integer(0, i64::from(u32::MAX)) })),
        json!({ "values": list(pair), "default": nullable(string()), "is": {} }),
    );
    let creating = body(
        &["fields"],
        json!({ "flow": about(nullable(json!({ "type": "string", "maxLength": 64 })), "流程编号；新流程可省略。"),
                "connects": about(json!({ "anyOf": [connects.clone(), { "type": "null" }] }), "新流程连接什么；省略时为`flow`所指的、由页面或接口保存的流程。"),
                "fields": about(json!({ "type": "array", "minItems": 1, "items": needed }), "`propose`返回的`fields`中要创建的，原样传回。") }),
    );
    let came = and(
        answer(json!({ "state": word(&["created", "found", "failed", "not-begun"]) })),
        json!({ "differs": list(string()), "code": string(), "message": string() }),
    );
    let made = answer(json!({ "flow": string(), "erp": string(),
        "fields": list(answer(json!({ "table": string(), "name": string(), "caption": string(), "is": came }))) }));
    let shown = body(
        &["choices", "revision"],
        json!({ "connects": about(json!({ "anyOf": [connects, { "type": "null" }] }), "新流程连接什么；省略时修改已保存流程的映射。"),
                "choices": choices(), "revision": about(revision(), "`propose`返回的`revision`。") }),
    );
    let (given, of) = (
        json!({ "erp": "b1-main", "object": "PurchaseOrders", "oa": "wecom-main", "template": "3TmALk1oj" }),
        json!({ "form": "5f1c…", "object": "a90b…", "flow": "" }),
    );
    let chosen = json!({ "header": { "Text-2": "CardName" }, "tables": {} });
    let example = json!({ "flow": "purchase-orders-wecom-main", "form": "采购订单审批", "choices": chosen, "revision": of,
        "lines": [{ "from": "CardName", "to": "Text-2", "label": "供应商名称", "format": null, "score": "0.97", "reason": "synonym",
                    "sure": true, "doubts": [] }],
        "unmatched": [{ "to": "Text-6", "label": "审批级别", "kind": "Text", "required": true }], "tables": [], "unmatched_tables": [],
        "unfilled": ["审批级别"], "doubts": [], "misfits": [], "problems": [], "fields": [], "notes": [] });
    vec![
        Operation::new("POST", "/admin/v1/flows/propose", "智能映射", proposed, example)
            .description("读取ERP的字段与OA表单的控件，给出各控件由哪个字段填写、得分与理由。不写入任何系统，也不保存。")
            .takes(asked, json!({ "connects": given }))
            .refuses(&[400, 401, 403, 404, 500, 502, 503]),
        Operation::new("POST", "/admin/v1/flows/fields", "在ERP中创建字段", made,
            json!({ "flow": "purchase-orders-wecom-main", "erp": "b1-main", "fields": [
                { "table": "OPOR", "name": "U_SPNO", "caption": "OA审批实例", "is": { "state": "created" } },
                { "table": "OPOR", "name": "U_UserID", "caption": "OA用户",
                  "is": { "state": "failed", "code": "b1.refused", "message": "…not permitted…" } }] }))
            .description("逐个创建流程所需的字段，每个只创建一次；已有的保持原样（`found`，`differs`为不同之处）。每个字段各有结果：`failed`附原因；`not-begun`为ERP没有应答或时间已到，请再次调用。流程不再需要的、或定义不同的字段逐一列出，一个也不创建（400，`flow.fields-changed`）。之后须重新`propose`。")
            .takes(creating, json!({ "connects": given, "fields": [{ "table": "OPOR", "name": "U_SPNO", "caption": "OA审批实例",
                "kind": "alphanumeric", "size": 100, "is": { "state": "missing" } }] }))
            .refuses(&ACTS_OUTSIDE),
        Operation::new("PUT", "/admin/v1/flows/{id}", "保存流程或其映射",
            answer(json!({ "flow": string(), "stored": boolean() })), json!({ "flow": "purchase-orders-wecom-main", "stored": true }))
            .description("新流程以关闭状态保存；同编号的流程不会被覆盖（`flow.taken`）。表单、ERP字段或现有映射与`propose`时不同，则不保存（400，`flow.mapping-changed`）。")
            .with(id("流程编号"))
            .takes(shown, json!({ "connects": given, "choices": chosen, "revision": of }))
            .refuses(&ACTS_OUTSIDE),
    ]
}

/// Correcting what of a run's input could not be mapped.
fn corrections() -> Vec<Operation> {
    const LOOKS_OUTSIDE: [u16; 7] = [400, 401, 403, 404, 500, 502, 503];
    let (shown, reviewed) = ("9f86d081884c7d65…", "60303ae22b998861…");
    let wrong = and(answer(json!({ "path": string(), "message": string() })), json!({ "value": string() }));
    let input = answer(json!({ "revision": string(), "wrong": list(wrong) }));
    let change = and(answer(json!({ "is": string() })), json!({ "was": string() }));
    let changes = json!({ "type": "object", "additionalProperties": change });
    let review = answer(json!({ "revision": string(), "changes": changes, "fields": any_object() }));
    let digest = || json!({ "type": "string", "minLength": 1, "maxLength": 100 });
    let values = || {
        about(
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            "以位置为名，改为的值；只能是`input`列出的位置。",
        )
    };
    let asked = body(
        &["revision", "values"],
        json!({ "revision": about(digest(), "`input`返回的`revision`。"), "values": values() }),
    );
    let confirmed = body(
        &["revision", "confirmed", "values"],
        json!({ "revision": about(digest(), "`input`返回的`revision`。"),
                "confirmed": about(digest(), "`correct/review`返回的`revision`。"), "values": values() }),
    );
    let given = json!({ "明细[1].数量": "24" });
    vec![
        Operation::new("GET", "/admin/v1/runs/{id}/input", "查看可更正的输入", input,
            json!({ "revision": shown, "wrong": [{ "path": "明细[1].数量", "value": "两打", "message": "不是数字" }] }))
            .description("表单或推送内容中无法映射的值及其位置（`path`）、现值（`value`，没有时省略）与原因。其他流的输入以来源系统为准，不能在此更正：400，`run.not-correctable`。")
            .with(id("运行编号")).refuses(&LOOKS_OUTSIDE),
        Operation::new("POST", "/admin/v1/runs/{id}/correct/review", "预览更正", review,
            json!({ "revision": reviewed, "changes": { "明细[1].数量": { "was": "两打", "is": "24" } }, "fields": { "CardCode": "C100" } }))
            .description("更正会改变什么（`changes`）、将建立怎样的单据（`fields`）。不改变任何东西。输入、流或运行已变时为400，`run.input-changed`。")
            .with(id("运行编号"))
            .takes(asked, json!({ "revision": shown, "values": given })).refuses(&LOOKS_OUTSIDE),
        Operation::new("POST", "/admin/v1/runs/{id}/correct", "更正输入并继续", answer(json!({ "run": string(), "result": string() })),
            json!({ "run": "r-1a2008d7400867f7f2b10", "result": "request 88201 is corrected by console (tok-1) and queued" }))
            .description("更正只对当时显示并预览的内容有效；以`Idempotency-Key`重复提交只执行一次，另行提交时已无可更正的内容（400）。")
            .with(id("运行编号"))
            .takes(confirmed, json!({ "revision": shown, "confirmed": reviewed, "values": given }))
            .refuses(&ACTS_OUTSIDE),
    ]
}

fn filter_schema() -> Value {
    let text = || json!({ "type": "string", "maxLength": 200 });
    body(
        &[],
        json!({ "flow": text(), "status": { "type": "string" }, "connection": text(), "document": text(), "code": text(),
        "q": text(), "from": { "type": "string" }, "to": { "type": "string" }, "last": { "type": "string" } }),
    )
}

/// A filter as it was frozen.
fn frozen() -> Value {
    json!({ "type": "object", "properties": { "flows": list(string()), "statuses": list(word(&STATUSES)), "connection": string(),
        "document": string(), "code": string(), "text": string(), "from_ms": ms(), "to_ms": ms() } })
}

fn job_schema() -> Value {
    let always = answer(json!({ "id": string(), "filter": frozen(), "reason": string(), "by": string(),
        "state": word(&["listing", "working", "done", "cancelled", "failed"]), "total": count(), "not_taken": count(),
        "next": count(), "queued": count(), "skipped": count(), "failed": count(), "done": count(), "created_ms": ms(),
        "updated_ms": ms() }));
    and(always, json!({ "named": list(string()), "cancelled_by": string(), "cursor": string(), "code": string() }))
}

fn job() -> Value {
    json!({ "id": "bk-1a2008d7400867f7f2b10", "filter": { "statuses": ["failed"], "to_ms": 1_795_305_600_000_i64 },
        "reason": "B1已恢复", "by": "console (tok-1)", "state": "working", "total": 200, "not_taken": 3, "next": 40, "queued": 39,
        "skipped": 1, "failed": 0, "done": 40, "created_ms": 1_795_305_600_000_i64, "updated_ms": 1_795_305_601_000_i64 })
}

fn bulk() -> Vec<Operation> {
    let of_job = || id("任务编号 `bk-…`");
    let left = answer(json!({ "why": string(), "words": string(), "count": count(), "first": list(named("Run")) }));
    let review = answer(
        json!({ "count": count(), "complete": boolean(), "first": list(named("Run")), "not_taken": list(left), "filter": frozen() }),
    );
    let item = answer(json!({ "number": count(), "run": string(), "flow": string(),
        "outcome": word(&["pending", "taken", "queued", "skipped", "failed", "cancelled"]) }));
    let item =
        and(item, json!({ "document": {}, "message": string(), "code": string(), "at_ms": ms(), "status": string() }));
    let wanted = body(
        &["reason"],
        json!({
            "filter": about(named("RunFilter"), "与运行列表的参数相同；与`runs`二选一。"),
            "runs": about(json!({ "type": "array", "minItems": 1, "maxItems": 500, "items": { "type": "string" } }), "逐一指明的运行。"),
            "reason": { "type": "string", "minLength": 1, "maxLength": 500, "pattern": r"\S" },
        }),
    );
    vec![
        Operation::new("POST", "/admin/v1/bulk-retries/review", "预览批量重试", review,
            json!({ "count": 1, "complete": true, "first": [run()], "not_taken": [],
                "filter": { "statuses": ["failed"], "to_ms": 1_795_305_600_000_i64 } }))
            .description("会重试多少条、前二十条，以及哪些不会重试、为什么。不改变任何东西。")
            .takes(body(&["filter"], json!({ "filter": named("RunFilter") })), json!({ "filter": { "status": "failed", "last": "7d" } }))
            .refuses(&READS),
        Operation::new("POST", "/admin/v1/bulk-retries", "开始批量重试", named("BulkRetry"), job())
            .description("筛选条件自此固定，此后开始的运行不在其中。以`Idempotency-Key`重复提交不会再开始一个。")
            .takes(wanted, json!({ "filter": { "status": "failed", "last": "7d" }, "reason": "B1已恢复" }))
            .refuses(&[400, 401, 403, 409, 500]),
        paged(Operation::new("GET", "/admin/v1/bulk-retries", "批量重试列表", page("jobs", named("BulkRetry")), json!({ "jobs": [job()], "next": null })))
            .refuses(&READS),
        Operation::new("GET", "/admin/v1/bulk-retries/{id}", "查看批量重试", named("BulkRetry"), job()).with(of_job()).refuses(&[401, 403, 404, 500]),
        paged(Operation::new("GET", "/admin/v1/bulk-retries/{id}/items", "批量重试的逐条结果", page("items", item),
            json!({ "items": [{ "number": 0, "run": "r-1a2008d7400867f7f2b10", "flow": "purchase-request", "document": 16,
                "outcome": "queued", "message": "submission of document 16 is queued", "at_ms": 1_795_305_600_000_i64, "status": "succeeded" }], "next": null })))
            .description("`outcome`为放回的结果，`status`为该运行现在的状态。").with(of_job()).refuses(&READS_ONE),
        Operation::new("POST", "/admin/v1/bulk-retries/{id}/cancel", "取消批量重试", named("BulkRetry"), job())
            .description("已放回的继续进行，其余保持原样。已结束的任务不变。").with(of_job()).refuses(&ACTS),
    ]
}

fn letters() -> Vec<Operation> {
    let queue = || in_path("queue", json!({ "type": "string", "minLength": 1, "maxLength": 100 }), "队列");
    let letter = answer(
        json!({ "queue": string(), "id": string(), "job": string(), "tenant": string(), "code": string(),
        "reason": string(), "at_ms": json!({ "type": "integer" }), "age_ms": count(), "attempts": count(), "work": {}, "remedy": string() }),
    );
    let unseen = list(answer(json!({ "queue": string(), "error": string() })));
    let example = json!({ "queue": "approvals-submit", "id": "m-1a2008d7400", "job": "submit", "tenant": "default", "code": "b1.refused",
        "reason": "B1 refused", "at_ms": 1_795_305_600_000_i64, "age_ms": 60_000, "attempts": 1, "work": { "flow": "purchase-request" },
        "remedy": "Documents gave up in approvals-submit-dlq; read the run and retry it." });
    let done = || answer(json!({ "queue": string(), "id": string(), "result": string() }));
    let alarm = answer(json!({ "what": string(), "of": string(), "message": string(), "remedy": string() }));
    let alarm = and(alarm, json!({ "since_ms": ms(), "messages": count() }));
    vec![
        Operation::new("GET", "/admin/v1/dead-letters", "死信列表", and(answer(json!({ "letters": list(letter) })), json!({ "unseen": unseen })), json!({ "letters": [example] }))
            .description("已放弃的消息：原因、时长、该怎么办。每个队列至多二百条。").with(text_in_query("queue", "只看此队列")).refuses(&READS),
        Operation::new("POST", "/admin/v1/dead-letters/{queue}/{id}/put-back", "放回死信", done(),
            json!({ "queue": "approvals-submit", "id": "m-1a2008d7400", "result": "put-back" }))
            .with(queue()).with(id("消息编号")).refuses(&ACTS),
        Operation::new("DELETE", "/admin/v1/dead-letters/{queue}/{id}", "丢弃死信", done(),
            json!({ "queue": "approvals-submit", "id": "m-1a2008d7400", "result": "dropped" }))
            .with(queue()).with(id("消息编号")).refuses(&ACTS),
        Operation::new("GET", "/admin/v1/alarms", "告警", answer(json!({ "alarms": list(alarm) })),
            json!({ "alarms": [{ "what": "breaker-open", "of": "b1-main", "since_ms": 1_795_305_600_000_i64, "message": "B1 did not answer",
                "remedy": "see to that system, then check connection b1-main, which lets its work go on" }] }))
            .description("此刻需要有人处理的事，及处理办法。").refuses(&[401, 403, 500]),
    ]
}

fn any_object() -> Value {
    json!({ "type": "object" })
}

/// What `tenon check` asks for.
fn checked() -> Vec<Operation> {
    let findings =
        answer(json!({ "problems": list(string()), "warnings": list(string()), "compared": list(string()) }));
    let compared = |path, summary: &'static str, of: &'static str| {
        Operation::new(
            "POST",
            path,
            summary,
            answer(json!({ "flow": string(), "findings": findings.clone() })),
            json!({ "flow": "purchase-request", "findings": { "problems": [], "warnings": [], "compared": ["form PROC-1"] } }),
        )
        .with(id(of))
        .refuses(&READS_ONE)
    };
    let planned = answer(json!({ "id": string(), "connections": list(string()) }));
    let plan = answer(json!({ "connections": list(string()), "flows": list(planned), "barcodes": list(string()),
        "login_server": boolean(), "databases": list(string()), "oa_integration": boolean() }));
    let standing = answer(json!({ "now_ms": ms(), "deployed": boolean(), "schedules": any_object(),
        "queues": list(any_object()), "outbox": any_object(), "breakers": list(any_object()) }));
    vec![
        Operation::new("GET", "/admin/v1/check", "待检查事项", and(plan, json!({ "notices": string() })),
            json!({ "connections": ["b1-main"], "flows": [{ "id": "purchase-request", "connections": ["b1-main"] }], "barcodes": [],
                "login_server": true, "databases": ["board"], "oa_integration": false }))
            .description("`tenon check`逐项检查的连接、流程、条码应用与数据库，以及是否有登录服务器、OA集成。").refuses(&[401, 403, 500]),
        compared("/admin/v1/flows/{id}/check", "检查流程", "流程编号").description("与表单及一张单据比较，不写入。不能比较的原因列在`warnings`中。"),
        compared("/admin/v1/connections/{id}/barcode/check", "检查条码应用", "连接编号").description("将条码应用的设置与ERP比较，不写入。"),
        Operation::new("GET", "/admin/v1/standing", "安装状况", standing,
            json!({ "now_ms": 1_795_305_600_000_i64, "deployed": false, "schedules": { "seen": [] }, "queues": [], "outbox": { "seen": { "messages": 0, "oldest_ms": null } }, "breakers": [] }))
            .description("调度、队列、待发消息与熔断的状况；看不到的附原因。").refuses(&[401, 403, 500]),
    ]
}

fn kept() -> Vec<Operation> {
    let kept =
        answer(json!({ "id": string(), "kind": word(&["list", "entry", "words"]), "source": string(), "why": string(),
        "at_ms": ms(), "bytes": count(), "parts": count() }));
    let unit =
        answer(json!({ "unit": string(), "failures": count(), "since_ms": ms(), "last_ms": ms(), "next_ms": ms(),
        "code": string(), "message": string() }));
    let all = answer(
        json!({ "kept": list(kept.clone()), "failing": json!({ "type": "object", "additionalProperties": list(unit) }) }),
    );
    let example = json!({ "id": "ke-7Qm2v0Zx9rT1", "kind": "entry", "source": "ding-main", "why": "no instance is named", "at_ms": 1_795_305_600_000_i64,
        "bytes": 412, "parts": 1 });
    vec![
        Operation::new("GET", "/admin/v1/kept", "留存列表", all, json!({ "kept": [example], "failing": {} }))
            .description("留待人工查看的内容，及对账失败的单元。")
            .refuses(&[401, 403, 500]),
        Operation::new(
            "GET",
            "/admin/v1/kept/{id}",
            "查看留存",
            answer(json!({ "kept": kept, "text": string() })),
            json!({ "kept": example, "text": "{}" }),
        )
        .with(id("留存编号 `ke-…`"))
        .refuses(&[401, 403, 404, 500]),
        Operation::new(
            "DELETE",
            "/admin/v1/kept/{id}",
            "删除留存",
            answer(json!({ "forgotten": string() })),
            json!({ "forgotten": "ke-7Qm2v0Zx9rT1" }),
        )
        .description("表示已处理。")
        .with(id("留存编号 `ke-…`"))
        .refuses(&ACTS),
    ]
}

fn seen() -> Vec<Operation> {
    let check =
        answer(json!({ "at_ms": ms(), "by": string(), "ok": boolean(), "took_ms": json!({ "type": "integer" }) }));
    let check = and(check, json!({ "answered": string(), "error": string(), "code": string() }));
    let checked_with_findings = and(check.clone(), json!({ "found": any_object() }));
    let breaker = answer(json!({ "state": string(), "since_ms": ms(), "until_ms": ms(), "why": string() }));
    let connection = and(
        answer(json!({ "id": string() })),
        json!({ "kind": string(), "error": string(), "breaker": breaker, "last_check": check.clone() }),
    );
    let checked = json!({ "at_ms": 1_795_305_600_000_i64, "by": "console (tok-1)", "ok": true, "answered": "Service Layer 10.0", "took_ms": 320 });
    let setting = and(answer(json!({})), json!({ "kind": string(), "error": string(), "last_check": check.clone() }));
    let database =
        and(answer(json!({ "id": string() })), json!({ "kind": string(), "error": string(), "last_check": check }));
    let signed_in = json!({ "at_ms": 1_795_305_600_000_i64, "by": "console (tok-1)", "ok": true,
        "answered": "GET https://login.example.com/oauth2/authorize: 400", "took_ms": 210 });
    let asked = json!({ "at_ms": 1_795_305_600_000_i64, "by": "console (tok-1)", "ok": false,
        "error": "no answer within 5 s", "code": "database.unreachable", "took_ms": 5_010 });
    let with_findings = checked_with_findings.clone();
    let beside = move |path, summary, example| {
        Operation::new("POST", path, summary, with_findings.clone(), example).refuses(&ACTS)
    };
    let entry = answer(
        json!({ "id": string(), "at_ms": ms(), "by": string(), "via": word(&["api", "page", "command"]), "did": string(), "of": string() }),
    );
    let entry = and(entry, json!({ "detail": {} }));
    vec![
        Operation::new("GET", "/admin/v1/connections", "连接列表",
            and(answer(json!({ "connections": list(connection), "databases": list(database) })),
                json!({ "login_server": setting.clone(), "oa_integration": setting })),
            json!({ "connections": [{ "id": "b1-main", "kind": "b1", "last_check": checked }], "databases": [{ "id": "board", "kind": "postgres" }],
                "login_server": { "last_check": signed_in } }))
            .description("连接、SQL数据库、登录服务器与OA集成，各附最近一次检查。").refuses(&[401, 403, 500]),
        beside("/admin/v1/login-server/check", "检查登录服务器", signed_in.clone())
            .description("不带授权码与密钥访问`[sso]`的三个地址；结果留存。不可用也是200，`ok`为false。"),
        beside("/admin/v1/databases/{id}/check", "检查数据库", asked.clone())
            .description("向数据库提一个问题，不写入；结果留存。不可用也是200，`ok`为false。").with(id("数据库编号")),
        beside("/admin/v1/oa-integration/check", "检查OA集成", asked)
            .description("试查`[oa_integration]`对OA自有数据库的每个查询，不查任何人；结果留存。不可用也是200，`ok`为false。"),
        Operation::new("POST", "/admin/v1/connections/{id}/check", "检查连接", checked_with_findings, checked.clone())
            .description("立即使用该连接，不写入；结果与对方的话留存。不可用也是200，`ok`为false。`found`为`tenon check`所示的全部内容。").with(id("连接编号")).refuses(&ACTS),
        paged(Operation::new("GET", "/admin/v1/audit", "审计日志", page("entries", entry),
            json!({ "entries": [{ "id": "a-1a2008d7400867f7f2b10", "at_ms": 1_795_305_600_000_i64, "by": "console (tok-1)", "via": "api",
                "did": "retry-run", "of": "r-1a2008d7400867f7f2b10", "detail": { "flow": "purchase-request" } }] })))
            .description("谁在何时、经由哪里改了什么，从新到旧。").refuses(&READS),
        Operation::new("GET", "/admin/v1/directory/people", "查找人员", answer(json!({ "people": list(any_object()) })), json!({ "people": [{ "id": "zhangsan" }] }))
            .with(json!({ "name": "who", "in": "query", "required": true, "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": r"\S" },
                "description": "编号、手机号、邮箱、OA账号；与enterprise同用时为ERP编码" }))
            .with(text_in_query("enterprise", "ERP企业编码")).with(super::tenant_in_query()).refuses(&READS),
        Operation::new("GET", "/admin/v1/directory/departments/{id}", "查看部门", answer(json!({ "departments": list(any_object()) })),
            json!({ "departments": [{ "id": "1" }] }))
            .with(id("部门编号")).with(text_in_query("enterprise", "ERP企业编码")).with(super::tenant_in_query()).refuses(&READS_ONE),
        paged(Operation::new("GET", "/admin/v1/processes", "流程实例列表", page("instances", any_object()), json!({ "instances": [{ "number": "purchase_202611_0001" }], "next": null })))
            .description("某流程某月发起、由本系统编号的实例，从新到旧。")
            .with(json!({ "name": "flow", "in": "query", "required": true, "schema": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": r"\S" }, "description": "流程编码" }))
            .with(json!({ "name": "month", "in": "query", "required": true, "schema": { "type": "string", "pattern": "^[0-9]{6}$" }, "description": "年月，如202611" }))
            .with(super::tenant_in_query()).refuses(&READS),
        Operation::new("GET", "/admin/v1/processes/{number}", "查看流程实例", and(answer(json!({ "instance": any_object(), "history": list(any_object()) })), json!({ "next": string() })),
            json!({ "instance": { "number": "purchase_202611_0001" }, "history": [] }))
            .description("附至多二百步的历史；`next`为下一页的游标。")
            .with(in_query("cursor", json!({ "type": "string", "maxLength": 200 }), "上一页返回的`next`"))
            .with(in_path("number", json!({ "type": "string", "minLength": 1, "maxLength": 100 }), "流水号")).with(super::tenant_in_query())
            .refuses(&READS_ONE),
        Operation::new("POST", "/admin/v1/processes/{number}/retry", "重试流程实例", answer(json!({ "instance": any_object() })),
            json!({ "instance": { "number": "purchase_202611_0001" } }))
            .description("故障排除后，从停下处继续。")
            .with(in_path("number", json!({ "type": "string", "minLength": 1, "maxLength": 100 }), "流水号")).with(super::tenant_in_query())
            .refuses(&ACTS),
        paged(Operation::new("GET", "/admin/v1/data-sync/runs", "数据同步运行列表", page("runs", any_object()), json!({ "runs": [{ "run": "r-1a2008d7400867f7f2b10" }], "next": null })))
            .refuses(&READS),
        Operation::new("GET", "/admin/v1/data-sync/runs/{id}", "查看数据同步运行", answer(json!({ "run": any_object() })),
            json!({ "run": { "run": "r-1a2008d7400867f7f2b10", "form": "SAL_SaleOrder" } })).with(id("运行编号")).refuses(&[401, 403, 404, 500]),
    ]
}

/// What came through the signed API, for the pages of production, warehouse and finance that the document names.
fn orders() -> Vec<Operation> {
    let of_order = |path, summary: &'static str, details: &'static str, example| {
        Operation::new("GET", path, summary, json!({ "type": "object" }), example)
            .description(details)
            .with(in_path("orderNo", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "订单号"))
            .with(super::tenant_in_query())
            .refuses(&super::MANAGED)
    };
    vec![
        of_order(
            "/admin/v1/orders/{orderNo}",
            "查看生产订单",
            "权限码`MENU_PRODUCTION_ORDER_VIEW`。",
            json!({ "orderNo": "PO202602110001", "status": "pending" }),
        ),
        of_order(
            "/admin/v1/orders/{orderNo}/quality",
            "查看订单的质检",
            "权限码`MENU_WAREHOUSE_VIEW`。",
            json!({ "orderNo": "PO202602110001", "totalRecords": 0 }),
        ),
        of_order(
            "/admin/v1/orders/{orderNo}/logistics",
            "查看订单的出库",
            "权限码`MENU_FINISHED_GOODS_VIEW`。",
            json!({ "orderNo": "PO202602110001", "totalShipments": 0 }),
        ),
        Operation::new(
            "GET",
            "/admin/v1/reconciliations/{reconciliationNo}",
            "查看对账单",
            json!({ "type": "object" }),
            json!({ "reconciliationId": "DZ1", "totalAmount": 12.5, "status": "approved" }),
        )
        .description("权限码`MENU_FINANCE_VIEW`。")
        .with(in_path("reconciliationNo", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "对账单号"))
        .with(super::tenant_in_query())
        .refuses(&super::MANAGED),
    ]
}
