//! aiflow's interface: `/aflow/api/…`. Its document is Chinese, and so is what is said here.

use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::shapes::{about, count, integer, list, named, string, word};
use crate::types::Types;
use serde_json::{Value, json};

const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$";

pub fn describe(_: &mut Types) -> Area {
    let mut operations = vec![departments(), users(), bind(), create_flow(), online_flow(), orders()];
    operations.extend(process());
    Area {
        tag: "aiflow 接口 aiflow",
        description: "供 ERP 调用：部门与人员同步、三方流程、订单与任务同步、流程定义与表单、审批日志。请求头`A-Signature`签名；HTTP状态码之外，以应答的`status`为准：`0`成功，`-4002`参数错误或验签失败，`-4001`不支持，`-1024`系统错误。",
        operations,
        schemas: vec![
            ("AiflowRefusal", refusal()),
            ("AiflowSynced", synced()),
            (
                "AiflowDone",
                json!({ "type": "object", "required": ["success"], "properties": { "success": { "const": true }, "warnings": warnings() } }),
            ),
            ("AiflowDepartments", department_body()),
            ("AiflowUsers", user_body()),
            ("AiflowBind", bind_body()),
            ("AiflowThirdPartyFlow", flow_body()),
            ("AiflowOnline", online_body()),
            ("AiflowOrder", order_body()),
            (
                "AiflowFlowVersion",
                object(
                    &["flowCode", "flowVersion"],
                    json!({ "flowCode": string(), "flowVersion": integer(1, i64::from(u32::MAX)), "warnings": warnings() }),
                ),
            ),
            ("AiflowProcess", object(&["flowCode", "flowName", "bpmnXml"], process_body())),
            ("AiflowProcessChange", object(&["flowCode"], process_body())),
            (
                "AiflowPublish",
                object(
                    &["flowCode"],
                    json!({
                        "flowCode": code(), "flowVersion": integer(1, i64::from(u32::MAX)),
                        "updateDesc": json!({ "type": "string", "maxLength": 1020 }),
                    }),
                ),
            ),
            ("AiflowForm", form_body()),
            ("AiflowLog", log_body()),
        ],
    }
}

fn operation(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    data: Value,
    example: Value,
) -> Operation {
    let done = json!({
        "type": "object",
        "required": ["status", "msg"],
        "properties": { "status": { "const": 0 }, "msg": { "const": "success" }, "data": data },
        "example": { "status": 0, "msg": "success", "data": example },
    });
    let mut operation = Operation::new(method, path, summary, Value::Null, Value::Null);
    operation.answer = Answer::Plain("application/json", done);
    operation
}

fn code() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 128 })
}

fn line() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 255 })
}

fn time() -> Value {
    json!({ "type": "string", "pattern": TIME, "description": "北京时间，格式`yyyy-MM-dd HH:mm:ss`。" })
}

fn warnings() -> Value {
    about(list(string()), "未采用的内容，例如未知字段；没有时不返回。")
}

fn object(required: &[&str], fields: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": fields })
}

fn departments() -> Operation {
    operation("POST", "/aflow/api/sys/sync/department", "部门同步", named("AiflowSynced"), synced_example())
        .description("按层级顺序（先上级后下级）提交，一次最多5000条。上级既未保存、也不在本次请求更前位置的部门单独失败，其余照常保存；重复提交结果不变。")
        .takes(
            named("AiflowDepartments"),
            json!({ "departments": [{ "deptId": "D2", "deptName": "技术部", "parentId": "D1", "deptCode": "TECH", "orderNum": 100, "status": 1 }] }),
        )
}

