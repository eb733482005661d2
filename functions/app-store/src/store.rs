//! The app store: `/api/system/app-store/…`.

use crate::door::{Call, Operation, serve};
use crate::page::Paging;
use crate::view;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_model::access::APP_STORE;
use tenon_model::{Module, TenantId};
use tenon_platform::Context;
use tenon_tenants::access::Need;
use tenon_tenants::store::{self, AppRef, Edit, NewOrder, OrderPage, OrderState, WantedOrders};
use tenon_tenants::{Refusal, access};

/// The routes.
pub const OPERATIONS: &[Operation] = &[
    route("POST", "/api/system/app-store/list", Need::Anyone, |call| list(call).boxed()),
    route("GET", "/api/system/app-store/{appId}", Need::Anyone, |call| detail(call).boxed()),
    route("PUT", "/api/system/app-store/{appId}", Need::Operator, |call| edit(call).boxed()),
    route("POST", "/api/system/app-store/create-order", Need::TenantAdmin, |call| create_order(call).boxed()),
    route("POST", "/api/system/app-store/start-trial", Need::TenantAdmin, |call| start_trial(call).boxed()),
    route("POST", "/api/system/app-store/my-subscriptions", Need::TenantAdmin, |call| subscriptions(call).boxed()),
    route("POST", "/api/system/app-store/my-orders", Need::TenantAdmin, |call| my_orders(call).boxed()),
    route("GET", "/api/system/app-store/trial-status/{appId}", Need::TenantAdmin, |call| trial_status(call).boxed()),
    route("POST", "/api/system/app-store/admin/activate-order", Need::Operator, |call| activate(call).boxed()),
    route("POST", "/api/system/app-store/admin/cancel-order", Need::Operator, |call| cancel(call).boxed()),
    route("POST", "/api/system/app-store/admin/order-list", Need::Operator, |call| all_orders(call).boxed()),
];

const fn route(method: &'static str, path: &'static str, need: Need, act: crate::door::Act) -> Operation {
    Operation { method, path, need, scope: APP_STORE, act }
}

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    serve(ctx, request, OPERATIONS)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Trial {
    app_id: AppRef,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activation {
    order_id: String,
    #[serde(default)]
    remark: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cancellation {
    order_id: String,
    #[serde(default)]
    remark: Option<String>,
    #[serde(default)]
    refund: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OrderFilter {
    #[serde(default)]
    page: Option<usize>,
    #[serde(default)]
    size: Option<usize>,
    #[serde(default)]
    status: Option<OrderState>,
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    app_id: Option<AppRef>,
    #[serde(default)]
    cursor: Option<String>,
}

fn module_of(call: Call<'_>) -> Result<Module, Refusal> {
    AppRef::parse(call.path("appId")).map(|app| app.0).ok_or(Refusal::NotFound)
}

async fn list(call: Call<'_>) -> Result<Value, Refusal> {
    let paging: Paging = call.body::<Paging>()?.checked()?;
    let held = store::subscriptions(call.ctx, call.tenant).await?;
    let mut products = Vec::new();
    for listed in store::products(call.ctx).await? {
        let module = listed.product.module;
        let own = held.iter().find(|s| s.module == module);
        // What is no longer offered is shown to those who have it, and to the operator.
        if listed.product.enabled || own.is_some() || call.by.is_operator() {
            let can_try = store::trial_status(call.ctx, call.tenant, module).await?.can_try;
            products.push(view::product(&listed, own, can_try, call.ctx.now_ms()));
        }
    }
    Ok(paging.cut(&products, Value::clone))
}

async fn detail(call: Call<'_>) -> Result<Value, Refusal> {
    let module = module_of(call)?;
    let listed = store::product(call.ctx, module).await?;
    let held = store::subscription(call.ctx, call.tenant, module).await?.map(|s| s.data);
    let can_try = store::trial_status(call.ctx, call.tenant, module).await?.can_try;
    Ok(view::product(&listed, held.as_ref(), can_try, call.ctx.now_ms()))
}

async fn edit(call: Call<'_>) -> Result<Value, Refusal> {
    let (module, wanted) = (module_of(call)?, call.body::<Edit>()?);
    let listed = store::edit(call.ctx, module, &wanted).await?;
    Ok(view::product(&listed, None, false, call.ctx.now_ms()))
}

async fn create_order(call: Call<'_>) -> Result<Value, Refusal> {
    let new: NewOrder = call.body()?;
    Ok(view::order(&store::create_order(call.ctx, call.tenant, &new).await?))
}

async fn start_trial(call: Call<'_>) -> Result<Value, Refusal> {
    let Trial { app_id } = call.body()?;
    let started = store::start_trial(call.ctx, call.tenant, app_id.0).await?;
    Ok(json!({
        "subscription": view::subscription(&started.subscription, call.ctx.now_ms()),
        "apiCredentials": view::credentials(&started.credentials),
    }))
}

async fn subscriptions(call: Call<'_>) -> Result<Value, Refusal> {
    let paging: Paging = call.body::<Paging>()?.checked()?;
    let (held, now) = (store::subscriptions(call.ctx, call.tenant).await?, call.ctx.now_ms());
    Ok(paging.cut(&held, |s| view::subscription(s, now)))
}

async fn my_orders(call: Call<'_>) -> Result<Value, Refusal> {
    orders(call, call.tenant.clone()).await
}

async fn all_orders(call: Call<'_>) -> Result<Value, Refusal> {
    // The operator's own list holds the orders of every tenant.
    orders(call, TenantId::operator()).await
}

async fn orders(call: Call<'_>, of: TenantId) -> Result<Value, Refusal> {
    let filter: OrderFilter = call.body()?;
    let paging = Paging::of(filter.page, filter.size)?;
    let tenant = filter.tenant_id.as_deref().map(access::tenant_id).transpose()?;
    // The operator looks at one tenant's own list; a tenant that names another finds nothing.
    let (of, is_own) = match tenant {
        Some(tenant) if of == TenantId::operator() => (tenant, true),
        Some(tenant) => (of.clone(), tenant == of),
        None => (of, true),
    };
    let (module, state) = (filter.app_id.map(|app| app.0), filter.status);
    let (page, size) = (paging.page, paging.size);
    let wanted = WantedOrders { of, module, state, page, size, cursor: filter.cursor };
    let found = if is_own { store::orders(call.ctx, &wanted).await? } else { OrderPage::default() };
    let records: Vec<Value> = found.orders.iter().map(view::order).collect();
    Ok(json!({ "total": found.total, "page": page, "size": size, "records": records, "nextCursor": found.next }))
}

async fn trial_status(call: Call<'_>) -> Result<Value, Refusal> {
    let module = module_of(call)?;
    Ok(view::trial(&store::trial_status(call.ctx, call.tenant, module).await?))
}

async fn activate(call: Call<'_>) -> Result<Value, Refusal> {
    let Activation { order_id, remark } = call.body()?;
    let done = store::activate(call.ctx, &order_id, &remark.unwrap_or_default(), &call.by.token).await?;
    let now = call.ctx.now_ms();
    Ok(json!({
        "order": view::order(&done.order),
        "subscription": done.subscription.as_ref().map(|s| view::subscription(s, now)),
        "apiCredentials": done.credentials.as_ref().map(view::credentials),
    }))
}

async fn cancel(call: Call<'_>) -> Result<Value, Refusal> {
    let Cancellation { order_id, remark, refund } = call.body()?;
    Ok(view::order(&store::cancel(call.ctx, &order_id, &remark.unwrap_or_default(), refund).await?))
}
