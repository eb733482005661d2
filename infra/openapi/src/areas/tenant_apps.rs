//! Tenant apps: `/api/system/tenant-app/…` but their webhooks.

use super::store::{MODULES, app_ref, credentials, credentials_schema, page_of};
use super::{MANAGED, tenant_in_query};
use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{
    TIME_OR_DAY, about, answer, body, boolean, count, in_path, in_query, integer, list, named, nullable, set, string,
    time, word,
};
use crate::types::Types;
use serde_json::{Value, json};

pub const EVENTS: [&str; 4] = ["ORDER_STATUS", "QUALITY_RESULT", "LOGISTICS_UPDATE", "RECONCILIATION_CREATED"];
/// With those that an app receives only when it asks for them.
const CALLBACK_EVENTS: [&str; 7] = [
    "ORDER_STATUS",
    "QUALITY_RESULT",
    "LOGISTICS_UPDATE",
    "RECONCILIATION_CREATED",
    "ENDPOINT_DISABLED",
    "APP_EXPIRING",
    "QUOTA_REACHED",
];
pub const PRESETS: [&str; 3] = ["STANDARD", "SHORT", "QUICK"];
const STATES: [&str; 3] = ["active", "disabled", "expired"];
const SUBSCRIPTION_STATES: [&str; 4] = ["TRIAL", "ACTIVE", "EXPIRED", "CANCELED"];

pub fn describe(_: &mut Types) -> Area {
    let mut operations = apps();
    operations.extend(secrets());
    operations.extend(watching());
    Area {
        tag: "客户应用管理 Tenant apps",
        description: "API 凭证、设置、日志与统计。",
        operations: operations.into_iter().map(|o| o.with(tenant_in_query()).refuses(&MANAGED)).collect(),
        schemas: vec![
            ("TenantApp", app_schema()),
            ("AppSettings", settings_schema(&[])),
            ("NewApp", settings_schema(&["appType"])),
            ("LogFilter", filter_schema()),
            ("LogPage", log_page()),
            ("CallRecord", record_schema()),
            ("Sums", sums()),
            ("Stats", stats()),
            ("Overview", overview()),
        ],
    }
}

/// An app's id in the path.
pub fn app_in_path() -> Value {
    in_path("id", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "应用 ID，`app-…`")
}

fn apps() -> Vec<Operation> {
    vec![
        Operation::new(
            "POST",
            "/api/system/tenant-app/create",
            "新建应用",
            answer(json!({ "app": named("TenantApp"), "apiCredentials": named("Credentials") })),
            json!({ "app": app(), "apiCredentials": credentials() }),
        )
        .description("Makes a further app of a module the tenant is subscribed to, at most 20 of each. The secret is shown this once.")
        .takes(named("NewApp"), json!({ "appType": "ORDER_SYNC", "appName": "二号工厂ERP" })),
        Operation::new(
            "POST",
            "/api/system/tenant-app/list",
            "应用列表",
            page_of("TenantApp"),
            json!({ "total": 1, "page": 1, "size": 20, "records": [app()] }),
        )
        .description("The tenant's apps, secrets masked.")
        .takes(
            body(
                &[],
                json!({
                    "page": nullable(json!({ "type": "integer", "minimum": 1 })), "size": nullable(integer(1, 200)),
                    "appType": nullable(app_ref()), "status": nullable(word(&STATES)),
                }),
            ),
            json!({ "status": "active" }),
        ),
        Operation::new("GET", "/api/system/tenant-app/{id}", "应用详情", named("TenantApp"), app())
            .description("One app, secrets masked.")
            .with(app_in_path()),
        Operation::new("PUT", "/api/system/tenant-app/{id}", "修改应用", named("TenantApp"), app())
            .description(
                "Changes settings; what is left out stays, null or an empty text takes a setting away. The first \
                 `callbackUrl` makes a `callbackSecret`, which is shown this once.",
            )
            .takes(named("AppSettings"), json!({ "callbackUrl": "https://your-erp.com/webhook/fashion" }))
            .with(app_in_path()),
        Operation::new(
            "DELETE",
            "/api/system/tenant-app/{id}",
            "删除应用",
            answer(json!({ "id": string(), "deleted": boolean() })),
            json!({ "id": "app-019c4b7e3a00", "deleted": true }),
        )
        .description("Deletes an app; its key is dead from then on, its log stays.")
        .with(app_in_path()),
        Operation::new("POST", "/api/system/tenant-app/{id}/toggle-status", "启用或停用", named("TenantApp"), app())
            .description("Switches an app on or off; the other way than it is when `status` is left out.")
            .takes(
                body(&[], json!({ "status": nullable(word(&["active", "disabled"])) })),
                json!({ "status": "disabled" }),
            )
            .with(app_in_path()),
    ]
}

