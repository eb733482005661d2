//! The log, the statistics and the overview.

use super::apps::OfApp;
use crate::page::Paging;
use crate::{Call, view};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use tenon_model::AppId;
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Body, Path, Query};
use tenon_tenants::call_log::{self, BAD_CURSOR, DayStats, Filter};
use tenon_tenants::{apps, manage, times};

/// Days the statistics look back on, unless said otherwise.
const DAYS: u32 = 7;
/// Days they look back on at most.
const MAX_DAYS: u32 = 90;
/// How far pages are counted; beyond that a cursor must be used.
const MAX_PAGES: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LogFilter {
    #[serde(default)]
    page: Option<usize>,
    #[serde(default)]
    size: Option<usize>,
    /// `next` of a former page.
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    app_id: Option<String>,
    #[serde(default)]
    start_time: Option<String>,
    #[serde(default)]
    end_time: Option<String>,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default, alias = "result")]
    status: Option<CallResult>,
    #[serde(default)]
    http_status: Option<u16>,
    #[serde(default)]
    path: Option<String>,
}

pub(super) async fn logs(
    call: Call,
    (Path(of), Body(filter)): (Path<OfApp>, Body<LogFilter>),
) -> Result<Value, Rejection> {
    read(&call, filter, Some(of.id)).await
}

pub(super) async fn all_logs(call: Call, Body(filter): Body<LogFilter>) -> Result<Value, Rejection> {
    let app = filter.app_id.as_deref().filter(|t| !t.is_empty()).map(AppId::new);
    read(&call, filter, app).await
}

/// An app that was deleted keeps its log, so the app need not be there.
async fn read(call: &Call, body: LogFilter, app: Option<AppId>) -> Result<Value, Rejection> {
    let paging = Paging::of(body.page, body.size)?;
    if paging.page > MAX_PAGES {
        return Err(Rejection::field("page", format!("最多{MAX_PAGES}页，更早的请用cursor")));
    }
    let filter = Filter {
        app,
        from_ms: time("startTime", body.start_time.as_deref())?,
        to_ms: time("endTime", body.end_time.as_deref())?,
        direction: body.direction,
        result: body.status,
        http_status: body.http_status,
        path_prefix: body.path.filter(|path| !path.is_empty()),
    };
    let mut page = one(call, &filter, body.cursor.as_deref(), paging.size).await?;
    for _ in 1..paging.page {
        let Some(next) = page.next.take() else {
            page.records.clear();
            break;
        };
        page = one(call, &filter, Some(&next), paging.size).await?;
    }
    let names = names(call).await?;
    let records: Vec<Value> = page.records.iter().map(|r| named(r, &names)).collect();
    Ok(json!({ "page": paging.page, "size": paging.size, "records": records, "next": page.next }))
}

async fn one(call: &Call, filter: &Filter, cursor: Option<&str>, size: usize) -> Result<call_log::Page, Rejection> {
    call_log::page(&call.ctx, &call.by.tenant, filter, cursor, size).await.map_err(|error| match error.code {
        BAD_CURSOR => Rejection::field("cursor", "无效，请从第一页重新查询"),
        _ => error.into(),
    })
}

fn time(field: &str, text: Option<&str>) -> Result<Option<i64>, Rejection> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    let parsed = times::parse(text);
    parsed.map(Some).ok_or_else(|| Rejection::field(field, "时间格式须为yyyy-MM-ddTHH:mm:ss"))
}

async fn names(call: &Call) -> Result<HashMap<AppId, String>, Rejection> {
    let all = apps::list(&call.ctx, &call.by.tenant).await?;
    Ok(all.into_iter().map(|s| (s.data.id, s.data.name)).collect())
}

fn named(record: &CallRecord, names: &HashMap<AppId, String>) -> Value {
    view::call(record, names.get(&record.app_id).map(String::as_str))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    #[serde(default)]
    days: Option<String>,
    #[serde(default)]
    app_id: Option<String>,
}

pub(super) async fn stats(call: Call, Query(wanted): Query<Wanted>) -> Result<Value, Rejection> {
    let days = match wanted.days {
        None => DAYS,
        Some(text) => {
            let days = text.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days));
            days.ok_or_else(|| Rejection::field("days", format!("须为1至{MAX_DAYS}")))?
        }
    };
    let names = names(&call).await?;
    let apps: Vec<AppId> = match wanted.app_id.as_deref() {
        Some(id) => vec![manage::one(&call.ctx, &call.by.tenant, &AppId::new(id)).await?.data.id],
        None => names.keys().cloned().collect(),
    };
    let found = call_log::stats(&call.ctx, &call.by.tenant, &apps, days).await?;
    let today = times::utc_day(call.ctx.now_ms());
    let of_today: Vec<&DayStats> = found.iter().filter(|d| d.day == today).collect();
    let mut records: Vec<&DayStats> = found.iter().collect();
    records.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| a.app.cmp(&b.app)));
    Ok(json!({
        "days": days,
        "total": sums(&records), "today": sums(&of_today),
        "lastCallTime": found.iter().filter_map(|d| d.last_ms).max().map(times::local),
        "records": records.iter().map(|d| day(d, names.get(&d.app))).collect::<Vec<_>>(),
    }))
}

fn sums(days: &[&DayStats]) -> Value {
    let sum = |number: fn(&DayStats) -> i64| days.iter().map(|d| number(d)).sum::<i64>();
    let (calls, success) = (sum(|d| d.calls), sum(|d| d.success));
    json!({
        "calls": calls, "success": success, "failed": sum(|d| d.failed), "error": sum(|d| d.error),
        "successRate": (calls > 0).then(|| success as f64 / calls as f64), "unsigned": sum(|d| d.unsigned),
    })
}

fn day(d: &DayStats, name: Option<&String>) -> Value {
    json!({
        "appId": d.app, "appName": name, "day": d.day, "direction": d.direction, "calls": d.calls,
        "success": d.success, "failed": d.failed, "error": d.error,
        "unsigned": d.unsigned, "lastCallTime": d.last_ms.map(times::local),
    })
}

pub(super) async fn overview(call: Call, (): ()) -> Result<Value, Rejection> {
    let modules = manage::overview(&call.ctx, &call.by.tenant).await?;
    let apps = modules.iter().flat_map(|module| &module.apps);
    let names = apps.map(|app| (app.id.clone(), app.name.clone())).collect();
    let now = call.ctx.now_ms();
    let of = |m: &manage::ModuleOverview| {
        json!({
            "appType": m.module, "appTypeName": m.module.name(), "connected": m.connected, "reason": m.reason,
            "subscription": m.subscription.as_ref().map(|s| view::subscription(s, now)),
            "appCount": m.apps.len(),
            "activeAppCount": m.apps.iter().filter(|app| view::status(app, now) == "active").count(),
            "callbackConfigured": m.apps.iter().any(|app| app.callback.is_some()),
            "callsToday": m.calls_today, "calls": m.calls, "successRate": m.success_rate,
            "unsignedCalls": m.unsigned,
            "lastCallTime": m.last_call_ms.map(times::local),
            "lastErrors": m.last_errors.iter().map(|r| named(r, &names)).collect::<Vec<_>>(),
        })
    };
    Ok(json!({
        "connectedCount": modules.iter().filter(|m| m.connected).count(),
        "modules": modules.iter().map(of).collect::<Vec<_>>(),
    }))
}
