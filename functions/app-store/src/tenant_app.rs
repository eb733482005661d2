//! Tenant apps: `/api/system/tenant-app/…`.

mod apps;
mod watch;

use crate::door::{Act, Operation, serve};
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use tenon_model::access::TENANT_APP;
use tenon_platform::Context;
use tenon_tenants::access::Need;

/// The routes.
pub const OPERATIONS: &[Operation] = &[
    route("POST", "/api/system/tenant-app/create", Need::Either, |call| apps::create(call).boxed()),
    route("POST", "/api/system/tenant-app/list", Need::Either, |call| apps::list(call).boxed()),
    route("POST", "/api/system/tenant-app/all-logs", Need::Either, |call| watch::all_logs(call).boxed()),
    route("GET", "/api/system/tenant-app/app-types", Need::Either, |call| apps::types(call).boxed()),
    route("GET", "/api/system/tenant-app/stats", Need::Either, |call| watch::stats(call).boxed()),
    route("GET", "/api/system/tenant-app/integration-overview", Need::Either, |call| watch::overview(call).boxed()),
    route("GET", "/api/system/tenant-app/{id}", Need::Either, |call| apps::detail(call).boxed()),
    route("PUT", "/api/system/tenant-app/{id}", Need::Either, |call| apps::edit(call).boxed()),
    route("DELETE", "/api/system/tenant-app/{id}", Need::Either, |call| apps::delete(call).boxed()),
    route("POST", "/api/system/tenant-app/{id}/toggle-status", Need::Either, |call| apps::toggle(call).boxed()),
    route("POST", "/api/system/tenant-app/{id}/reset-secret", Need::Either, |call| apps::reset_secret(call).boxed()),
    route("POST", "/api/system/tenant-app/{id}/reset-callback-secret", Need::Either, |call| {
        apps::reset_callback_secret(call).boxed()
    }),
    route("POST", "/api/system/tenant-app/{id}/reset-quota", Need::Operator, |call| apps::reset_quota(call).boxed()),
    route("POST", "/api/system/tenant-app/{id}/logs", Need::Either, |call| watch::logs(call).boxed()),
];

const fn route(method: &'static str, path: &'static str, need: Need, act: Act) -> Operation {
    Operation { method, path, need, scope: TENANT_APP, act }
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    serve(ctx, request, OPERATIONS)
}
