//! The envelope of every answer, and the refusals.

use crate::files::CODES;
use crate::shapes::{about, set};
use serde_json::{Map, Value, json};

/// The envelope around some `data`.
pub fn around(data: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["code", "message", "data", "requestId"],
        "properties": {
            "code": { "const": 200, "description": "The HTTP status once more." },
            "message": { "const": "success" },
            "data": data,
            "requestId": request_id(),
        },
    })
}

fn request_id() -> Value {
    about(json!({ "type": "string" }), "Finds the request in the logs; tell it whoever helps you.")
}

/// What each refusal means, and what it may say.
fn meaning(code: u16) -> (&'static str, &'static str) {
    match code {
        400 => ("请求参数错误：message 以字段名开头", "quantity: 应在1到1000000之间"),
        401 => ("认证失败：不说明是哪一项不对", "签名验证失败"),
        403 => ("权限不足：应用停用、过期、类型不匹配、IP 不在范围内，或令牌无此权限", "应用类型不匹配"),
        404 => ("资源不存在，或不属于调用方", "订单不存在"),
        409 => (
            "同一记录正被其他请求修改：没有任何改动，稍后重试；或相同 Idempotency-Key 的请求正在处理",
            "数据正被其他请求修改，请稍后重试",
        ),
        422 => ("Idempotency-Key 已用于内容不同的请求", "该Idempotency-Key已用于内容不同的请求"),
        429 => {
            ("超出日调用限制，UTC 零点（北京时间 8 点）重新计算；或租户调用过于密集，或操作过于频繁", "超出日调用限制")
        }
        _ => ("服务器内部错误：可以重试；请提供 requestId", "服务器内部错误"),
    }
}

/// Name of a refusal's response.
pub fn name(code: u16) -> String {
    format!("Refused{code}")
}

/// The refusals, for `components/responses`.
pub fn responses() -> Map<String, Value> {
    CODES.into_iter().map(|code| (name(code), response(code))).collect()
}

fn response(code: u16) -> Value {
    let (meaning, message) = meaning(code);
    let schema = json!({
        "type": "object",
        "required": ["code", "message", "data", "requestId"],
        "properties": {
            "code": { "const": code },
            "message": { "type": "string", "minLength": 1 },
            "data": { "type": "null" },
            "requestId": request_id(),
        },
    });
    let mut schema = schema;
    if code == 401
        && let Some(properties) = schema.get_mut("properties")
    {
        let hint = "Signed calls: what may help, where the request shows it, such as an empty JSON body that was signed as no body.";
        set(properties, "hint", about(json!({ "type": "string" }), hint));
    }
    let example = json!({ "code": code, "message": message, "data": null, "requestId": "req_abc124" });
    let retry_after = header("Seconds until it is worth another try.", true);
    let mut response = json!({
        "description": format!("{meaning}（[详情](/openapi/v1/docs/errors/{code})）"),
        "content": { "application/json": { "schema": schema, "example": example } },
    });
    if matches!(code, 409 | 429)
        && let Some(object) = response.as_object_mut()
    {
        let mut headers = if code == 429 { limits(false) } else { Map::new() };
        headers.insert("Retry-After".to_owned(), retry_after);
        object.insert("headers".to_owned(), Value::Object(headers));
    }
    response
}

/// The headers that tell how much of the day's quota is left.
pub fn limits(always: bool) -> Map<String, Value> {
    [
        ("RateLimit-Limit", "Calls a UTC day. Absent where there is no limit, and from calls that change something."),
        ("RateLimit-Remaining", "Calls left today."),
        ("RateLimit-Reset", "Seconds until 00:00 UTC."),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), header(text, always)))
    .collect()
}

/// The header that names a call, so that its repetition is answered as the first time.
pub fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
        "description": "Names this call for 24 hours: a repetition under the same key is not carried out again, and \
            gets the first answer. 1 to 255 visible ASCII characters, such as a UUID; a new one for each new call.",
    })
}

/// The header of an answer that is a former one.
pub fn replayed() -> (String, Value) {
    let schema = json!({ "const": "true" });
    let description = "The answer is the one that the first call under this Idempotency-Key had.";
    ("Idempotency-Replayed".to_owned(), json!({ "description": description, "required": false, "schema": schema }))
}

fn header(description: &str, required: bool) -> Value {
    json!({ "description": description, "required": required, "schema": { "type": "integer", "minimum": 0 } })
}
