//! What there is to be seen: connections, the audit log, what was kept, the directory, processes, data sync, tenants' orders.

use crate::calls::{Call, OfId, Parameters, actor, at, listed, paging};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tenon_catalog::areas::admin::records_seen as routes;
use tenon_model::{ConnectionId, RunId, TenantId};
use tenon_operations::check::Plan;
use tenon_operations::{beside, connections, data_sync, directory, kept, processes};
use tenon_platform::dispatch::{Path, Query, Service, on};
use tenon_platform::{Rejection, audit};
use tenon_tenants::entry::Bearer;
use tenon_trade::{logistics, orders, quality, reconciliations};

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::CONNECTIONS, list_connections),
        on(routes::CHECK, check),
        on(routes::PLAN, plan),
        on(routes::KEPT, list_kept),
        on(routes::KEPT_ONE, read_kept),
        on(routes::FORGET, forget),
        on(routes::AUDIT, list_audit),
        on(routes::PEOPLE, people),
        on(routes::DEPARTMENT, department),
        on(routes::PROCESSES, list_processes),
        on(routes::PROCESS, process),
        on(routes::SYNCS, list_syncs),
        on(routes::SYNC, sync),
        on(routes::ORDER, order),
        on(routes::QUALITY, inspected),
        on(routes::LOGISTICS, shipped),
        on(routes::RECONCILIATION, reconciliation),
    ]
})
.with_body_limit(16 * 1024);

#[derive(Deserialize)]
struct OfNumber {
    number: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfOrder {
    order_no: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfReconciliation {
    reconciliation_no: String,
}

/// A parameter that has to be there.
fn needed<'p>(given: &'p BTreeMap<String, String>, name: &str) -> Result<&'p str, Rejection> {
    let text = given.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    text.filter(|text| text.chars().count() <= 200).ok_or_else(|| Rejection::field(name, "不能为空，且不超过200个字符"))
}

async fn list_connections(call: Call, (): ()) -> Result<Value, Rejection> {
    let mut body = json!(beside::list(&call.ctx, &call.by.tenant).await?);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("connections".to_owned(), json!(connections::list(&call.ctx, &call.by.tenant).await?));
    }
    Ok(body)
}

async fn check(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    let checked = connections::examine(&at(&call, &by), &ConnectionId::new(of.id)).await;
    connections::release(&call.ctx).await;
    let (check, found) = checked?;
    let mut body = json!(check);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("found".to_owned(), json!(found));
    }
    Ok(body)
}

async fn plan(call: Call, (): ()) -> Result<Value, Rejection> {
    if call.by.tenant != TenantId::operator() {
        return Ok(json!(Plan::default()));
    }
    Ok(json!(tenon_operations::check::plan(call.ctx.config.load(&call.by.tenant).await?.as_ref())))
}

async fn list_kept(call: Call, (): ()) -> Result<Value, Rejection> {
    Ok(json!(kept::list(&call.ctx, &call.by.tenant).await?))
}

async fn read_kept(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(json!(kept::one(&call.ctx, &call.by.tenant, &of.id).await?))
}

async fn forget(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    let by = actor(&call);
    kept::forget(&at(&call, &by), &of.id).await?;
    Ok(json!({ "forgotten": of.id }))
}

async fn list_audit(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &[])?;
    if cursor.is_some_and(|cursor| !audit::is_id(cursor)) {
        return Err(Rejection::field("cursor", "不是本接口返回的游标"));
    }
    let limit = u32::try_from(limit).unwrap_or(50);
    Ok(json!(audit::list(&call.ctx, &call.by.tenant, cursor, limit).await?))
}

async fn people(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    paging(&given, &["who", "enterprise"])?;
    let enterprise = given.get("enterprise").map(String::as_str).filter(|text| !text.is_empty());
    let found = directory::find(&call.ctx, &call.by.tenant, needed(&given, "who")?, enterprise).await?;
    Ok(json!({ "people": found }))
}

async fn department(call: Call, (Path(of), Query(given)): (Path<OfId>, Parameters)) -> Result<Value, Rejection> {
    paging(&given, &["enterprise"])?;
    let enterprise = given.get("enterprise").map(String::as_str).filter(|text| !text.is_empty());
    let found = directory::department(&call.ctx, &call.by.tenant, &of.id, enterprise).await?;
    Ok(json!({ "departments": [found] }))
}

async fn list_processes(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &["flow", "month"])?;
    let of = (needed(&given, "flow")?, needed(&given, "month")?);
    Ok(listed("instances", &processes::list(&call.ctx, &call.by.tenant, of, cursor, limit).await?))
}

async fn process(call: Call, (Path(of), Query(given)): (Path<OfNumber>, Parameters)) -> Result<Value, Rejection> {
    let (cursor, _) = paging(&given, &[])?;
    Ok(json!(processes::one(&call.ctx, &call.by.tenant, &of.number, cursor).await?))
}

async fn list_syncs(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    let (cursor, limit) = paging(&given, &[])?;
    Ok(listed("runs", &data_sync::list(&call.ctx, &call.by.tenant, cursor, limit).await?))
}

async fn sync(call: Call, Path(of): Path<OfId>) -> Result<Value, Rejection> {
    Ok(json!({ "run": data_sync::one(&call.ctx, &call.by.tenant, &RunId::new(of.id)).await? }))
}

async fn order(call: Call, Path(of): Path<OfOrder>) -> Result<Value, Rejection> {
    Ok(json!(orders::get(&call.ctx, &call.by.tenant, &of.order_no).await?.status()))
}

async fn inspected(call: Call, Path(of): Path<OfOrder>) -> Result<Value, Rejection> {
    Ok(json!(quality::report(&call.ctx, &call.by.tenant, &of.order_no).await?))
}

async fn shipped(call: Call, Path(of): Path<OfOrder>) -> Result<Value, Rejection> {
    Ok(json!(logistics::status(&call.ctx, &call.by.tenant, &of.order_no).await?))
}

async fn reconciliation(call: Call, Path(of): Path<OfReconciliation>) -> Result<Value, Rejection> {
    Ok(json!(reconciliations::get(&call.ctx, &call.by.tenant, &of.reconciliation_no).await?))
}