fn users() -> Operation {
    operation("POST", "/aflow/api/sys/sync/user", "用户同步", named("AiflowSynced"), synced_example())
        .description("按层级顺序（先上级后下级）提交，一次最多5000条。部门须已同步；直接上级既未保存、也不在本次请求更前位置的用户单独失败。")
        .takes(
            named("AiflowUsers"),
            json!({ "users": [{ "userId": "U2", "userName": "lisi", "realName": "李四", "mobile": "13800000002", "deptId": "D2", "personnelType": 1, "directSupervisor": "U1", "status": 1 }] }),
        )
}

fn bind() -> Operation {
    operation("POST", "/aflow/api/auth/bind", "用户绑定", about(string(), "系统内的用户编码。"), json!("U2"))
        .description("将ERP用户编码绑定到已有用户，按`linkUserCode`（钉钉、企业微信或飞书的用户ID）或`phoneNumber`查找，前者优先。重复绑定结果不变。")
        .takes(named("AiflowBind"), json!({ "customUserCode": "U2", "phoneNumber": "13800000002" }))
}

fn create_flow() -> Operation {
    let data = object(
        &["flowCode", "flowVersion"],
        json!({ "flowCode": string(), "flowVersion": integer(1, i64::from(u32::MAX)), "warnings": warnings() }),
    );
    operation("POST", "/aflow/api/flow/create_third_party", "创建三方流程定义", data, json!({ "flowCode": "FLOW001", "flowVersion": 1 }))
        .description("内容有变化时产生新版本，内容相同则返回现有版本。负责人、用户、部门须已同步且在用，地址须为https。")
        .takes(
            named("AiflowThirdPartyFlow"),
            json!({
                "flowCode": "FLOW001", "title": "采购申请", "categoryId": "G1",
                "initiateUrl": { "h5Url": "https://odoo.example.com/h5/new", "webUrl": "https://odoo.example.com/web/new" },
                "detailUrl": { "h5Url": "https://odoo.example.com/h5/{orderId}", "webUrl": "https://odoo.example.com/web/{orderId}" },
                "managerUserCode": "U1", "operationUserCode": "U1", "configUserCode": "U1", "createBy": "U1",
                "allowedApplyTerminals": ["pc", "mobile"],
                "allowedApplyRule": { "allowedApplyType": "specify", "userCodes": ["U2"], "deptCodes": [], "userGroupCodes": [] },
            }),
        )
}

fn online_flow() -> Operation {
    operation(
        "POST",
        "/aflow/api/flow/online_third_party",
        "三方流程定义上线",
        named("AiflowDone"),
        json!({ "success": true }),
    )
    .description("上线前再次校验该版本；不填`flowVersion`为最新版本。")
    .takes(named("AiflowOnline"), json!({ "flowCode": "FLOW001", "flowVersion": 1, "updateDesc": "首次上线" }))
}

fn orders() -> Operation {
    operation("POST", "/aflow/api/order/sync/task", "任务同步", named("AiflowDone"), json!({ "success": true }))
        .description("每次提交整个订单及其全部任务，最多1000个任务。较旧的数据（先比`version`，再比`updateTime`）不会覆盖较新的；本次未再出现的任务从列表中移除；新任务通知每位处理人一次。")
        .takes(
            named("AiflowOrder"),
            json!({
                "orderId": 123_456, "orderStatus": "ing", "orderResult": "ing", "initiator": "U1", "version": 1,
                "businessKey": "PO-1", "thirdFlowCode": "FLOW001",
                "createTime": "2025-01-24 10:00:00", "updateTime": "2025-01-24 15:30:00",
                "ccUsers": [{ "userCode": "U3", "ccTime": "2025-01-24 10:00:00" }],
                "tasks": [{
                    "taskId": "T1", "taskName": "部门审批", "assigneeUserCode": ["U2"], "taskStatus": "ing", "taskResult": "new",
                    "deadLine": "2025-01-25 18:00:00", "nodeType": "audit", "showPc": true, "showMobile": true
                }],
            }),
        )
}

