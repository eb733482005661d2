//! 日志查询: the log with its filters in the address, and one call.

use crate::common::{Call, at_field, base_url, direction_word, moment, query_parameter, result_word, wrong};
use serde::Deserialize;
use std::collections::HashMap;
use tenon_console_kit::{frame, page as answer};
use tenon_delivery::manage;
use tenon_model::AppId;
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_pages::console::apps::{APPS, MANAGEMENT};
use tenon_pages::console::calls::{CallRow, CallsQuery, One, View};
use tenon_pages::console::{Choice, Frame};
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{Path, Reply};
use tenon_platform::{Rejection, Result as Done};
use tenon_tenants::apps;
use tenon_tenants::call_log::{self, BAD_CURSOR, Filter, Page};

/// Calls of a page.
const SIZE: usize = 50;

pub(super) async fn page(call: &Call) -> Result<Reply, Rejection> {
    let wanted = wanted(call);
    let names = names(call).await?;
    let (found, bad) = match found(call, &wanted).await {
        Ok(found) => (found, None),
        Err(refusal) => (Page { records: Vec::new(), next: None }, Some(wrong(refusal)?)),
    };
    shown(call, &wanted, &names, &found, bad.as_ref())
}

fn shown(
    call: &Call,
    wanted: &CallsQuery,
    names: &[(AppId, String)],
    found: &Page,
    bad: Option<&BadBody>,
) -> Result<Reply, Rejection> {
    let frame = frame(call)?;
    let known: HashMap<&AppId, &str> = names.iter().map(|(id, name)| (id, name.as_str())).collect();
    let rows: Vec<CallRow> =
        found.records.iter().map(|record| row(&frame, record, known.get(&record.app_id).copied())).collect();
    let choices: Vec<Choice> = names.iter().map(|(id, name)| Choice::new(id.as_str(), name)).collect();
    let view = View {
        query: wanted,
        apps: &choices,
        rows: &rows,
        is_first: query_parameter(call, "cursor").is_empty(),
        next: found.next.as_deref(),
        wrong: at_field(bad),
    };
    Ok(answer(if bad.is_some() { 400 } else { 200 }, tenon_pages::console::calls::page(&frame, &view)))
}

fn wanted(call: &Call) -> CallsQuery {
    let own = |name: &str| query_parameter(call, name).to_owned();
    CallsQuery {
        app: own("appId"),
        from: own("startTime"),
        to: own("endTime"),
        direction: own("direction"),
        result: own("status"),
        http_status: own("httpStatus"),
        path: own("path"),
    }
}

async fn found(call: &Call, wanted: &CallsQuery) -> Result<Page, Rejection> {
    let filter = Filter {
        app: Some(wanted.app.as_str()).filter(|app| !app.is_empty()).map(AppId::new),
        from_ms: moment("startTime", &wanted.from)?,
        to_ms: moment("endTime", &wanted.to)?,
        direction: direction(&wanted.direction)?,
        result: result(&wanted.result)?,
        http_status: match wanted.http_status.as_str() {
            "" => None,
            status => Some(status.parse().map_err(|_| Rejection::field("httpStatus", "须为0至599"))?),
        },
        path_prefix: Some(wanted.path.clone()).filter(|path| !path.is_empty()),
    };
    let cursor = Some(query_parameter(call, "cursor")).filter(|cursor| !cursor.is_empty());
    let page = call_log::page(&call.ctx, &call.by.tenant, &filter, cursor, SIZE).await;
    page.map_err(|error| match error.code {
        BAD_CURSOR => Rejection::field("cursor", "无效，请从第一页重新查询"),
        _ => error.into(),
    })
}

fn direction(word: &str) -> Result<Option<Direction>, Rejection> {
    let known = [Direction::Inbound, Direction::Outbound].into_iter().find(|own| direction_word(*own) == word);
    if known.is_none() && !word.is_empty() {
        return Err(Rejection::field("direction", "须为INBOUND或OUTBOUND"));
    }
    Ok(known)
}

fn result(word: &str) -> Result<Option<CallResult>, Rejection> {
    let all = [CallResult::Success, CallResult::Failed, CallResult::Error];
    let known = all.into_iter().find(|own| result_word(*own) == word);
    if known.is_none() && !word.is_empty() {
        return Err(Rejection::field("status", "须为SUCCESS、FAILED或ERROR"));
    }
    Ok(known)
}

