//! The OA integration, and what operators hand in for it.

use super::services::service;
use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::shapes::{about, in_path, list, nullable, string, word};
use crate::types::Types;
use serde_json::{Value, json};

const KINDS: [&str; 6] = ["users", "bindings", "departments", "positions", "roles", "data_auth"];

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "OA 系统集成 OA integration",
        description: "供助手平台等系统获取OA用户的Token、信息与权限。应答为`{code, msg, data}`：0成功，1业务失败（HTTP 200）；401、403、404同时是HTTP状态。",
        operations: vec![
            or_failed(token()),
            or_failed(info()),
            or_failed(rights()),
            test(),
            import(),
            read(),
            put(),
            remove(),
        ],
        schemas: vec![("OaUsers", batch())],
    }
}

fn texts(fields: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|(name, what)| ((*name).to_owned(), about(string(), what))).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

/// What is wrong with a call is told with status 200 too: `code` 1, and no data.
fn or_failed(mut operation: Operation) -> Operation {
    if let Answer::Plain(_, schema) = &mut operation.answer
        && let Some(Value::Object(properties)) = schema.get_mut("properties")
    {
        properties.insert("code".to_owned(), json!({ "enum": [0, 1] }));
        if let Some(data) = properties.remove("data") {
            properties.insert("data".to_owned(), nullable(data));
        }
    }
    operation
}

fn token() -> Operation {
    let data = texts(&[
        ("token", "JWT，有效期2小时，放在请求头`Token`。"),
        ("oa_user_id", "OA用户ID。"),
        ("username", "OA用户名。"),
        ("name", "OA用户姓名。"),
    ]);
    let example = json!({ "token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.c2ln", "oa_user_id": "1", "username": "admin", "name": "管理员" });
    service("POST", "/api/oa_integration/get_token", "获取用户Token", data, example)
        .description("未绑定时`code`为1，`msg`为“未找到绑定用户”。每次签发都有日志。")
        .takes(
            json!({ "type": "object", "required": ["assistant_user_id"], "properties": {
                "assistant_user_id": about(json!({ "type": ["string", "integer"] }), "助手平台用户ID。") } }),
            json!({ "assistant_user_id": "U001" }),
        )
}

fn of_user(operation: Operation) -> Operation {
    operation.with(
        json!({ "name": "oa_user_id", "in": "query", "required": true, "schema": string(), "description": "OA用户ID" }),
    )
}

fn info() -> Operation {
    let data = texts(&[
        ("id", "OA用户ID。"),
        ("username", "登录用户名。"),
        ("name", "姓名。"),
        ("email", "邮箱。"),
        ("mobile", "手机号。"),
        ("did", "部门ID。"),
        ("dept_name", "部门名称。"),
        ("position_id", "职位ID。"),
        ("position_name", "职位名称。"),
        ("thumb", "头像URL。"),
    ]);
    let example = json!({ "id": "1", "username": "admin", "name": "管理员", "email": "admin@example.com", "mobile": "13800138000",
        "did": "1", "dept_name": "总公司", "position_id": "1", "position_name": "总经理", "thumb": "/uploads/thumb/xxx.jpg" });
    of_user(service("GET", "/api/oa_integration/get_userinfo", "获取用户信息", data, example))
        .description("只能查看Token所属用户；配置允许的用户或角色可以查看他人。绑定或用户停用后Token随即失效。")
}

fn rights() -> Operation {
    let group = texts(&[("rules", "权限规则ID，逗号分隔。"), ("title", "角色名称。")]);
    let right =
        texts(&[("uids", "有权限的用户ID，逗号分隔。"), ("conf1", "配置。"), ("conf2", "配置。"), ("conf3", "配置。")]);
    let data = json!({ "type": "object", "required": ["user_id", "groups", "data_auth"], "properties": {
        "user_id": about(string(), "OA用户ID。"),
        "groups": { "type": "object", "additionalProperties": group, "description": "角色，键为角色ID。" },
        "data_auth": { "type": "object", "additionalProperties": right, "description": "数据权限，键为名称。" },
    } });
    let example = json!({ "user_id": "1", "groups": { "1": { "rules": "1,2,3", "title": "超级权限角色" } },
        "data_auth": { "office_admin": { "uids": "1,2,3", "conf1": "", "conf2": "", "conf3": "" } } });
    of_user(service("GET", "/api/oa_integration/get_permissions", "获取用户权限", data, example))
        .description("同获取用户信息。")
}

