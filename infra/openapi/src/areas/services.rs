//! Plain services for systems of the operator's own.

use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::shapes::{about, in_path, in_query, integer, list, string};
use crate::types::Types;
use serde_json::{Value, json};

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "钉钉数据查看 DingTalk",
        description: "实时查看钉钉的部门、人员与考勤。应答为`{code, msg, data}`：成功时`code`为0，否则为HTTP状态，`msg`说明原因。",
        operations: vec![tree(), members(), attendance()],
        schemas: vec![("ServiceRefusal", refusal()), ("DingtalkDepartment", department())],
    }
}

/// A call that is answered with `{code: 0, msg, data}`.
pub(super) fn service(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    data: Value,
    example: Value,
) -> Operation {
    let done = json!({
        "type": "object",
        "required": ["code", "msg", "data"],
        "properties": { "code": { "const": 0 }, "msg": string(), "data": data },
        "example": { "code": 0, "msg": "success", "data": example },
    });
    let mut operation = Operation::new(method, path, summary, Value::Null, Value::Null);
    operation.answer = Answer::Plain("application/json", done);
    operation
}

fn refusal() -> Value {
    json!({
        "type": "object",
        "required": ["code", "msg", "data"],
        "properties": {
            "code": { "type": "integer" },
            "msg": about(string(), "失败原因。"),
            "data": { "type": "null" },
        },
    })
}

fn department() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "parentId", "children"],
        "properties": {
            "id": integer(1, i64::MAX),
            "name": string(),
            "parentId": about(json!({ "type": ["integer", "null"] }), "上级部门；公司根部门为null。"),
            "note": about(string(), "下级部门未能读取的原因；已读取时不返回。"),
            "children": list(json!({ "$ref": "#/components/schemas/DingtalkDepartment" })),
        },
    })
}

fn which(operation: Operation) -> Operation {
    operation.with(in_query("connection", string(), "钉钉连接的标识；只有一个连接时不填"))
}

fn tree() -> Operation {
    let example = json!({ "id": 1, "name": "示例公司", "parentId": null, "children": [
        { "id": 100, "name": "采购部", "parentId": 1, "children": [] } ] });
    let schema = json!({ "$ref": "#/components/schemas/DingtalkDepartment" });
    let operation = service("GET", "/dingtalk/department/getTree", "部门树", schema, example)
        .description("该部门及其全部下级。结果保留五分钟。部门很多时可能返回503，重试时从中断处继续。")
        .with(in_query("id", integer(1, i64::MAX), "部门编号，默认1即公司根部门"))
        .with(in_query("fresh", json!({ "type": "string", "enum": ["0", "1"] }), "1为重新读取"));
    which(operation)
}

fn members() -> Operation {
    let example = json!([{ "userid": "zhangsan", "name": "张三", "mobile": "13800000002", "dept_id_list": [100] }]);
    let operation =
        service("GET", "/dingtalk/user/getByDepartmentId", "部门人员", list(json!({ "type": "object" })), example)
            .description("该部门（不含下级）的全部人员，字段与钉钉一致。")
            .with(in_query("id", integer(1, i64::MAX), "部门编号，必填"));
    which(operation)
}

fn attendance() -> Operation {
    let example = json!([{
        "id": 1, "userId": "zhangsan", "checkType": "OnDuty", "timeResult": "Normal", "baseCheckTime": 1_625_878_800_000_i64,
        "userCheckTime": 1_625_878_692_000_i64, "workDay": "2021-07-10", "baseCheckAt": "2021-07-10 09:00:00",
        "userCheckAt": "2021-07-10 08:58:12", "checkTypeText": "上班", "timeResultText": "正常",
    }]);
    let operation =
        service("GET", "/dingtalk/attendance/getByUserId", "人员考勤", list(json!({ "type": "object" })), example)
            .description("打卡记录，字段与钉钉一致，并附加北京时间与中文说明。超过七天的区间自动分段读取。")
            .with(in_query("id", string(), "用户编号，必填"))
            .with(in_query("startTime", string(), "开始时间，`yyyy-MM-dd`或`yyyy-MM-dd HH:mm:ss`，默认今天"))
            .with(in_query("endTime", string(), "结束时间，默认今天"));
    which(operation)
}

/// Tables of ERP data.
pub fn describe_data_sync(_: &mut Types) -> Area {
    let run = json!({ "table": "ERP_SAL_SaleOrder", "rows": 12_000, "columns": 64, "tookMs": 8_400, "run": "r-01jdexample",
        "formId": "SAL_SaleOrder", "action": "create", "state": "succeeded", "tables": ["ERP_SAL_SaleOrder"],
        "rowsInTable": 12_000, "rowsDeleted": 0, "told": {} });
    let operation = |method, path, summary: &'static str, details: &'static str| {
        service(method, path, summary, json!({ "$ref": "#/components/schemas/DataSyncRun" }), run.clone())
            .description(details)
            .with(in_query("formId", string(), "ERP中表单的id，必填"))
            .also(
                202,
                "仍在进行，`data.run`为运行编号",
                "application/json",
                json!({ "type": "object", "required": ["code", "msg", "data"] }),
            )
    };
    let create = "新表在旁边建好后一步替换旧表，同步最近两年的数据；不是Tenon创建的表不会被删除。18秒内未完成时返回202与运行编号，后台继续。";
    let update = "按主键更新最近两个月的数据，保留表中自行添加的列，只写双方都有的列。18秒内未完成时返回202与运行编号，后台继续。";
    Area {
        tag: "ERP数据同步 Data sync",
        description: "把ERP表单同步为SQL数据库中的表。应答为`{code, msg, data}`：成功时`code`为0，否则为HTTP状态。",
        operations: vec![
            operation("GET", "/dataSync/create", "创建同步（慎用）", create),
            operation("POST", "/dataSync/create", "创建同步（慎用）", create),
            operation("GET", "/dataSync/update", "更新同步", update),
            operation("POST", "/dataSync/update", "更新同步", update),
            service(
                "GET",
                "/dataSync/runs/{id}",
                "同步运行",
                json!({ "$ref": "#/components/schemas/DataSyncRun" }),
                run.clone(),
            )
            .description("一次同步的进度与结果。")
            .with(in_path("id", string(), "运行编号")),
        ],
        schemas: vec![("DataSyncRun", data_sync_run())],
    }
}

fn data_sync_run() -> Value {
    let count = |text: &str| about(integer(0, i64::MAX), text);
    json!({
        "type": "object",
        "required": ["table", "rows", "columns", "tookMs", "run"],
        "properties": {
            "table": about(json!({ "type": ["string", "null"] }), "主表的表名；尚未开始时为null。"),
            "rows": count("写入的行数；创建完成后为表中行数。"),
            "columns": count("主表列数。"),
            "tookMs": count("耗时，毫秒。"),
            "run": about(string(), "运行编号。"),
            "formId": string(),
            "action": { "enum": ["create", "update"] },
            "state": { "enum": ["running", "succeeded", "failed"] },
            "tables": list(string()),
            "rowsInTable": count("表中行数。"),
            "rowsDeleted": count("删除的行数。"),
            "told": about(json!({ "type": "object" }), "旧表独有的列、权限、索引，双方不一致的列等说明。"),
        },
    })
}