/// The tenant's apps by their names.
async fn names(call: &Call) -> Done<Vec<(AppId, String)>> {
    let all = apps::list(&call.ctx, &call.by.tenant).await?;
    Ok(all.into_iter().map(|stored| (stored.data.id, stored.data.name)).collect())
}

/// Where a call's own page is.
pub(super) fn address(frame: &Frame, record: &CallRecord) -> String {
    let query = [
        ("app", record.app_id.as_str()),
        ("at", &record.at_ms.to_string()),
        ("direction", direction_word(record.direction)),
    ];
    frame.at(&format!("{MANAGEMENT}/calls/{}", record.id), &query)
}

fn row(frame: &Frame, record: &CallRecord, app: Option<&str>) -> CallRow {
    CallRow {
        address: address(frame, record),
        at_ms: record.at_ms,
        // An app that was deleted keeps its log.
        app: app.unwrap_or_else(|| record.app_id.as_str()).to_owned(),
        inbound: record.direction == Direction::Inbound,
        method: record.method.clone(),
        path: record.path.clone(),
        status: record.http_status,
        result: result_word(record.result),
        reason: record.reason.clone().unwrap_or_default(),
        duration_ms: record.duration_ms,
        stands_for: record.unsigned,
    }
}

/// The call of the path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfCall {
    call_id: String,
}

pub(super) async fn one(call: Call, Path(of): Path<OfCall>) -> Result<Reply, Rejection> {
    let frame = frame(&call)?;
    let app = AppId::new(query_parameter(&call, "app"));
    let at_ms: i64 = query_parameter(&call, "at").parse().map_err(|_| Rejection::not_found())?;
    let direction = direction(query_parameter(&call, "direction"))?.ok_or_else(Rejection::not_found)?;
    let found = call_log::one(&call.ctx, &call.by.tenant, (&app, direction), (at_ms, &of.call_id)).await?;
    let record = found.ok_or_else(Rejection::not_found)?;
    let held = apps::get(&call.ctx, &call.by.tenant, &app).await?.map(|stored| stored.data);
    let row = row(&frame, &record, held.as_ref().map(|app| app.name.as_str()));
    let key = held.as_ref().map_or("YOUR_APP_KEY", |app| app.app_key.as_str());
    let delivery = record.delivery_id.as_ref().filter(|_| held.is_some());
    let delivery = delivery.map(|id| frame.at(&format!("{APPS}/{app}/webhook/deliveries/{id}"), &[]));
    let back = frame.at(MANAGEMENT, &[("tab", "logs"), ("appId", app.as_str())]);
    let view = One {
        row: &row,
        error: record.error.as_deref().unwrap_or_default(),
        hint: record.reason.as_deref().filter(|_| record.direction == Direction::Outbound).map(manage::hint),
        request_id: &record.request_id,
        client_ip: &record.client_ip,
        request: &record.request_body,
        response: &record.response_body,
        curl: &curl(&record, key, &base_url(&call.request)),
        delivery: delivery.as_deref(),
        back: &back,
    };
    Ok(answer(200, tenon_pages::console::calls::one(&frame, &view)))
}

/// The call on a command line. It is signed there, with a secret that is not here.
fn curl(record: &CallRecord, key: &str, base: &str) -> String {
    let body = quoted(&record.request_body);
    if record.direction == Direction::Outbound {
        return format!(
            "curl -X POST {} \\\n  -H 'Content-Type: application/json' \\\n  --data-raw {body}",
            quoted(&record.path)
        );
    }
    let url = quoted(&format!("{base}{}", record.path));
    let sent = if record.request_body.is_empty() {
        String::new()
    } else {
        " \\\n  -H 'Content-Type: application/json' \\\n  --data-raw \"$BODY\"".to_owned()
    };
    format!(
        "BODY={body}\nTIMESTAMP=$(date +%s)000\n\
         SIGNATURE=$(printf '%s' {}\"$TIMESTAMP$BODY\" | openssl dgst -sha256 -hmac \"$APP_SECRET\" | sed 's/.*= *//')\n\
         curl -X {} {url} \\\n  -H {} \\\n  -H \"X-Timestamp: $TIMESTAMP\" \\\n  -H \"X-Signature: $SIGNATURE\"{sent}",
        quoted(key),
        record.method,
        quoted(&format!("X-App-Key: {key}")),
    )
}

/// For a shell: nothing within is anything but text.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_call_is_a_command() {
        assert_eq!(quoted("it's $(rm) `x`"), r"'it'\''s $(rm) `x`'");
    }
}
