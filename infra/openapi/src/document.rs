//! The document as a whole.

use crate::area::Area;
use crate::operation::{Answer, Operation};
use crate::types::Types;
use crate::{areas, envelope, patch, shapes, webhooks};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tenon_catalog::{Auth, FUNCTIONS, Role, Route};

/// What a reader should know before the first call; also the first part of the page.
pub const GUIDE: &str = include_str!("guide.md");
/// Paths that are part of the document.
const PREFIXES: [&str; 11] = [
    "/openapi/v1/",
    "/api/system/",
    "/admin/v1/",
    "/barcode/",
    "/aflow/api/",
    "/plm/",
    "/dingtalk/",
    "/dataSync/",
    "/flow/",
    "/message/",
    "/api/oa_integration/",
];

/// What aiflow's interface answers with other statuses.
const AIFLOW_REFUSALS: [(&str, &str); 5] = [
    ("400", "参数错误（`-4002`，逐字段列出）；请求体过大；接口尚不支持（`-4001`）"),
    ("403", "签名验证失败：不说明是哪一项不对"),
    ("409", "相同签名的请求正在处理，或同一数据正被其他请求修改（`-1024`）：稍后重试"),
    ("429", "调用过于频繁（`-1024`）：按`Retry-After`重试"),
    ("500", "系统错误（`-1024`）：可以重试；请提供`requestId`"),
];

/// What plain services answer with other statuses; the `code` is the status.
const SERVICE_REFUSALS: &[(&str, &str)] = &[
    ("400", "参数错误，`msg`指明哪一项"),
    ("401", "认证失败：不说明是哪一项不对"),
    ("404", "没有这个对象，`msg`指明哪一个"),
    ("409", "同一对象正在处理中或已被他人更改，`msg`指明哪一个"),
    ("429", "调用过于频繁：按`Retry-After`重试"),
    ("500", "系统错误，请提供`msg`中的请求编号"),
    ("502", "外部系统拒绝了请求，`msg`说明原因"),
    ("503", "外部系统限流或没有应答：按`Retry-After`重试"),
];

/// What the OA integration answers with other statuses.
const OA_REFUSALS: &[(&str, &str)] = &[
    ("401", "`code` 401：Token已过期或失效；获取Token时为应用码错误"),
    ("403", "`code` 403：Token签名错误，或无权查看该用户"),
    ("404", "`code` 404：非法请求或Token不能为空"),
    ("429", "`code` 1：调用过于频繁，按`Retry-After`重试"),
    ("500", "`code` 1：系统错误"),
    ("502", "`code` 1：OA数据库的账号、权限或查询有误"),
    ("503", "`code` 1：OA数据库无法访问，按`Retry-After`重试"),
];

/// The OpenAPI document.
///
/// # Errors
/// A route of the catalog that is not described, or a description of none; a schema that does not fit.
pub fn document() -> Result<Value, String> {
    let mut types = Types::new();
    let areas: Vec<Area> = areas::ALL.iter().map(|describe| describe(&mut types)).collect();
    check(&areas)?;
    let webhooks = webhooks::webhooks(&mut types);
    let mut schemas = types.into_schemas()?;
    patch::apply(&mut schemas)?;
    let import = areas::signed::import(&schemas)?;
    schemas.insert("PullImport".to_owned(), import);
    for (name, schema) in areas.iter().flat_map(|area| &area.schemas) {
        if schemas.insert((*name).to_owned(), schema.clone()).is_some() {
            return Err(format!("two schemas are called {name}"));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tenon OpenAPI",
            "summary": "应用商店与 API 对接：下单、质检、物流、付款",
            "version": "1.0.0",
            "description": GUIDE,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "所有租户使用同一地址，由 appKey 区分" }],
        "tags": areas.iter().map(|a| json!({ "name": a.tag, "description": a.description })).collect::<Vec<_>>(),
        "paths": paths(&areas, &schemas)?,
        "webhooks": webhooks,
        "components": {
            "schemas": schemas,
            "responses": envelope::responses(),
            "securitySchemes": schemes(),
        },
    });
    Ok(shapes::sorted(document))
}

/// The catalog's routes that belong into the document.
pub fn routes() -> Vec<&'static Route> {
    let all = FUNCTIONS.iter().flat_map(|function| function.routes());
    // What browsers ask beforehand is nobody's to call.
    let all = all.filter(|route| route.method != "OPTIONS");
    all.filter(|route| PREFIXES.iter().any(|prefix| route.path.starts_with(prefix))).collect()
}