/// Processes that run here.
fn process() -> Vec<Operation> {
    let done =
        |method, path, summary| operation(method, path, summary, named("AiflowDone"), json!({ "success": true }));
    let made = |method, path, summary| {
        operation(
            method,
            path,
            summary,
            named("AiflowFlowVersion"),
            json!({ "flowCode": "purchase", "flowVersion": 1 }),
        )
    };
    let form = json!({ "components": [{ "type": "input", "name": "reason", "label": "事由", "required": true }] });
    let log = json!({
        "taskId": "T1", "taskName": "部门审批", "handlerUserCode": "U2", "handleResult": "APPROVED", "handleComment": "同意",
        "handleTime": "2025-01-24 15:30:00"
    });
    vec![
        made("POST", "/aflow/api/flow/create", "创建流程定义")
            .description("保存为草稿版本。BPMN与表单一并检查，所有问题在`errorDetails`中列出（编号、元素、行号）；不支持的元素按名称拒绝。内容相同则返回现有版本。")
            .takes(
                named("AiflowProcess"),
                json!({ "flowCode": "purchase", "flowName": "采购申请", "formSchema": form, "bpmnXml": EXAMPLE }),
            ),
        made("PUT", "/aflow/api/flow/update", "更新流程定义")
            .description("草稿版本被替换；最新版本已发布时产生新的草稿版本。未填写的内容沿用最新版本。")
            .takes(named("AiflowProcessChange"), json!({ "flowCode": "purchase", "flowName": "采购申请单" })),
        done("POST", "/aflow/api/flow/publish", "发布流程")
            .description("再次检查后发布；不填`flowVersion`为最新版本。已发布的版本不再改变，运行中的流程留在原版本。")
            .takes(named("AiflowPublish"), json!({ "flowCode": "purchase", "flowVersion": 1, "updateDesc": "首次发布" })),
        done("POST", "/aflow/api/form/sync", "表单同步")
            .description("表单可由流程以`formCode`引用。重复提交结果不变；`CREATE`已存在且内容不同、`UPDATE`不存在时拒绝。")
            .takes(
                named("AiflowForm"),
                json!({ "formCode": "purchase_form", "formName": "采购申请", "formSchema": form, "syncType": "CREATE" }),
            ),
        done("POST", "/aflow/api/order/approval/log", "审批日志")
            .description("同一任务、同一处理人只保存一次。流程引擎中仍待处理的任务，由`/flow/onAudit`按日志推进。")
            .takes(named("AiflowLog"), json!({ "orderId": 123_456, "businessKey": "PO-1", "logs": [log] })),
    ]
}

/// A small process.
const EXAMPLE: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:tenon="https://tenon.dev/schema/process" targetNamespace="urn:example"><process id="purchase" isExecutable="true"><startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="audit"/><userTask id="audit" name="部门审批" tenon:assignee="manager"/><sequenceFlow id="f2" sourceRef="audit" targetRef="end"/><endEvent id="end"/></process></definitions>"#;

fn process_body() -> Value {
    json!({
        "flowCode": { "type": "string", "minLength": 1, "maxLength": 64, "description": "字母、数字、横线、下划线或点。" },
        "flowName": line(),
        "formSchema": about(json!({ "type": "object" }), "组件列表`components[{type,name,label,required,options}]`，或JSON Schema（formily，保留`x-`开头的键）。"),
        "formCode": about(code(), "引用已同步的表单；与`formSchema`二选一。"),
        "bpmnXml": about(json!({ "type": "string", "minLength": 1 }), "BPMN 2.0，不超过1MB，不含DTD。"),
    })
}

fn form_body() -> Value {
    object(
        &["formCode", "syncType"],
        json!({
            "formCode": code(), "formName": line(), "formSchema": json!({ "type": "object" }),
            "syncType": word(&["CREATE", "UPDATE", "DELETE"]),
        }),
    )
}

