//! Dead letters, alarms, how everything stands: `/admin/v1/dead-letters`, `/admin/v1/alarms`, `/admin/v1/standing`.

use crate::calls::{Call, Parameters, actor, at, paging};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_catalog::areas::admin::dead_letters as routes;
use tenon_operations::{alarms, dead_letters, status};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Path, Query, Service, on};
use tenon_tenants::entry::Bearer;

/// What the environment of a deployed function has.
const DEPLOYED: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::LIST, list),
        on(routes::PUT_BACK, put_back),
        on(routes::DROP, drop),
        on(routes::ALARMS, list_alarms),
        on(routes::STANDING, status),
    ]
})
.with_body_limit(16 * 1024);

#[derive(Deserialize)]
struct OfLetter {
    queue: String,
    id: String,
}

async fn list(call: Call, Query(given): Parameters) -> Result<Value, Rejection> {
    paging(&given, &["queue"])?;
    // A message names its tenant; the queues are everybody's, and so the operator's own to look into.
    if call.by.tenant != tenon_model::TenantId::operator() {
        return Ok(json!({ "letters": [] }));
    }
    let queue = given.get("queue").map(String::as_str).filter(|queue| !queue.is_empty());
    Ok(json!(dead_letters::list(&call.ctx, queue).await?))
}

async fn put_back(call: Call, Path(of): Path<OfLetter>) -> Result<Value, Rejection> {
    let by = actor(&call);
    dead_letters::put_back(&at(&call, &by), &of.queue, &of.id).await?;
    Ok(json!({ "queue": of.queue, "id": of.id, "result": "put-back" }))
}

async fn drop(call: Call, Path(of): Path<OfLetter>) -> Result<Value, Rejection> {
    let by = actor(&call);
    dead_letters::drop(&at(&call, &by), &of.queue, &of.id).await?;
    Ok(json!({ "queue": of.queue, "id": of.id, "result": "dropped" }))
}

async fn status(call: Call, (): ()) -> Result<Value, Rejection> {
    let loaded = call.ctx.config.load(&tenon_model::TenantId::operator()).await?;
    let deployed = std::env::var_os(DEPLOYED).is_some();
    Ok(json!(status::read(&call.ctx, &loaded, deployed).await))
}

async fn list_alarms(call: Call, (): ()) -> Result<Value, Rejection> {
    Ok(json!({ "alarms": alarms::list(&call.ctx, &call.by.tenant).await? }))
}
