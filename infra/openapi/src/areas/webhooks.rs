//! The management of pushes: `/api/system/tenant-app/{id}/webhook…`.

use super::tenant_apps::{EVENTS, PRESETS, app_in_path};
use super::{MANAGED, tenant_in_query};
use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{
    TIME_OR_DAY, about, answer, boolean, count, in_path, integer, list, named, nullable, set, string, time, word,
};
use crate::types::Types;
use serde_json::{Value, json};

const STATES: [&str; 6] = ["pending", "in-flight", "delivered", "failed", "canceled", "skipped"];
const CAUSES: [&str; 3] = ["gone", "failures", "failing-for"];

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "推送管理 Webhook deliveries",
        description: "推送状态、记录与重新推送。",
        operations: operations()
            .into_iter()
            .map(|o| {
                let called = ["/test", "/resend", "/resend-jobs"].iter().any(|end| o.path.ends_with(end));
                let refused: Vec<u16> = if called { [&MANAGED[..], &[429]].concat() } else { MANAGED.to_vec() };
                o.with(app_in_path()).with(tenant_in_query()).refuses(&refused)
            })
            .collect(),
        schemas: vec![
            ("Endpoint", endpoint_schema()),
            ("Delivery", answer(delivery_fields())),
            ("DeliveryWithAttempts", delivery_with_attempts()),
            ("ResendJob", job_schema()),
        ],
    }
}

fn operations() -> Vec<Operation> {
    let delivery_id =
        || in_path("deliveryId", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "推送编号 `msg_…`");
    let job_id = || in_path("jobId", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "任务编号 `rs-…`");
    let queued = || answer(json!({ "deliveryId": string() }));
    let queued_example = || json!({ "deliveryId": "msg_19c4b7e3a00a1b2c3d4e5f6a7b8" });
    vec![
        Operation::new("GET", "/api/system/tenant-app/{id}/webhook", "推送状态", named("Endpoint"), endpoint())
            .description("How the endpoint does: failures in a row, alerts, when and why it was switched off."),
        Operation::new("POST", "/api/system/tenant-app/{id}/webhook/enable", "重新启用推送", named("Endpoint"), endpoint())
            .description("Switches pushing on again."),
        Operation::new("POST", "/api/system/tenant-app/{id}/webhook/test", "发送测试", queued(), queued_example())
            .description("Pushes a `TEST` event, at most 3 attempts, which do not count as failures of the endpoint."),
        Operation::new(
            "POST",
            "/api/system/tenant-app/{id}/webhook/deliveries",
            "推送列表",
            answer(json!({ "size": integer(1, 100), "records": list(named("Delivery")), "nextCursor": nullable(string()) })),
            json!({ "size": 20, "records": [delivery()], "nextCursor": null }),
        )
        .description("Deliveries by their events' time, newest first. `nextCursor` goes into `cursor`; a page may be short and still have a next one.")
        .takes(list_schema(), json!({ "state": "failed" })),
        Operation::new(
            "GET",
            "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}",
            "推送详情",
            named("DeliveryWithAttempts"),
            with_attempts(),
        )
        .description("One delivery with its attempts, and the answers of the latest 20.")
        .with(delivery_id()),
        Operation::new(
            "POST",
            "/api/system/tenant-app/{id}/webhook/deliveries/{deliveryId}/resend",
            "重新推送",
            queued(),
            queued_example(),
        )
        .description("Pushes a delivery again under the same id.")
        .with(delivery_id()),
        Operation::new(
            "POST",
            "/api/system/tenant-app/{id}/webhook/resend-jobs",
            "重推一段时间",
            named("ResendJob"),
            job(),
        )
        .description("Pushes what happened in a range of time again: what has not arrived, what happened while the endpoint was off included, or all of it.")
        .takes(job_request(), json!({ "from": "2026-02-11T00:00:00", "only": "failed" })),
        Operation::new(
            "GET",
            "/api/system/tenant-app/{id}/webhook/resend-jobs/{jobId}",
            "重推任务",
            named("ResendJob"),
            job(),
        )
        .description("How far a job has come.")
        .with(job_id()),
    ]
}

/// A time of a body.
fn moment() -> Value {
    about(
        json!({ "anyOf": [{ "type": "string", "pattern": TIME_OR_DAY }, { "type": "integer", "minimum": 0 }] }),
        "`yyyy-MM-ddTHH:mm:ss` local time of Asia/Shanghai, a day, or epoch ms.",
    )
}

fn list_schema() -> Value {
    json!({
        "type": "object",
        "required": [],
        "properties": {
            "from": nullable(moment()), "to": nullable(moment()), "state": nullable(word(&STATES)),
            "cursor": nullable(json!({ "type": "string", "maxLength": 64, "pattern": "^msg_" })),
            "size": nullable(integer(1, 100)),
        },
    })
}

fn job_request() -> Value {
    json!({
        "type": "object",
        "required": ["from"],
        "properties": { "from": moment(), "to": nullable(moment()), "only": word(&["failed", "all"]) },
    })
}