fn test() -> Operation {
    let data = json!({ "type": "object", "required": ["timestamp", "date"], "properties": {
        "timestamp": about(json!({ "type": "integer" }), "秒级时间戳。"), "date": about(string(), "北京时间。") } });
    service(
        "GET",
        "/api/oa_integration/test",
        "测试接口",
        data,
        json!({ "timestamp": 1_705_809_600, "date": "2024-01-21 12:00:00" }),
    )
    .description("始终返回0。")
}

fn import() -> Operation {
    let data = json!({ "type": "object", "required": ["stored"], "properties": {
        "stored": { "type": "object", "additionalProperties": { "type": "integer" } } } });
    Operation::new("POST", "/admin/v1/oa/import", "导入OA用户", data, json!({ "stored": { "users": 1, "bindings": 1 } }))
        .description("一次提交各类记录；有一条不正确则全部不保存，否则逐条新增或替换，未提到的记录不变。`tenantId`指明租户，不填为运营方自己的。")
        .takes(
            json!({ "$ref": "#/components/schemas/OaUsers" }),
            json!({ "users": [{ "id": "1", "username": "admin", "name": "管理员", "did": "1", "roles": ["1"] }],
                "bindings": [{ "assistant_user_id": "U001", "oa_user_id": "1" }] }),
        )
        .with(super::tenant_in_query())
        .refuses(&super::MANAGED)
}

fn one(method: &'static str, summary: &'static str, data: Value, example: Value) -> Operation {
    Operation::new(method, "/admin/v1/oa/{kind}/{id}", summary, data, example)
        .with(in_path("kind", word(&KINDS), "类别"))
        .with(in_path("id", string(), "编号；数据权限为名称，绑定为助手平台用户ID"))
        .with(super::tenant_in_query())
        .refuses(&super::MANAGED)
}

fn record() -> (Value, Value) {
    (json!({ "type": "object" }), json!({ "assistant_user_id": "U001", "oa_user_id": "1", "status": true }))
}

fn read() -> Operation {
    let (schema, example) = record();
    one("GET", "查看一条OA记录", schema, example).description("所保存的记录。")
}

fn put() -> Operation {
    let (schema, example) = record();
    one("PUT", "保存一条OA记录", schema, example)
        .description("新增或替换；字段同导入，编号以路径为准。")
        .takes(json!({ "type": "object" }), json!({ "oa_user_id": "1" }))
}

fn remove() -> Operation {
    let data = json!({ "type": "object", "required": ["removed"], "properties": { "removed": { "type": "boolean" } } });
    one("DELETE", "删除一条OA记录", data, json!({ "removed": true })).description("绑定删除后，其Token随即失效。")
}

fn batch() -> Value {
    let text = || json!({ "type": ["string", "integer", "null"] });
    let texts = || json!({ "type": ["array", "string", "integer", "null"], "items": text() });
    let status = || json!({ "type": ["integer", "string", "boolean", "null"], "description": "1启用，0停用，默认1。" });
    let object = |required: &[&str], fields: Value| json!({ "type": "object", "required": required, "properties": fields, "additionalProperties": false });
    let named = || list(object(&["id", "name"], json!({ "id": text(), "name": text() })));
    let fields = json!({
        "departments": named(),
        "positions": named(),
        "roles": list(object(&["id"], json!({ "id": text(), "title": text(), "rules": texts() }))),
        "users": list(object(&["id"], json!({
            "id": text(), "username": text(), "name": text(), "email": text(), "mobile": text(), "did": text(),
            "dept_name": text(), "position_id": text(), "position_name": text(), "thumb": text(), "roles": texts(), "status": status(),
        }))),
        "data_auth": list(object(&["name"], json!({ "name": text(), "uids": texts(), "conf1": text(), "conf2": text(), "conf3": text() }))),
        "bindings": list(object(&["assistant_user_id", "oa_user_id"], json!({
            "assistant_user_id": text(), "oa_user_id": text(), "status": status() }))),
    });
    object(&[], fields)
}
