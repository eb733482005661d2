//! `/flow/launch`, `/flow/onAudit`, `/flow/relaunch`, `/flow/discard`, `/flow/urgent`, `/message/taskNotify`, by GET as their
//! document has them and by POST, and forms that were filled in: `/flow/form/{flowCode}`.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use tenon_catalog::areas::processes::flow as routes;
use tenon_platform::dispatch::{Call, Envelope, Params, Path, PlainService, RawBody, Service, ServiceCaller, on};
use tenon_platform::{Rejection, request};
use tenon_task_center::process::{Given, audit as audited, services};

/// The function.
pub static SERVICE: Service<PlainService> = Service::new(PlainService, || {
    vec![
        on(routes::LAUNCH, launch),
        on(routes::LAUNCH_POSTED, launch),
        on(routes::AUDIT, audit),
        on(routes::AUDIT_POSTED, audit),
        on(routes::RELAUNCH, relaunch),
        on(routes::RELAUNCH_POSTED, relaunch),
        on(routes::DISCARD, discard),
        on(routes::DISCARD_POSTED, discard),
        on(routes::URGE, urge),
        on(routes::URGE_POSTED, urge),
        on(routes::NOTIFY, notify),
        on(routes::NOTIFY_POSTED, notify),
        on(routes::SAVE, save),
        on(routes::READ, read),
    ]
})
.answering(Envelope::Service)
.with_body_limit(512 * 1024);

type Called = Call<ServiceCaller>;

/// What a call is given, with the name that its caller gives it.
fn given_by(call: &Called, all: BTreeMap<String, String>) -> Given {
    let key = request::header(&call.request, "idempotency-key");
    Given::new(request::raw_path(&call.request), all).named(key)
}

async fn launch(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    Box::pin(services::launch(&call.ctx, &call.by.tenant, &call.by.name(), &given_by(&call, given))).await
}

async fn audit(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    Box::pin(audited(&call.ctx, &call.by.tenant, &call.by.name(), &given_by(&call, given))).await
}

async fn relaunch(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    Box::pin(services::relaunch(&call.ctx, &call.by.tenant, &call.by.name(), &given_by(&call, given))).await
}

async fn discard(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    Box::pin(services::discard(&call.ctx, &call.by.tenant, &call.by.name(), &given_by(&call, given))).await
}

async fn urge(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    Box::pin(services::urge(&call.ctx, &call.by.tenant, &call.by.name(), &given_by(&call, given))).await
}

async fn notify(call: Called, Params(given): Params) -> Result<Value, Rejection> {
    services::notify(&call.ctx, &call.by.tenant, &given_by(&call, given)).await
}

type Named = Path<HashMap<String, String>>;

async fn save(call: Called, (Path(named), RawBody(body)): (Named, RawBody)) -> Result<Value, Rejection> {
    let flow = named.get("flowCode").map(String::as_str).unwrap_or_default();
    services::save_form(&call.ctx, &call.by.tenant, (&call.by.name(), flow), &body).await
}

async fn read(call: Called, Path(named): Named) -> Result<services::Filled, Rejection> {
    let of = |name: &str| named.get(name).map(String::as_str).unwrap_or_default();
    services::read_form(&call.ctx, &call.by.tenant, of("flowCode"), of("dataId")).await
}
