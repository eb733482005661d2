//! Flows and runs: `/admin/v1/flows`, `/admin/v1/runs`.

use crate::calls::{Call, OfId, Parameters, actor, at, listed, optional, paging};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tenon_catalog::areas::admin::flows as routes;
use tenon_model::document::CorrectedValue;
use tenon_model::{ConnectionId, DocumentKey, FlowId, RunId};
use tenon_operations::runs::Filter;
use tenon_operations::{check, flows, runs};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Body, Path, Query, RawBody, Service, on};
use tenon_tenants::entry::Bearer;

/// Hours whose runs are counted, unless it is said otherwise.
const HOURS: u32 = 24;

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::LIST, list),
        on(routes::READ, read),
        on(routes::VERSIONS, versions),
        on(routes::ACTIVITY, activity),
        on(routes::PREVIEW, preview),
        on(routes::ON, switch_on),
        on(routes::OFF, switch_off),
        on(routes::RUN, run),
        on(routes::REMOVE, remove),
        on(routes::COMPARE, compare),
        on(routes::COMPARE_BARCODE, compare_barcode),
        on(routes::RUNS, list_runs),
        on(routes::COUNTS, counts),
        on(routes::SHOW, show),
        on(routes::RETRY, retry),
        on(routes::INPUT, input),
        on(routes::REVIEW, review),
        on(routes::CORRECT, correct),
    ]
})
.with_body_limit(64 * 1024);

/// What is to be previewed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Previewed {
    #[serde(default)]
    document: Option<String>,
}

/// How a run is tried again.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Retried {
    #[serde(default)]
    accept_change: bool,
}

/// A correction whose outcome is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposed {
    /// Names the input as it was shown.
    revision: String,
    /// By their places, what counts instead.
    values: BTreeMap<String, String>,
}

/// A correction as it was reviewed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    /// Names the input as it was shown.
    revision: String,
    /// Names the review.
    confirmed: String,
    values: BTreeMap<String, String>,
}

/// What a correction would change.
#[derive(Serialize)]
struct Reviewed {
    revision: String,
    changes: BTreeMap<String, CorrectedValue>,
    fields: Map<String, Value>,
}

async fn list(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &["q"])?;
    let text = given.get("q").map(|text| text.trim()).filter(|text| !text.is_empty());
    let page = flows::list(&call.ctx, &call.by.tenant, text, cursor, limit).await?;
    Ok(listed("flows", &page))
}

async fn read(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(json!(flows::one(&call.ctx, &call.by.tenant, &FlowId::new(of.id)).await?))
}

async fn versions(call: Call, (Path(of), Query(given)): (Path<OfId>, Parameters)) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &[])?;
    let page = flows::versions(&call.ctx, &call.by.tenant, &FlowId::new(of.id), cursor, limit).await?;
    Ok(listed("versions", &page))
}

async fn activity(call: Call, (Path(of), Query(given)): (Path<OfId>, Parameters)) -> Result<Value, Rejection> {
    paging(&given, &["hours"])?;
    let hours = match given.get("hours") {
        None => HOURS,
        Some(text) => text
            .parse::<u32>()
            .ok()
            .filter(|hours| (1..=672).contains(hours))
            .ok_or_else(|| Rejection::field("hours", "须为1至672的整数"))?,
    };
    let hours = flows::activity(&call.ctx, &call.by.tenant, &FlowId::new(of.id), hours).await?;
    Ok(json!({ "hours": hours }))
}

async fn preview(call: Call, (Path(of), body): (Path<OfId>, RawBody)) -> Result<Value, Rejection> {
    let wanted: Previewed = optional(&body)?;
    let key = wanted.document.as_deref().filter(|text| !text.trim().is_empty()).map(DocumentKey::parse);
    Ok(json!(flows::preview(&call.ctx, &call.by.tenant, &FlowId::new(of.id), key).await?))
}

async fn switch_on(call: Call, of: Path<OfId>) -> Result<Value, Rejection> {
    switch(call, of, true).await
}

async fn switch_off(call: Call, of: Path<OfId>) -> Result<Value, Rejection> {
    switch(call, of, false).await
}

async fn switch(call: Call, Path(of): Path<OfId>, on: bool) -> Result<Value, Rejection> {
    let by = actor(&call);
    Ok(json!(flows::switch(&at(&call, &by), &FlowId::new(of.id), on).await?))
}

async fn run(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    Ok(json!(flows::run(&at(&call, &by), &FlowId::new(of.id)).await?))
}

async fn remove(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    flows::remove(&at(&call, &by), &FlowId::new(of.id.as_str())).await?;
    Ok(json!({ "flow": of.id, "removed": true }))
}

async fn compare(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let found = flows::compare(&call.ctx, &call.by.tenant, &FlowId::new(of.id.as_str())).await?;
    Ok(json!({ "flow": of.id, "findings": found }))
}

async fn compare_barcode(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    let (flow, found) = check::barcode(&at(&call, &by), &ConnectionId::new(of.id)).await?;
    Ok(json!({ "flow": flow, "findings": found }))
}

async fn list_runs(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &Filter::PARAMETERS)?;
    let filter = Filter::parse(&given, call.ctx.now_ms())?;
    Ok(json!(runs::list(&call.ctx, &call.by.tenant, &filter, cursor, limit).await?))
}

async fn counts(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let known: Vec<&str> = Filter::PARAMETERS.into_iter().chain(["than"]).collect();
    paging(&given, &known)?;
    let filter = Filter::parse(&given, call.ctx.now_ms())?;
    let counts = runs::counts(&call.ctx, &call.by.tenant, &filter).await?;
    let newer = match given.get("than").filter(|text| !text.is_empty()) {
        None => None,
        Some(than) => Some(runs::newer(&call.ctx, &call.by.tenant, &filter, than).await?),
    };
    let mut counted = json!(counts);
    if let (Some(fields), Some(newer)) = (counted.as_object_mut(), newer) {
        fields.insert("newer".to_owned(), json!(newer));
    }
    Ok(counted)
}

async fn show(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(json!(runs::one(&call.ctx, &call.by.tenant, &RunId::new(of.id)).await?))
}

async fn retry(call: Call, (Path(of), body): (Path<OfId>, RawBody)) -> Result<Value, Rejection> {
    let how: Retried = optional(&body)?;
    let by = actor(&call);
    let result = runs::retry(&at(&call, &by), &RunId::new(of.id.as_str()), how.accept_change).await?;
    Ok(json!({ "run": of.id, "result": result }))
}

async fn input(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(json!(runs::input(&call.ctx, &call.by.tenant, &RunId::new(of.id)).await?))
}

async fn review(call: Call, (Path(of), Body(proposed)): (Path<OfId>, Body<Proposed>)) -> Result<Reviewed, Rejection> {
    let id = RunId::new(of.id);
    let found = runs::review(&call.ctx, &call.by.tenant, &id, &proposed.revision, &proposed.values).await?;
    Ok(Reviewed { revision: found.revision, changes: found.changes, fields: found.fields })
}

async fn correct(call: Call, (Path(of), Body(own)): (Path<OfId>, Body<Confirmed>)) -> Result<Value, Rejection> {
    let by = actor(&call);
    let revisions = (own.revision.as_str(), own.confirmed.as_str());
    let result = runs::correct(&at(&call, &by), &RunId::new(of.id.as_str()), revisions, &own.values).await?;
    Ok(json!({ "run": of.id, "result": result }))
}