fn check(areas: &[Area]) -> Result<(), String> {
    let described: Vec<(&str, &str)> =
        areas.iter().flat_map(|area| area.operations.iter().map(|o| (o.method, o.path))).collect();
    let wanted: BTreeSet<(&str, &str)> = routes().into_iter().map(|route| (route.method, route.path)).collect();
    let mut seen = BTreeSet::new();
    for (method, path) in described {
        if !wanted.contains(&(method, path)) {
            return Err(format!("{method} {path} is described in infra/openapi, but the catalog has no such route"));
        }
        if !seen.insert((method, path)) {
            return Err(format!("{method} {path} is described twice"));
        }
    }
    match wanted.difference(&seen).next() {
        Some((method, path)) => Err(format!("{method} {path} is not described; add it in infra/openapi/src/areas")),
        None => Ok(()),
    }
}

fn paths(areas: &[Area], schemas: &Map<String, Value>) -> Result<Value, String> {
    let mut paths = Map::new();
    for area in areas {
        for operation in &area.operations {
            let route = routes().into_iter().find(|r| (r.method, r.path) == (operation.method, operation.path));
            let route = route.ok_or_else(|| format!("{} is not in the catalog", operation.path))?;
            let entry = paths.entry(operation.path).or_insert_with(|| json!({}));
            shapes::set(entry, &operation.method.to_ascii_lowercase(), describe(area, operation, route, schemas));
        }
    }
    Ok(Value::Object(paths))
}

fn describe(area: &Area, operation: &Operation, route: &Route, schemas: &Map<String, Value>) -> Value {
    let auth = route.auth;
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(operation, route));
    let (mut parameters, mut refusals) = (operation.parameters.clone(), operation.refusals.clone());
    if route.takes_idempotency_key() {
        parameters.push(envelope::idempotency_key());
        refusals.extend([400, 409, 422]);
    }
    if matches!(auth, Auth::OpenApi { .. } | Auth::Bearer { .. }) {
        refusals.push(429);
    }
    if auth == Auth::Aiflow {
        let schema = json!({ "$ref": "#/components/schemas/AiflowRefusal" });
        for (code, meaning) in AIFLOW_REFUSALS {
            let content = json!({ "application/json": { "schema": schema } });
            responses.insert(code.to_owned(), json!({ "description": meaning, "content": content }));
        }
    }
    if let Auth::Service { .. } | Auth::OaToken = auth {
        let oa = operation.path.starts_with("/api/oa_integration/");
        for (code, meaning) in if oa { OA_REFUSALS } else { SERVICE_REFUSALS } {
            let content = json!({ "application/json": { "schema": shapes::named("ServiceRefusal") } });
            responses.insert((*code).to_owned(), json!({ "description": meaning, "content": content }));
        }
    }
    if auth == Auth::PermittedApp {
        let refusal = if operation.path.starts_with("/plm/") { "PlmAnswer" } else { "BarcodeRefusal" };
        let content = json!({ "application/json": { "schema": shapes::named(refusal) } });
        responses
            .insert("401".to_owned(), json!({ "description": "认证失败：不说明是哪一项不对", "content": content }));
    }
    if auth == Auth::Session {
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/AiflowNotSignedIn" } } });
        responses.insert("401".to_owned(), json!({ "description": "未登录或登录已失效", "content": content }));
    }
    for (status, meaning, kind, schema) in &operation.others {
        let mut answered = json!({ "description": meaning });
        // A redirect has no body.
        if !kind.is_empty() {
            shapes::set(&mut answered, "content", json!({ *kind: { "schema": schema } }));
        }
        responses.insert(status.to_string(), answered);
    }
    for code in BTreeSet::from_iter(refusals) {
        responses
            .insert(code.to_string(), json!({ "$ref": format!("#/components/responses/{}", envelope::name(code)) }));
    }
    let mut described = json!({
        "operationId": operation.id(),
        "tags": [area.tag],
        "summary": operation.summary,
        "description": format!("{}\n\n{}", operation.description, needs(auth)).trim(),
        "parameters": parameters,
        "responses": responses,
        "security": security(auth),
    });
    if let Some((schema, example)) = &operation.request {
        let content = json!({ "application/json": { "schema": schema, "example": example } });
        // A body whose fields may all be left out may be left out itself.
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
        let fields = reference.and_then(|name| schemas.get(name)).unwrap_or(schema);
        let required = fields.get("anyOf").is_some() || fields.get("required").is_some_and(|r| *r != json!([]));
        shapes::set(&mut described, "requestBody", json!({ "required": required, "content": content }));
    }
    if let Auth::OpenApi { module, .. } = auth {
        shapes::set(&mut described, "x-module", json!(module));
    }
    if let Auth::Bearer { role, .. } = auth {
        shapes::set(&mut described, "x-role", json!(role_name(role)));
    }
    described
}