fn endpoint_schema() -> Value {
    let alert = answer(json!({
        "at": time(), "percent": integer(0, 100), "failures": count(), "failingSince": time(),
        "disabledReason": nullable(word(&CAUSES)),
    }));
    answer(json!({
        "appId": string(), "callbackUrl": nullable(string()), "enabled": boolean(), "events": list(word(&EVENTS)),
        "retryPreset": word(&PRESETS), "ratePerSecond": nullable(integer(1, 1_000)), "oldSecretUntil": nullable(time()),
        "consecutiveFailures": count(), "firstFailureAt": nullable(time()), "lastFailureAt": nullable(time()),
        "lastSuccessAt": nullable(time()), "disabledAt": nullable(time()), "disabledReason": nullable(word(&CAUSES)),
        "disabledMessage": nullable(string()), "alerts": list(alert),
        "lastError": about(nullable(string()), "While it fails: the class of the last attempt, or the code of what kept it from being made."),
        "slowSince": about(nullable(time()), "While its answers take longer than 2 s: first attempts go to the slow lane."),
        "slowMs": nullable(count()),
        "healthy": about(boolean(), "On, and neither failing nor impossible to push to."),
        "problem": about(nullable(string()), "What is wrong and what to do, in Chinese."),
    }))
}

fn delivery_fields() -> Value {
    json!({
        "deliveryId": string(), "eventId": about(nullable(string()), "Null for a test."),
        "event": word(&["ORDER_STATUS", "QUALITY_RESULT", "LOGISTICS_UPDATE", "RECONCILIATION_CREATED", "TEST"]),
        "state": word(&STATES), "reason": nullable(string()), "detail": nullable(string()), "attempts": count(),
        "nextAttemptAt": nullable(time()), "lastStatus": nullable(count()), "lastError": nullable(string()),
        "createdAt": time(),
    })
}

fn delivery_with_attempts() -> Value {
    let attempt = answer(json!({
        "attempt": json!({ "type": "integer", "minimum": 1 }), "at": time(), "atMs": count(),
        "status": about(count(), "0 when there was no answer."), "success": boolean(), "errorClass": nullable(string()),
        "hint": about(nullable(string()), "What to do about it, in Chinese."),
        "error": nullable(string()), "durationMs": json!({ "type": "integer" }),
        "responseBody": about(nullable(string()), "The first 16 KB."),
    }));
    let mut fields = delivery_fields();
    set(&mut fields, "body", about(string(), "The exact bytes of every attempt."));
    set(&mut fields, "attemptList", about(list(attempt), "Newest first."));
    answer(fields)
}

fn job_schema() -> Value {
    answer(json!({
        "jobId": string(), "state": word(&["running", "done", "failed"]), "reason": nullable(string()),
        "only": word(&["failed", "all"]), "from": time(), "to": time(), "found": count(), "queued": count(),
        "createdAt": time(), "updatedAt": time(),
    }))
}

fn endpoint() -> Value {
    json!({
        "appId": "app-019c4b7e3a00", "callbackUrl": "https://your-erp.com/webhook/fashion", "enabled": true,
        "events": ["ORDER_STATUS"], "retryPreset": "STANDARD", "ratePerSecond": null, "oldSecretUntil": null,
        "consecutiveFailures": 0, "firstFailureAt": null, "lastFailureAt": null, "lastSuccessAt": "2026-02-11T14:30:00",
        "disabledAt": null, "disabledReason": null, "disabledMessage": null, "alerts": [],
        "lastError": null, "slowSince": null, "slowMs": null, "healthy": true, "problem": null,
    })
}

fn delivery() -> Value {
    json!({
        "deliveryId": "msg_19c4b7e3a00a1b2c3d4e5f6a7b8", "eventId": "evt-1", "event": "ORDER_STATUS", "state": "pending",
        "reason": null, "detail": null, "attempts": 1, "nextAttemptAt": "2026-02-11T14:30:05", "lastStatus": 503,
        "lastError": "status-5xx", "createdAt": "2026-02-11T14:30:00",
    })
}

fn with_attempts() -> Value {
    let mut example = delivery();
    set(&mut example, "body", json!("{\"event\":\"ORDER_STATUS\",\"timestamp\":\"2026-02-11T14:30:00\",\"data\":{}}"));
    set(
        &mut example,
        "attemptList",
        json!([{
            "attempt": 1, "at": "2026-02-11T14:30:00", "atMs": 1_770_791_400_000_i64, "status": 503, "success": false,
            "errorClass": "status-5xx", "hint": "接收端出错，请查看推送记录中的应答", "error": null, "durationMs": 120, "responseBody": "busy",
        }]),
    );
    example
}

fn job() -> Value {
    json!({
        "jobId": "rs-019c4b7e3a00", "state": "running", "reason": null, "only": "failed", "from": "2026-02-11T00:00:00",
        "to": "2026-02-11T14:30:00", "found": 12, "queued": 12, "createdAt": "2026-02-11T14:30:00",
        "updatedAt": "2026-02-11T14:30:00",
    })
}