fn log_body() -> Value {
    let log = object(
        &["taskId", "taskName", "handlerUserCode", "handleResult", "handleTime"],
        json!({
            "taskId": code(), "taskName": line(), "handlerUserCode": code(),
            "handleResult": word(&["APPROVED", "REJECTED", "TRANSFERRED"]),
            "handleComment": json!({ "type": "string", "maxLength": 2000 }), "handleTime": time(),
            "formData": about(json!({ "type": "object" }), "处理时的表单数据。"),
        }),
    );
    object(
        &["orderId", "businessKey", "logs"],
        json!({
            "orderId": about(integer(1, i64::MAX), "流程订单号。"), "businessKey": line(),
            "logs": { "type": "array", "minItems": 1, "maxItems": 90, "items": log },
        }),
    )
}

fn synced() -> Value {
    let detail = object(
        &["code", "path", "message"],
        json!({
            "code": about(string(), "外部系统的部门或用户ID。"),
            "path": about(string(), "出错字段，例如`departments[3].parentId`。"),
            "message": string(),
        }),
    );
    object(
        &["successCount", "failCount", "failDetails"],
        json!({ "successCount": count(), "failCount": count(), "failDetails": list(detail), "warnings": warnings() }),
    )
}

fn synced_example() -> Value {
    json!({ "successCount": 1, "failCount": 1, "failDetails": [{ "code": "D3", "path": "departments[1].parentId", "message": "上级部门D9不存在，或本次未能保存" }] })
}

fn refusal() -> Value {
    let detail = object(&["field", "message"], json!({ "field": string(), "message": string() }));
    let data = object(
        &["errorCode", "errorMessage"],
        json!({
            "errorCode": string(), "errorMessage": string(), "errorDetails": list(detail),
            "retryAfter": about(count(), "多少秒后可以重试，与`Retry-After`一致。"),
            "requestId": about(string(), "请求编号，联系我们时请提供。"),
        }),
    );
    object(
        &["status", "msg"],
        json!({ "status": { "type": "integer", "enum": [-4002, -4001, -1024] }, "msg": string(), "data": data }),
    )
}

fn department_body() -> Value {
    let department = object(
        &["deptId", "deptName"],
        json!({
            "deptId": about(code(), "部门ID（外部系统）。"),
            "deptName": line(),
            "parentId": about(code(), "父部门ID（外部系统），根部门不填。"),
            "deptCode": about(code(), "部门编码；不填则保留已有的。"),
            "orderNum": about(json!({ "type": "integer" }), "排序，默认100。"),
            "status": about(integer(0, 1), "1启用，0禁用，默认1。"),
        }),
    );
    object(&["departments"], json!({ "departments": { "type": "array", "maxItems": 5000, "items": department } }))
}

fn user_body() -> Value {
    let user = object(
        &["userId", "userName", "deptId"],
        json!({
            "userId": about(code(), "用户ID（外部系统）。"),
            "userName": line(),
            "realName": line(),
            "email": line(),
            "mobile": json!({ "type": "string", "maxLength": 32 }),
            "deptId": about(code(), "部门ID（外部系统），须已同步。"),
            "personnelType": about(integer(1, 5), "1正式，2实习，3外包，4劳务，5顾问，默认1。"),
            "directSupervisor": about(code(), "直接上级用户ID（外部系统），最高负责人不填。"),
            "status": about(integer(0, 1), "1启用，0禁用，默认1。"),
        }),
    );
    object(&["users"], json!({ "users": { "type": "array", "maxItems": 5000, "items": user } }))
}

fn bind_body() -> Value {
    let fields = json!({
        "customUserCode": about(code(), "ERP用户编码。"),
        "linkUserCode": about(code(), "钉钉、企业微信或飞书的用户ID，或系统内的用户编码。"),
        "phoneNumber": about(json!({ "type": "string", "maxLength": 32 }), "手机号；须恰有一名在职用户与之对应。"),
    });
    object(&["customUserCode"], fields)
}