fn secrets() -> Vec<Operation> {
    let overlap = || {
        let hours = about(integer(0, 168), "Hours for which the old secret counts too; 0 when left out: dead at once.");
        body(&[], json!({ "overlapHours": hours }))
    };
    vec![
        Operation::new(
            "POST",
            "/api/system/tenant-app/{id}/reset-secret",
            "重置密钥",
            rotated(credentials_schema()),
            rotated_example(credentials()),
        )
        .description("A new secret for calls, shown this once.")
        .takes(overlap(), json!({ "overlapHours": 24 }))
        .with(app_in_path()),
        Operation::new(
            "POST",
            "/api/system/tenant-app/{id}/reset-callback-secret",
            "重置回调签名密钥",
            rotated(app_schema()),
            rotated_example(app()),
        )
        .description(
            "A new secret for pushes, shown this once in `callbackSecret`. While older ones count, all of them sign, by \
             both schemes; three count at most, and `olderSecretsEnded` says when one ended before its time.",
        )
        .takes(overlap(), json!({ "overlapHours": 24 }))
        .with(app_in_path()),
        Operation::new("POST", "/api/system/tenant-app/{id}/reset-quota", "重置当日配额", named("TenantApp"), app())
            .description("Gives an app its whole quota of today again.")
            .with(app_in_path()),
    ]
}

/// What a reset answers: this, and what became of the older secrets. One closed object, since two closed
/// schemas together fit nothing.
fn rotated(mut of: Value) -> Value {
    let older = [
        ("olderSecretsUntil", about(list(time()), "Until when each older secret goes on counting.")),
        ("olderSecretsEnded", about(count(), "Older secrets that counted until this reset and do not any more.")),
    ];
    for (name, schema) in older {
        if let Some(properties) = of.get_mut("properties") {
            set(properties, name, schema);
        }
        if let Some(required) = of.get_mut("required").and_then(Value::as_array_mut) {
            required.push(json!(name));
        }
    }
    of
}

fn rotated_example(mut of: Value) -> Value {
    set(&mut of, "olderSecretsUntil", json!(["2026-02-12T14:30:00"]));
    set(&mut of, "olderSecretsEnded", json!(0));
    of
}

fn watching() -> Vec<Operation> {
    let days = || in_query("days", integer(1, 90), "统计的天数（UTC），默认 7");
    let app_id = || in_query("appId", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "只统计这个应用");
    vec![
        Operation::new("POST", "/api/system/tenant-app/{id}/logs", "应用日志", named("LogPage"), log_example())
            .description("Calls and pushes of an app, newest first, kept 90 days. `next` of a page goes into `cursor` for the one after it.")
            .takes(named("LogFilter"), json!({ "status": "FAILED", "size": 20 }))
            .with(app_in_path()),
        Operation::new("POST", "/api/system/tenant-app/all-logs", "全部日志", named("LogPage"), log_example())
            .description("Calls and pushes of all the tenant's apps, newest first.")
            .takes(named("LogFilter"), json!({ "startTime": "2026-02-11T00:00:00" })),
        Operation::new("GET", "/api/system/tenant-app/app-types", "应用类型", list(app_type()), json!([app_type_example()]))
            .description("The modules an app may be of, and whether the tenant can make one."),
        Operation::new("GET", "/api/system/tenant-app/stats", "调用统计", named("Stats"), stats_example())
            .description("Calls and pushes by app, direction and UTC day.")
            .with(days())
            .with(app_id()),
        Operation::new(
            "GET",
            "/api/system/tenant-app/integration-overview",
            "集成总览",
            named("Overview"),
            json!({ "connectedCount": 0, "modules": [] }),
        )
        .description("Whether each module is connected, and why not."),
    ]
}

