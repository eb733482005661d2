//! The form of the answers: `{code, msg, data}`, 0 for a success and the HTTP status for the rest.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use lambda_http::{Body, Response, http};
use serde_json::{Value, json};
use tenon_flows::data_sync::record::Sync;
use tenon_platform::dispatch::Reply;
use tenon_platform::{Error, ErrorKind, Rejection};

/// Errors that whoever asks is told; all others are ours.
const SHOWN_FAMILIES: [&str; 7] = ["data-sync.", "database.", "kingdee.", "odoo.", "b1.", "config.", "flow."];

/// How a run stands: 200 when it is done, 202 while it goes on, or why it failed.
pub(crate) fn of(sync: &Sync, waiting: Option<&Error>, now_ms: i64) -> Reply {
    let data = data(sync, now_ms);
    match (&sync.error, sync.ended_ms, waiting) {
        (Some(error), ..) => {
            reply(status_of(sync.code.as_deref().unwrap_or_default()), &format!("同步失败：{error}"), data)
        }
        (None, Some(_), _) => reply(200, "成功", data),
        (None, None, None) => reply(202, &format!("同步仍在进行，进度见 /dataSync/runs/{}", sync.run), data),
        (None, None, Some(why)) => {
            let message =
                format!("暂时不能继续，稍后自动重试，进度见 /dataSync/runs/{}：{why} ({})", sync.run, why.code);
            reply(202, &message, data)
        }
    }
}

fn data(sync: &Sync, now_ms: i64) -> Value {
    let tables: Vec<&str> = sync.plan.iter().flat_map(|plan| &plan.tables).map(|table| table.name.as_str()).collect();
    let columns: usize = sync.plan.iter().flat_map(|plan| plan.tables.first()).map(|table| table.columns.len()).sum();
    let state = match (sync.ended_ms, &sync.error) {
        (None, _) => "running",
        (Some(_), None) => "succeeded",
        (Some(_), Some(_)) => "failed",
    };
    let rows = match (sync.what, sync.ended_ms) {
        (tenon_flows::data_sync::record::What::Create, Some(_)) => sync.did.in_table,
        _ => sync.did.rows,
    };
    json!({
        "table": tables.first(),
        "rows": rows,
        "columns": columns,
        "tookMs": sync.ended_ms.unwrap_or(now_ms) - sync.started_ms,
        "run": sync.run,
        "formId": sync.form,
        "action": sync.what.word(),
        "state": state,
        "tables": tables,
        "rowsInTable": sync.did.in_table,
        "rowsDeleted": sync.did.deleted,
        "told": sync.told,
    })
}

/// What whoever asks is told of an error; ours are for the log.
pub(crate) fn of_error(error: Error, form: &str) -> Result<Reply, Rejection> {
    if !SHOWN_FAMILIES.iter().any(|family| error.code.starts_with(family)) {
        return Err(error.into());
    }
    let code = error.code;
    Ok(match error.kind() {
        ErrorKind::Busy => refused(409, &format!("表单 {form} 正在同步中：{error} ({code})"), None),
        _ => refused(status_of(code), &format!("{error} ({code})"), None),
    })
}

fn status_of(code: &str) -> u16 {
    match code {
        "data-sync.running" | "database.not-ours" | "database.depended-on" => 409,
        "data-sync.form" | "data-sync.no-table" | "b1.not-found" => 404,
        "database.unreachable" | "database.login-refused" | "database.busy" | "database.failed" => 502,
        code if ["kingdee.", "odoo.", "b1."].iter().any(|vendor| code.starts_with(vendor)) => 502,
        _ => 422,
    }
}

/// What was not carried out.
pub(crate) fn refused(status: u16, message: &str, data: Option<Value>) -> Reply {
    reply(status, message, data.unwrap_or_default())
}

fn reply(status: u16, message: &str, data: Value) -> Reply {
    let code = if status == 200 { 0 } else { status };
    let body = json!({ "code": code, "msg": message, "data": data }).to_string();
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Reply(response)
}
