//! Jobs that retry many runs: `/admin/v1/bulk-retries`.

use crate::calls::{Call, OfId, Parameters, actor, at, listed, paging};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_catalog::areas::admin::bulk_retries as routes;
use tenon_model::RunId;
use tenon_operations::bulk::{self, Job, Wanted};
use tenon_operations::runs::Filter;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Body, Path, Query, Service, on};
use tenon_tenants::entry::Bearer;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::REVIEW, review),
        on(routes::START, start),
        on(routes::LIST, list),
        on(routes::READ, read),
        on(routes::ITEMS, items),
        on(routes::CANCEL, cancel),
    ]
})
.with_body_limit(64 * 1024);

/// Which runs: the parameters of the list of runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reviewed {
    filter: BTreeMap<String, String>,
}

/// A job that is to be begun: of a filter or of named runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    #[serde(default)]
    filter: Option<BTreeMap<String, String>>,
    #[serde(default)]
    runs: Option<Vec<String>>,
    reason: String,
}

fn filter(given: &BTreeMap<String, String>, now_ms: i64) -> Result<Filter, Rejection> {
    if let Some(other) = given.keys().find(|name| !Filter::PARAMETERS.contains(&name.as_str())) {
        return Err(Rejection::field(&format!("filter.{other}"), "未知参数"));
    }
    Filter::parse(given, now_ms)
}

fn view(job: &Job) -> Value {
    let mut value = json!(job);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("done".to_owned(), job.done().into());
        fields.remove("cursor");
        fields.remove("named");
    }
    value
}

async fn review(call: Call, Body(wanted): Body<Reviewed>) -> Result<Value, Rejection> {
    let filter = filter(&wanted.filter, call.ctx.now_ms())?;
    let review = bulk::review(&call.ctx, &call.by.tenant, &filter).await?;
    let words: Vec<Value> = review
        .not_taken
        .iter()
        .map(|left| json!({ "why": left.why, "words": left.why.words(), "count": left.count, "first": left.first }))
        .collect();
    Ok(
        json!({ "count": review.count, "complete": review.complete, "first": review.first, "not_taken": words, "filter": filter }),
    )
}

async fn start(call: Call, Body(begun): Body<Begun>) -> Result<Value, Rejection> {
    let wanted = match (begun.filter, begun.runs) {
        (Some(given), None) => Wanted::Filter(filter(&given, call.ctx.now_ms())?),
        (None, Some(runs)) => Wanted::Runs(runs.into_iter().map(RunId::new).collect()),
        (Some(_), Some(_)) => return Err(Rejection::field("runs", "不能与filter同时使用")),
        (None, None) => return Err(Rejection::field("filter", "须给出filter或runs")),
    };
    let by = actor(&call);
    Ok(view(&bulk::start(&at(&call, &by), wanted, &begun.reason).await?))
}

async fn list(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &[])?;
    let page = bulk::list(&call.ctx, &call.by.tenant, cursor, limit).await?;
    Ok(json!({ "jobs": page.items.iter().map(view).collect::<Vec<_>>(), "next": page.next }))
}

async fn read(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(view(&bulk::get(&call.ctx, &call.by.tenant, &of.id).await?))
}

async fn items(call: Call, (Path(of), Query(given)): (Path<OfId>, Parameters)) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &[])?;
    Ok(listed("items", &bulk::items(&call.ctx, &call.by.tenant, &of.id, cursor, limit).await?))
}

async fn cancel(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    Ok(view(&bulk::cancel(&at(&call, &by), &of.id).await?))
}