fn app_schema() -> Value {
    answer(json!({
        "id": string(), "tenantId": string(), "appType": word(&MODULES), "appTypeName": string(), "appName": string(),
        "appKey": string(), "appSecret": about(string(), "Always `****`."), "status": word(&STATES), "trial": boolean(),
        "expireTime": nullable(time()), "dailyQuota": about(count(), "Calls a UTC day; 0 for no limit."),
        "dailyUsed": count(), "scheme2Only": boolean(), "allowIps": list(string()),
        "externalApiUrl": nullable(string()), "callbackUrl": nullable(string()),
        "callbackSecret": about(nullable(string()), "`****`, or in clear in the one answer that made it."),
        "callbackEvents": nullable(json!({ "type": "array", "items": word(&CALLBACK_EVENTS) })),
        "retryPreset": nullable(word(&PRESETS)), "ratePerSecond": nullable(integer(1, 1_000)),
        "secretOverlapUntil": nullable(time()), "callbackSecretOverlapUntil": nullable(time()), "createTime": time(),
        "updateTime": time(),
    }))
}

fn settings_schema(required: &[&str]) -> Value {
    let url = || json!({ "type": ["string", "null"], "maxLength": 2048 });
    let app_type = if required.is_empty() { nullable(app_ref()) } else { app_ref() };
    body(
        required,
        json!({
            "appType": about(app_type, "The module; cannot be changed later."),
            "appName": nullable(json!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": r"\S" })),
            "callbackUrl": about(url(), "Where events are pushed, https. Null or empty stops pushing."),
            "callbackSecret": about(
                nullable(json!({ "type": "string", "maxLength": 128, "pattern": r"^([^\u0000-\u001f\u007f-\u009f]{16,128}|\*\*\*\*)?$" })),
                "What pushes are signed with, 16 to 128 characters; made when left out. `****` changes nothing.",
            ),
            "callbackEvents": about(
                nullable(json!({ "type": "array", "items": word(&CALLBACK_EVENTS) })),
                "Only these events: the module's, and any of ENDPOINT_DISABLED, APP_EXPIRING and QUOTA_REACHED; null for \
                 the module's alone.",
            ),
            "retryPreset": nullable(word(&PRESETS)),
            "ratePerSecond": about(nullable(integer(1, 1_000)), "Pushes a second; null for no limit."),
            "externalApiUrl": about(url(), "Where pull requests go, https."),
            "allowIps": about(
                nullable(json!({ "type": "array", "maxItems": 50, "items": string() })),
                "Addresses and networks calls may come from, such as `203.0.113.0/24`; empty for any.",
            ),
            "scheme2Only": nullable(boolean()),
            "dailyQuota": about(nullable(integer(0, 100_000_000)), "Calls a UTC day, 0 for no limit; for operators alone."),
        }),
    )
}

fn filter_schema() -> Value {
    let time = || {
        about(
            nullable(json!({ "type": "string", "pattern": format!("{TIME_OR_DAY}|^$") })),
            "`yyyy-MM-ddTHH:mm:ss`, with a space for the `T`, or a day; local time of Asia/Shanghai.",
        )
    };
    body(
        &[],
        json!({
            "page": nullable(integer(1, 50)), "size": nullable(integer(1, 200)),
            "cursor": about(nullable(json!({ "type": "string", "minLength": 1 })), "`next` of the page before."), "appId": nullable(string()),
            "startTime": time(), "endTime": time(), "direction": nullable(word(&["INBOUND", "OUTBOUND"])),
            "status": nullable(word(&["SUCCESS", "FAILED", "ERROR"])),
            "httpStatus": nullable(integer(0, 65_535)),
            "path": about(nullable(string()), "Path or URL begins so."),
        }),
    )
}

fn log_page() -> Value {
    answer(json!({
        "page": json!({ "type": "integer", "minimum": 1 }), "size": integer(1, 200), "records": list(named("CallRecord")),
        "next": about(nullable(string()), "Null at the end. A page may be short and still have a next one."),
    }))
}

fn record_schema() -> Value {
    let mut schema = answer(json!({
        "id": string(), "appId": string(), "appName": about(nullable(string()), "Null when the app is gone."),
        "module": word(&MODULES), "direction": word(&["INBOUND", "OUTBOUND"]), "method": string(), "path": string(),
        "httpStatus": about(count(), "0 when there was no answer."), "result": word(&["SUCCESS", "FAILED", "ERROR"]),
        "atMs": about(count(), "Epoch ms."), "durationMs": json!({ "type": "integer" }), "createTime": time(),
    }));
    if let Some(fields) = schema.get_mut("properties") {
        set(fields, "reason", about(string(), "What went wrong: `signature`, `timestamp`, `quota`, `timeout`, …"));
        set(fields, "error", about(string(), "For people, at most 500 characters."));
        set(fields, "requestId", string());
        set(fields, "clientIp", string());
        set(fields, "requestBody", about(string(), "At most 2,000 characters."));
        set(fields, "responseBody", about(string(), "2,000 characters of a call, 16 KB of a push."));
        set(fields, "deliveryId", about(string(), "The delivery a push belongs to."));
        set(fields, "attempt", json!({ "type": "integer", "minimum": 1 }));
        set(
            fields,
            "unsigned",
            about(
                json!({ "type": "integer", "minimum": 1 }),
                "How many calls without the app's signature (401) this record stands for: they are counted apart, and at most 20 an hour are kept.",
            ),
        );
    }
    schema
}

fn app_type() -> Value {
    answer(json!({
        "code": word(&MODULES), "name": string(), "event": word(&EVENTS), "appCount": count(),
        "subscriptionStatus": nullable(word(&SUBSCRIPTION_STATES)), "canCreate": boolean(), "endTime": nullable(time()),
    }))
}

fn share() -> Value {
    json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "Null without calls." })
}

