//! `POST /admin/v1/events/…`: the production system tells what happened to an order or a reconciliation.
//!
//! The caller has an app code in `X-ApiG-AppCode` and is one of the configuration's `[[apps]]`. It serves
//! every tenant and names the tenant of each event, unless it is bound to one.

use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use serde_json::Value;
use tenon_model::config::AppCaller;
use tenon_model::openapi::{BulkEvents, BulkTaken, EventTaken};
use tenon_model::{EventKind, TenantId};
use tenon_platform::body::{self, BadBody};
use tenon_platform::request::{bytes, find_route, header, source_ip};
use tenon_platform::{Context, Error, reply};
use tenon_tenants::access;
use tenon_trade::TradeError;
use tenon_trade::inside::{self, BULK_LIMIT};

/// Longest body taken, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;
/// Said to every caller that is not known, whatever the reason.
const UNKNOWN: &str = "认证失败";
const FOREIGN: &str = "该应用无权提交此租户的事件";

/// What a path stands for.
type Door = (EventKind, bool);

const ROUTES: [(&str, &str, Door); 8] = [
    ("POST", "/admin/v1/events/order-status", (EventKind::OrderStatus, false)),
    ("POST", "/admin/v1/events/order-status/bulk", (EventKind::OrderStatus, true)),
    ("POST", "/admin/v1/events/quality-result", (EventKind::QualityResult, false)),
    ("POST", "/admin/v1/events/quality-result/bulk", (EventKind::QualityResult, true)),
    ("POST", "/admin/v1/events/logistics-update", (EventKind::LogisticsUpdate, false)),
    ("POST", "/admin/v1/events/logistics-update/bulk", (EventKind::LogisticsUpdate, true)),
    ("POST", "/admin/v1/events/reconciliation-created", (EventKind::ReconciliationCreated, false)),
    ("POST", "/admin/v1/events/reconciliation-created/bulk", (EventKind::ReconciliationCreated, true)),
];

/// Why a request is not served.
enum Refusal {
    Unknown(&'static str),
    NoRoute,
    Forbidden,
    Bad(BadBody),
    NotFound(String),
    Failed(Error),
}

impl From<TradeError> for Refusal {
    fn from(error: TradeError) -> Self {
        match error {
            TradeError::Bad(bad) => Self::Bad(bad),
            TradeError::NotFound(message) => Self::NotFound(message),
            TradeError::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<BadBody> for Refusal {
    fn from(bad: BadBody) -> Self {
        Self::Bad(bad)
    }
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    async move {
        let request_id = reply::request_id(&request);
        match receive(ctx, &request, &request_id).await {
            Ok(response) => response,
            Err(refusal) => refuse(refusal, &request_id),
        }
    }
    .boxed()
}

async fn receive(ctx: &Context, request: &Request, request_id: &str) -> Result<Response<Body>, Refusal> {
    let loaded = ctx.config.load(&TenantId::operator()).await.map_err(Refusal::Failed)?;
    let code = header(request, "x-apig-appcode").filter(|c| !c.is_empty()).ok_or(Refusal::Unknown("no code"))?;
    let caller = loaded.caller(code, source_ip(request)).ok_or(Refusal::Unknown("no such code, or not from there"))?;
    let (kind, bulk) = find_route(request, &ROUTES).ok_or(Refusal::NoRoute)?;
    if bulk {
        let taken = several(ctx, caller, kind, bytes(request)).await?;
        tracing::info!(app = %caller.id, event.kind = %kind, events.taken = taken.success_count, events.failed = taken.failed_count, "events taken in");
        Ok(reply::success(taken, request_id))
    } else {
        let taken = one(ctx, caller, kind, bytes(request)).await?;
        tracing::info!(app = %caller.id, event.kind = %kind, event.id = %taken.event_id, repeated = taken.repeated, "event taken in");
        Ok(reply::success(taken, request_id))
    }
}

async fn one(ctx: &Context, caller: &AppCaller, kind: EventKind, bytes: &[u8]) -> Result<EventTaken, Refusal> {
    let event: Value = body::read(bytes, BODY_LIMIT)?;
    let tenant = tenant_of(caller, &event, None)?;
    let done = inside::apply(ctx, &tenant, kind, &event).await?;
    let skipped_apps = done.skipped.iter().map(ToString::to_string).collect();
    Ok(EventTaken { event_id: done.event_id, repeated: done.repeated, skipped_apps })
}

async fn several(ctx: &Context, caller: &AppCaller, kind: EventKind, bytes: &[u8]) -> Result<BulkTaken, Refusal> {
    let bulk: BulkEvents = body::read(bytes, BODY_LIMIT)?;
    if bulk.events.is_empty() || bulk.events.len() > BULK_LIMIT {
        return Err(BadBody::field("events", format!("应为1到{BULK_LIMIT}项")).into());
    }
    let common = match bulk.tenant_id.as_deref() {
        Some(named) => Some(permitted(caller, access::tenant_id(named)?)?),
        None => None,
    };
    let whose = |event: &Value| {
        tenant_of(caller, event, common.as_ref()).map_err(|refusal| match refusal {
            Refusal::Bad(bad) => (400, bad.to_string()),
            _ => (403, FOREIGN.to_owned()),
        })
    };
    Ok(inside::apply_each(ctx, kind, &bulk.events, whose).await)
}

/// Whose event it is: the tenant it names, or the common one, or the one the caller is bound to.
fn tenant_of(caller: &AppCaller, event: &Value, common: Option<&TenantId>) -> Result<TenantId, Refusal> {
    match event.get("tenantId") {
        Some(Value::String(named)) => permitted(caller, access::tenant_id(named)?),
        None | Some(Value::Null) => match common.or(caller.tenant.as_ref()) {
            Some(tenant) => Ok(tenant.clone()),
            None => Err(BadBody::field("tenantId", "不能为空").into()),
        },
        Some(_) => Err(BadBody::field("tenantId", "应为文本").into()),
    }
}

fn permitted(caller: &AppCaller, tenant: TenantId) -> Result<TenantId, Refusal> {
    match &caller.tenant {
        Some(bound) if *bound != tenant => Err(Refusal::Forbidden),
        _ => Ok(tenant),
    }
}

fn refuse(refusal: Refusal, request_id: &str) -> Response<Body> {
    match refusal {
        Refusal::Unknown(why) => {
            tracing::warn!(reason = why, request.id = request_id, "app code refused");
            reply::refusal(401, UNKNOWN, request_id)
        }
        Refusal::NoRoute => reply::refusal(404, "资源不存在", request_id),
        Refusal::Forbidden => reply::refusal(403, FOREIGN, request_id),
        Refusal::Bad(bad) => reply::refusal(400, &bad.to_string(), request_id),
        Refusal::NotFound(message) => reply::refusal(404, &message, request_id),
        Refusal::Failed(error) if error.is_contention() => {
            tracing::warn!(error.code = error.code, error.message = %error, request.id = request_id, "an event gave way to others");
            reply::busy(request_id)
        }
        Refusal::Failed(error) => {
            tracing::error!(error.code = error.code, error.message = %error, request.id = request_id, "an event was not taken in");
            reply::refusal(500, "服务器内部错误", request_id)
        }
    }
}
