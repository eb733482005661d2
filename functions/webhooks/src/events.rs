//! `POST /admin/v1/events/…`: the production system tells what happened to an order or a reconciliation.
//!
//! The caller has an app code in `X-ApiG-AppCode` and is one of the configuration's `[[apps]]`. It serves
//! every tenant and names the tenant of each event, unless it is bound to one.

use serde_json::Value;
use tenon_catalog::Route;
use tenon_catalog::areas::webhooks::events as routes;
use tenon_model::config::AppCaller;
use tenon_model::openapi::{BulkEvents, BulkTaken, EventTaken};
use tenon_model::{EventKind, TenantId};
use tenon_platform::Rejection;
use tenon_platform::body::BadBody;
use tenon_platform::dispatch::{self, AppCode, Body, Operation, Service, on};
use tenon_tenants::access;
use tenon_trade::inbound_events::{self, BULK_LIMIT};

const FOREIGN: &str = "该应用无权提交此租户的事件";

type Call = dispatch::Call<AppCaller>;

/// The function.
pub static SERVICE: Service<AppCode> = Service::new(AppCode, operations).with_body_limit(1024 * 1024);

fn operations() -> Vec<Operation<AppCaller>> {
    [
        of(routes::ORDER_STATUS, routes::ORDER_STATUS_BULK, EventKind::OrderStatus),
        of(routes::QUALITY_RESULT, routes::QUALITY_RESULT_BULK, EventKind::QualityResult),
        of(routes::LOGISTICS_UPDATE, routes::LOGISTICS_UPDATE_BULK, EventKind::LogisticsUpdate),
        of(routes::RECONCILIATION_CREATED, routes::RECONCILIATION_CREATED_BULK, EventKind::ReconciliationCreated),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The two ways in of one kind of event: one by one, and several together.
fn of(single: Route, bulk: Route, kind: EventKind) -> [Operation<AppCaller>; 2] {
    [
        on(single, move |call, Body(event): Body<Value>| one(call, kind, event)),
        on(bulk, move |call, Body(events): Body<BulkEvents>| several(call, kind, events)),
    ]
}

async fn one(call: Call, kind: EventKind, event: Value) -> Result<EventTaken, Rejection> {
    let tenant = tenant_of(&call.by, &event, None)?;
    let done = inbound_events::apply(&call.ctx, &tenant, kind, &event).await?;
    tracing::info!(app = %call.by.id, event.kind = %kind, event.id = %done.event_id, repeated = done.repeated, "event taken in");
    let skipped_apps = done.skipped.iter().map(ToString::to_string).collect();
    Ok(EventTaken { event_id: done.event_id, repeated: done.repeated, skipped_apps })
}

async fn several(call: Call, kind: EventKind, bulk: BulkEvents) -> Result<BulkTaken, Rejection> {
    if bulk.events.is_empty() || bulk.events.len() > BULK_LIMIT {
        return Err(BadBody::field("events", format!("应为1到{BULK_LIMIT}项")).into());
    }
    let common = match bulk.tenant_id.as_deref() {
        Some(named) => Some(permitted(&call.by, access::tenant_id(named)?)?),
        None => None,
    };
    let whose = |event: &Value| {
        tenant_of(&call.by, event, common.as_ref()).map_err(|rejection| (rejection.status(), rejection.message()))
    };
    let taken = inbound_events::apply_each(&call.ctx, kind, &bulk.events, whose).await;
    tracing::info!(app = %call.by.id, event.kind = %kind, events.taken = taken.success_count, events.failed = taken.failed_count, "events taken in");
    Ok(taken)
}

/// Whose event it is: the tenant it names, or the common one, or the one the caller is bound to.
fn tenant_of(caller: &AppCaller, event: &Value, common: Option<&TenantId>) -> Result<TenantId, Rejection> {
    match event.get("tenantId") {
        Some(Value::String(named)) => permitted(caller, access::tenant_id(named)?),
        None | Some(Value::Null) => match common.or(caller.tenant.as_ref()) {
            Some(tenant) => Ok(tenant.clone()),
            None => Err(BadBody::field("tenantId", "不能为空").into()),
        },
        Some(_) => Err(BadBody::field("tenantId", "应为文本").into()),
    }
}

fn permitted(caller: &AppCaller, tenant: TenantId) -> Result<TenantId, Rejection> {
    match &caller.tenant {
        Some(bound) if *bound != tenant => Err(Rejection::Forbidden(FOREIGN.to_owned())),
        _ => Ok(tenant),
    }
}