fn unsigned() -> Value {
    about(count(), "Calls that named the app's key without its signature (401); in none of the other numbers.")
}

fn sums() -> Value {
    answer(
        json!({ "calls": count(), "success": count(), "failed": count(), "error": count(), "successRate": share(), "unsigned": unsigned() }),
    )
}

fn stats() -> Value {
    let record = answer(json!({
        "appId": string(), "appName": nullable(string()), "day": json!({ "type": "string", "format": "date" }),
        "direction": word(&["INBOUND", "OUTBOUND"]), "calls": count(), "success": count(), "failed": count(),
        "error": count(), "unsigned": unsigned(), "lastCallTime": nullable(time()),
    }));
    answer(json!({
        "days": integer(1, 90), "total": named("Sums"), "today": named("Sums"), "lastCallTime": nullable(time()),
        "records": list(record),
    }))
}

fn overview() -> Value {
    let module = answer(json!({
        "appType": word(&MODULES), "appTypeName": string(), "connected": boolean(), "reason": string(),
        "subscription": nullable(named("Subscription")), "appCount": count(), "activeAppCount": count(),
        "callbackConfigured": boolean(), "callsToday": count(), "calls": count(), "successRate": share(),
        "unsignedCalls": unsigned(), "lastCallTime": nullable(time()), "lastErrors": list(named("CallRecord")),
    }));
    answer(json!({ "connectedCount": integer(0, 4), "modules": list(module) }))
}

fn app() -> Value {
    json!({
        "id": "app-019c4b7e3a00", "tenantId": "t-1", "appType": "ORDER_SYNC", "appTypeName": "下单对接",
        "appName": "下单对接(试用)", "appKey": "os_0123456789abcdef01234567", "appSecret": "****", "status": "active",
        "trial": true, "expireTime": "2026-02-18T14:30:00", "dailyQuota": 100, "dailyUsed": 3, "scheme2Only": false,
        "allowIps": [], "externalApiUrl": null, "callbackUrl": null, "callbackSecret": null, "callbackEvents": null,
        "retryPreset": null, "ratePerSecond": null, "secretOverlapUntil": null, "callbackSecretOverlapUntil": null,
        "createTime": "2026-02-11T14:30:00", "updateTime": "2026-02-11T14:30:00",
    })
}

fn log_example() -> Value {
    json!({
        "page": 1, "size": 20, "next": null,
        "records": [{
            "id": "call-019c4b7e3a00", "appId": "app-019c4b7e3a00", "appName": "下单对接(试用)", "module": "ORDER_SYNC",
            "direction": "INBOUND", "method": "POST", "path": "/openapi/v1/orders/create", "httpStatus": 401,
            "result": "FAILED", "reason": "timestamp", "atMs": 1_770_791_400_000_i64, "durationMs": 4,
            "createTime": "2026-02-11T14:30:00", "requestId": "req_abc124", "clientIp": "203.0.113.9",
        }],
    })
}

fn app_type_example() -> Value {
    json!({
        "code": "ORDER_SYNC", "name": "下单对接", "event": "ORDER_STATUS", "appCount": 1, "subscriptionStatus": "TRIAL",
        "canCreate": true, "endTime": "2026-02-18T14:30:00",
    })
}

fn stats_example() -> Value {
    let sums = json!({ "calls": 3, "success": 2, "failed": 1, "error": 0, "successRate": 0.67, "unsigned": 0 });
    json!({ "days": 7, "total": sums, "today": sums, "lastCallTime": "2026-02-11T14:30:00", "records": [] })
}
