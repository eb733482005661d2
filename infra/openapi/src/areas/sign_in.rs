//! Signing in, and a person's tasks: `/aflow/api/oauth2/…`, `/aflow/api/task/list`. Their document is Chinese, and so is
//! what is said here.

use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::shapes::{about, in_query, list, named, nullable, string, word};
use crate::types::Types;
use serde_json::{Value, json};

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "登录与任务中心 Sign-in",
        description: "人员在企业的登录服务器单点登录（OAuth 2.0 授权码 + PKCE），以及本人的任务列表。",
        operations: vec![callback(), refresh(), tasks()],
        schemas: vec![
            (
                "AiflowRefreshing",
                json!({ "type": "object", "properties": { "refreshToken": about(string(), "刷新令牌，只能使用一次；浏览器页面可省略，改用Cookie。") } }),
            ),
            ("AiflowTokens", tokens()),
            ("AiflowTask", task()),
            ("AiflowNotSignedIn", not_signed_in()),
        ],
    }
}

fn callback() -> Operation {
    let place = |name: &str, what: &str| in_query(name, string(), what);
    Operation::plain("/aflow/api/oauth2/callback", "OAuth2 回调", "text/html", string())
        .description(
            "登录服务器把浏览器送回此地址。成功时302回到原来请求的页面并设置会话Cookie；失败时显示错误页面，不再跳转。",
        )
        .with(place("code", "授权码"))
        .with(place("state", "发起登录时的随机串，5分钟内有效，只能使用一次"))
        .with(place("error", "登录服务器拒绝时的错误码"))
        .with(place("iss", "登录服务器自己的名称"))
        .also(302, "登录成功，跳转到原来请求的页面", "", Value::Null)
        .also(400, "登录链接已失效、已使用过，或来自另一浏览器", "text/html", string())
        .also(403, "登录被拒绝，或人员未知、不唯一、已停用", "text/html", string())
        .also(404, "未启用单点登录", "text/html", string())
        .also(500, "系统错误", "text/html", string())
        .also(502, "登录服务器的应答无法使用", "text/html", string())
        .also(503, "登录服务器未应答", "text/html", string())
}

fn refresh() -> Operation {
    let mut operation = Operation::new("POST", "/aflow/api/oauth2/refresh", "刷新令牌", Value::Null, Value::Null);
    let done = json!({
        "type": "object",
        "required": ["status", "msg", "data"],
        "properties": { "status": { "const": 0 }, "msg": { "const": "success" }, "data": named("AiflowTokens") },
        "example": { "status": 0, "msg": "success", "data": { "accessToken": "eyJ…", "refreshToken": "0f3c….A9x…", "expiresIn": 3600 } },
    });
    operation.answer = Answer::Plain("application/json", done);
    operation
        .description("用刷新令牌换取新的会话与下一个刷新令牌。再次使用旧令牌会结束整个登录。无效令牌一律返回HTTP 401、`status`为-4002。")
        .takes(named("AiflowRefreshing"), json!({ "refreshToken": "0f3c….A9x…" }))
        .also(400, "请求内容有误", "application/json", named("AiflowRefusal"))
        .also(401, "登录已失效，须重新登录", "application/json", named("AiflowNotSignedIn"))
        .also(404, "未启用单点登录", "application/json", named("AiflowRefusal"))
        .also(409, "同一登录正在刷新，请稍后重试", "application/json", named("AiflowRefusal"))
        .also(500, "系统错误", "application/json", named("AiflowRefusal"))
        .also(503, "登录服务器未应答", "application/json", named("AiflowRefusal"))
}

fn tasks() -> Operation {
    let data = json!({
        "type": "object",
        "required": ["list", "tasks"],
        "properties": {
            "list": string(),
            "tasks": list(named("AiflowTask")),
            "nextCursor": about(string(), "下一页的起点；没有即为最后一页。"),
        },
    });
    let done = json!({
        "type": "object",
        "required": ["status", "msg", "data"],
        "properties": { "status": { "const": 0 }, "msg": { "const": "success" }, "data": data },
    });
    Operation::plain("/aflow/api/task/list", "任务列表", "application/json", done)
        .description("登录人员的待办、已办、发起、抄送。待办按截止时间排序，超期的在前；其余按时间倒序。未登录返回401与登录地址`data.loginUrl`。")
        .with(in_query("list", word(&["todo", "done", "started", "cc"]), "哪个列表，默认todo"))
        .with(in_query("q", string(), "任务、流程、单据号、发起人中包含的文字"))
        .with(in_query("flow", string(), "流程编码"))
        .with(in_query("terminal", word(&["pc", "mobile"]), "只看在该终端展示的任务"))
        .with(in_query("cursor", string(), "上一页返回的nextCursor"))
        .with(in_query("pageSize", json!({ "type": "string", "pattern": "^([1-9][0-9]?|100)$" }), "每页条数，1至100，默认50"))
        .also(400, "查询参数有误", "application/json", named("AiflowRefusal"))
        .also(429, "来源地址在一分钟内发起的登录过多", "application/json", named("AiflowRefusal"))
}

fn tokens() -> Value {
    json!({
        "type": "object",
        "required": ["expiresIn"],
        "properties": {
            "accessToken": about(string(), "会话令牌（JWT）；凭Cookie刷新时不返回。"),
            "refreshToken": about(string(), "下一个刷新令牌；凭Cookie刷新时不返回。"),
            "expiresIn": { "const": 3600 },
        },
    })
}

fn not_signed_in() -> Value {
    let data = json!({ "type": "object", "required": ["loginUrl"], "properties": {
        "errorCode": about(string(), "固定为`sso.session`；只在刷新时返回。"),
        "loginUrl": about(string(), "登录地址。"),
    } });
    json!({
        "type": "object",
        "required": ["status", "msg", "data"],
        "properties": { "status": { "const": -4002 }, "msg": string(), "data": data },
    })
}

fn task() -> Value {
    let time = || about(string(), "北京时间，格式`yyyy-MM-dd HH:mm:ss`。");
    json!({
        "type": "object",
        "required": ["orderId", "businessKey", "initiator", "createTime"],
        "properties": {
            "orderId": { "type": "integer" },
            "businessKey": string(),
            "flowCode": nullable(string()),
            "flowTitle": nullable(string()),
            "initiator": string(),
            "createTime": time(),
            "orderStatus": string(),
            "orderResult": string(),
            "ccTime": time(),
            "taskId": string(),
            "taskName": string(),
            "taskStatus": string(),
            "taskResult": string(),
            "nodeType": string(),
            "deadLine": time(),
            "handleTime": nullable(time()),
            "showPc": { "type": "boolean" },
            "showMobile": { "type": "boolean" },
            "overdue": { "type": "boolean" },
            "detailUrl": nullable(json!({ "type": "object", "properties": { "h5Url": string(), "webUrl": string() } })),
        },
    })
}