fn success(operation: &Operation, route: &Route) -> Value {
    let mut response = match &operation.answer {
        Answer::Plain(kind, schema) => json!({ "description": "成功", "content": { *kind: { "schema": schema } } }),
        Answer::Data(data, example) => {
            let example = json!({ "code": 200, "message": "success", "data": example, "requestId": "req_abc123" });
            let content = json!({ "schema": envelope::around(data), "example": example });
            json!({ "description": "成功", "content": { "application/json": content } })
        }
    };
    let mut headers = if matches!(route.auth, Auth::OpenApi { .. }) { envelope::limits(false) } else { Map::new() };
    headers.extend(route.takes_idempotency_key().then(envelope::replayed));
    if !headers.is_empty() {
        shapes::set(&mut response, "headers", Value::Object(headers));
    }
    response
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Operator => "operator",
        Role::TenantAdmin => "tenant-admin",
        Role::Either | Role::Anyone => "either",
    }
}

fn needs(auth: Auth) -> String {
    match auth {
        Auth::OpenApi { module, write: true } => format!(
            "Needs an app of module `{module}`. Changes something: the same signature, or the same nonce, is taken once."
        ),
        Auth::OpenApi { module, write: false } => format!("Needs an app of module `{module}`. Only reads."),
        Auth::Bearer { role: Role::Operator, scope } => format!("For operators with the scope `{scope}`."),
        Auth::Bearer { role: Role::TenantAdmin, scope } => {
            format!("For tenant administrators with the scope `{scope}`.")
        }
        Auth::Bearer { role: Role::Either | Role::Anyone, scope } => format!(
            "For tenant administrators and operators with the scope `{scope}`; an operator names the tenant in the \
             query parameter `tenantId`."
        ),
        Auth::Aiflow => "For an ERP, signed with the secret of its app.".to_owned(),
        Auth::Session => "For a person who is signed in, by the session's cookie or its token.".to_owned(),
        Auth::Console { .. } => "For a page of the console, by its session's cookie.".to_owned(),
        Auth::AppCode => "For the production system, with its app code.".to_owned(),
        Auth::ConnectionApp => "For the OA of the connection, with its app code.".to_owned(),
        Auth::PermittedApp => "For a system that may use the connection, with its app code.".to_owned(),
        Auth::Service { name } => {
            format!("For a system that may call the service `{name}`, with its app code or from its address.")
        }
        Auth::OaToken => "For the holder of a token of `get_token`.".to_owned(),
        Auth::Open | Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope => {
            "Open to everybody.".to_owned()
        }
    }
}

fn security(auth: Auth) -> Value {
    match auth {
        Auth::OpenApi { .. } => json!([
            { "appKey": [], "timestamp": [], "signature": [] },
            { "appKey": [], "timestamp": [], "signature": [], "signatureVersion": [], "nonce": [] },
        ]),
        Auth::Bearer { .. } => json!([{ "bearer": [] }]),
        Auth::Aiflow => json!([{ "aiflowSignature": [] }]),
        Auth::Session => json!([{ "session": [] }, { "bearer": [] }]),
        Auth::AppCode | Auth::ConnectionApp | Auth::PermittedApp => json!([{ "appCode": [] }]),
        Auth::Service { .. } => json!([{ "appCode": [] }, { "appCodeInQuery": [] }, {}]),
        Auth::OaToken => json!([{ "oaToken": [] }]),
        // Pages are none of the document's: their cookie is a browser's.
        Auth::Console { .. } | Auth::Open | Auth::DingTalkEnvelope | Auth::WecomEnvelope | Auth::BlacklakeEnvelope => {
            json!([])
        }
    }
}

fn schemes() -> Value {
    let header = |name: &str, description: &str| json!({ "type": "apiKey", "in": "header", "name": name, "description": description });
    json!({
        "appKey": header("X-App-Key", "The app's public key, `os_…`."),
        "timestamp": header("X-Timestamp", "Unix time in milliseconds, 13 digits, within 5 minutes of the server's."),
        "signature": header("X-Signature", "HMAC-SHA256 under the app's secret, 64 lower-case hex digits: scheme 1 over \
            appKey + timestamp + body, scheme 2 over seven lines."),
        "signatureVersion": header("X-Signature-Version", "`2` for scheme 2; left out, or `1`, for scheme 1."),
        "nonce": header("X-Nonce", "Scheme 2: 16 to 64 letters, digits, `-` and `_`, never used twice."),
        "aiflowSignature": header("A-Signature", "Upper-case hex of `{\"enterpriseCode\",\"appId\",\"timestamp\",\"cipher\"}`; `X-A-Signature` is read too."),
        "bearer": { "type": "http", "scheme": "bearer", "description": "A token `tnn_…` of `tenon token` or `POST /admin/v1/tokens`." },
        "session": { "type": "apiKey", "in": "cookie", "name": "__Host-aflow", "description": "The session that came of signing in." },
        "appCode": header("X-ApiG-AppCode", "The code of one of the configuration's `[[apps]]`."),
        "appCodeInQuery": { "type": "apiKey", "in": "query", "name": "appCode", "description": "The same in the query, where the app has `code_in_query`." },
        "oaToken": header("Token", "A token of `get_token`."),
    })
}
