//! Services of processes: `/flow/…`, `/message/taskNotify`. Their document is Chinese, and so is what is said here.

use super::services::service;
use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{about, count, in_path, in_query, integer, list, named, string, text, word};
use crate::types::Types;
use serde_json::{Value, json};

/// A call by GET and by POST: its paths, its name, and what is said of it.
type Act = (&'static str, &'static str, &'static str, Vec<(&'static str, Value, &'static str)>);

pub fn describe(_: &mut Types) -> Area {
    let mut operations = vec![save(), read()];
    for (path, summary, details, parameters) in acts() {
        for method in ["GET", "POST"] {
            let mut operation =
                service(method, path, summary, named("ProcessStanding"), standing_example()).description(details);
            for (name, schema, what) in &parameters {
                operation = operation.with(in_query(name, schema.clone(), what));
            }
            operations.push(operation);
        }
    }
    for method in ["GET", "POST"] {
        let data = json!({ "type": "object", "required": ["taskNo", "notified"], "properties": { "taskNo": string(), "notified": count() } });
        let example = json!({ "taskNo": "1795305600000123-1", "notified": 1 });
        let operation = service(method, "/message/taskNotify", "任务通知", data, example);
        operations.push(operation.description("前提是任务已提交且待处理。通知任务的每位处理人。").with(in_query(
            "taskNo",
            text(128),
            "任务编号，或流程流水号",
        )));
    }
    Area {
        tag: "流程服务 Process",
        description: "供看板等系统调用：保存表单、发起、审批、重新发起、废弃、催办与任务通知。GET 与 POST 等效，参数可在查询串，POST 时也可在表单或JSON中。应答为`{code, msg, data}`。",
        operations,
        schemas: vec![("ProcessStanding", standing())],
    }
}

fn acts() -> Vec<Act> {
    let number = || ("flowRunningNumber", text(128), "流程流水号");
    vec![
        (
            "/flow/launch",
            "发起流程",
            "前提是录入表单数据的看板已保存。同一流水号，或未填流水号的同一表单，为同一流程。",
            vec![
                ("flowRunningNumber", json!({ "type": "string", "maxLength": 100 }), "流程流水号；空时自动生成"),
                ("flowCode", text(128), "流程定义编码"),
                ("dataId", text(128), "表单数据保存后的ID"),
                ("userName", string(), "发起人名称"),
                ("userCode", string(), "发起人编码"),
                ("deptName", string(), "发起人部门名称"),
            ],
        ),
        (
            "/flow/onAudit",
            "流程审批",
            "前提是审批数据已经保存入库。指明nodeSeq或taskId时审批该节点或任务；否则按审批日志处理待办任务；没有日志时当前节点通过。内容相同的重复调用不产生变化，应答带repeated。",
            vec![
                number(),
                ("nextNodeSeq", string(), "直接跳转到的审批节点；空或-1为正常流转"),
                ("taskDeptManager", string(), "对部门经理发起任务，部门名称以逗号分隔"),
                ("nodeSeq", string(), "审批的节点；指明时可以重复调用"),
                ("taskId", string(), "审批的任务；指明时可以重复调用"),
                ("userCode", string(), "审批人编码"),
                ("userName", string(), "审批人名称"),
                ("result", json!({ "type": "string", "enum": ["", "pass", "reject"] }), "默认pass"),
                ("comment", string(), "意见"),
                request_id(),
            ],
        ),
        ("/flow/relaunch", "重新发起流程", "前提是流程驳回至发起人，或流程已废弃。", vec![number(), request_id()]),
        (
            "/flow/discard",
            "废弃流程",
            "任何时候均可，由发起人或管理员。",
            vec![number(), ("userName", text(255), "当前登录用户"), request_id()],
        ),
        (
            "/flow/urgent",
            "催办流程",
            "前提是节点审批中。同一任务在一段时间内只催办一次。",
            vec![number(), request_id()],
        ),
    ]
}

fn save() -> Operation {
    let data = json!({
        "type": "object", "required": ["flowCode", "dataId", "saved"],
        "properties": { "flowCode": string(), "dataId": string(), "saved": about(count(), "第几次保存。") },
    });
    service(
        "POST",
        "/flow/form/{flowCode}",
        "保存表单数据",
        data,
        json!({ "flowCode": "purchase", "dataId": "f1a2008d74159fb9aad1c5", "saved": 1 }),
    )
    .description("请求体为表单数据，或在`formData`中并可带`dataId`。按表单定义检查，所有问题一次返回。")
    .with(in_path("flowCode", text(128), "流程定义编码"))
    .takes(json!({ "type": "object" }), json!({ "reason": "打印机" }))
}

fn read() -> Operation {
    let data = json!({
        "type": "object", "required": ["flowCode", "dataId", "saved", "formData", "updateTime"],
        "properties": { "flowCode": string(), "dataId": string(), "saved": count(), "formData": { "type": "object" }, "updateTime": string() },
    });
    service(
        "GET",
        "/flow/form/{flowCode}/{dataId}",
        "读取表单数据",
        data,
        json!({ "flowCode": "purchase", "dataId": "f1a2008d74159fb9aad1c5", "saved": 1, "formData": { "reason": "打印机" }, "updateTime": "2026-11-22 08:00:00" }),
    )
    .with(in_path("flowCode", text(128), "流程定义编码"))
    .with(in_path("dataId", text(128), "表单数据的ID"))
}

/// What a caller names its call.
fn request_id() -> (&'static str, Value, &'static str) {
    ("requestId", text(128), "调用的名称，与请求头Idempotency-Key相同：同名调用只执行一次")
}

fn standing() -> Value {
    let task = json!({
        "type": "object", "required": ["taskId", "nodeId", "taskName", "assigneeUserCode"],
        "properties": {
            "taskId": string(), "nodeId": string(), "taskName": string(), "assigneeUserCode": list(string()),
            "deptName": { "type": ["string", "null"] }, "deadLine": { "type": ["string", "null"] },
        },
    });
    let incident = json!({
        "type": "object",
        "properties": { "nodeId": string(), "errorCode": string(), "errorMessage": string() },
    });
    json!({
        "type": "object",
        "required": ["flowRunningNumber", "orderId", "flowCode", "flowVersion", "dataId", "status", "round", "tasks"],
        "properties": {
            "flowRunningNumber": string(), "orderId": integer(1, i64::MAX), "flowCode": string(),
            "flowVersion": integer(1, i64::from(u32::MAX)), "dataId": string(),
            "status": word(&["running", "rejected", "discarded", "passed"]), "round": count(),
            "tasks": about(list(task), "待处理的任务。"),
            "repeated": about(json!({ "type": "boolean" }), "仅流程审批：重复调用，没有产生变化；否则不返回。"),
            "incidents": about(list(incident), "停止的节点；没有时不返回。"),
        },
    })
}

fn standing_example() -> Value {
    json!({
        "flowRunningNumber": "purchase_202611_0001", "orderId": 1_795_305_600_000_123_i64, "flowCode": "purchase", "flowVersion": 1,
        "dataId": "5", "status": "running", "round": 1,
        "tasks": [{ "taskId": "1795305600000123-1", "nodeId": "audit", "taskName": "部门审批", "assigneeUserCode": ["U2"], "deptName": null, "deadLine": null }],
    })
}