fn flow_body() -> Value {
    let url = || json!({ "type": "string", "pattern": "^https://", "maxLength": 2000 });
    let urls = || object(&["h5Url", "webUrl"], json!({ "h5Url": url(), "webUrl": url() }));
    let rule = || {
        object(
            &[],
            json!({
                "allowedApplyType": about(word(&["all", "specify", "ALL", "CUSTOM", "SPECIFY"]), "`all`全部，`specify`指定，默认`all`。"),
                "userCodes": list(code()), "deptCodes": list(code()), "userGroupCodes": list(code()),
            }),
        )
    };
    let fields = json!({
        "flowCode": about(code(), "三方业务流程编码，也可写作`thirdFlowCode`。"),
        "thirdFlowCode": code(), "businessKey": line(), "externalSystemCode": code(), "title": line(),
        "initiateUrl": urls(),
        "detailUrl": about(urls(), "可含`{orderId}`、`{taskId}`、`{businessKey}`；都不含时作为查询参数附加。"),
        "categoryId": about(code(), "所属分组，也可写作`groupId`。"), "groupId": code(),
        "managerUserCode": code(), "operationUserCode": code(), "configUserCode": code(), "createBy": code(),
        "allowedApplyTerminals": list(word(&["pc", "mobile"])),
        "allowedApplyRule": rule(), "allowedManageRule": rule(),
    });
    let required =
        ["title", "initiateUrl", "detailUrl", "managerUserCode", "operationUserCode", "configUserCode", "createBy"];
    object(&required, fields)
}

fn online_body() -> Value {
    object(
        &[],
        json!({
            "flowCode": about(code(), "流程编码，也可写作`thirdFlowCode`。"), "thirdFlowCode": code(),
            "flowVersion": integer(1, i64::from(u32::MAX)), "updateDesc": json!({ "type": "string", "maxLength": 1020 }),
        }),
    )
}

fn order_body() -> Value {
    let copy = object(&["userCode", "ccTime"], json!({ "userCode": code(), "ccTime": time() }));
    let task = object(
        &["taskName", "assigneeUserCode", "taskResult", "deadLine", "showPc", "showMobile"],
        json!({
            "taskId": about(code(), "任务ID，也可写作`thirdTaskId`。"), "thirdTaskId": code(), "taskName": line(),
            "assigneeUserCode": about(json!({ "type": "array", "minItems": 1, "maxItems": 500, "items": code() }), "处理人编码，可有多个。"),
            "taskStatus": about(word(&["new", "ing", "over"]), "默认`ing`。"),
            "taskResult": word(&["new", "accept", "pass", "reject", "revoke", "rebut"]),
            "deadLine": time(), "nodeType": about(word(&["handle", "audit", "notify"]), "默认`audit`。"),
            "createTime": time(), "handleTime": about(time(), "处理完成（`over`）时必填。"),
            "showPc": json!({ "type": "boolean" }), "showMobile": json!({ "type": "boolean" }),
        }),
    );
    let id = || integer(1, i64::MAX);
    let fields = json!({
        "orderId": about(id(), "流程订单号，也可写作`thirdOrderId`。"), "thirdOrderId": id(),
        "orderStatus": about(word(&["new", "ing", "over"]), "默认`ing`。"),
        "orderResult": word(&["ing", "pass", "reject", "revoke", "delete"]),
        "initiator": code(), "version": about(integer(0, i64::MAX), "订单版本。"), "parentOrderId": id(), "parentTaskOrderId": code(),
        "businessKey": line(), "createTime": time(), "updateTime": time(),
        "thirdFlowCode": about(code(), "三方流程编码；填写时须已创建。"), "flowCode": code(),
        "ccUsers": list(copy),
        "tasks": { "type": "array", "maxItems": 1000, "items": task },
    });
    object(&["orderResult", "initiator", "businessKey", "createTime", "updateTime", "tasks"], fields)
}
