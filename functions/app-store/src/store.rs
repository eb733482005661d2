//! The app store: `/api/system/app-store/…`.

use crate::page::Paging;
use crate::{Call, view};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_catalog::areas::app_store::store as routes;
use tenon_model::{Module, TenantId};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Body, Path, Service, on};
use tenon_tenants::access;
use tenon_tenants::entry::{Bearer, noted};
use tenon_tenants::store::{self, AppRef, Edit, NewOrder, OrderPage, OrderState, WantedOrders};

/// The function.
pub static SERVICE: Service<Bearer> = Service::new(Bearer, || {
    vec![
        on(routes::LIST, list),
        on(routes::READ, detail),
        on(routes::EDIT, edit),
        on(routes::CREATE_ORDER, create_order),
        on(routes::START_TRIAL, start_trial),
        on(routes::MY_SUBSCRIPTIONS, subscriptions),
        on(routes::MY_ORDERS, my_orders),
        on(routes::TRIAL_STATUS, trial_status),
        on(routes::ACTIVATE_ORDER, activate),
        on(routes::CANCEL_ORDER, cancel),
        on(routes::LIST_ORDERS, all_orders),
    ]
});

/// The module of the path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfModule {
    app_id: String,
}

impl OfModule {
    fn module(&self) -> Result<Module, Rejection> {
        AppRef::parse(&self.app_id).map(|app| app.0).ok_or_else(Rejection::not_found)
    }
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

async fn list(call: Call, Body(paging): Body<Paging>) -> Result<Value, Rejection> {
    let paging = paging.checked()?;
    let held = store::subscriptions(&call.ctx, &call.by.tenant).await?;
    let mut products = Vec::new();
    for listed in store::products(&call.ctx).await? {
        let module = listed.product.module;
        let own = held.iter().find(|s| s.module == module);
        // What is no longer offered is shown to those who have it, and to the operator.
        if listed.product.enabled || own.is_some() || call.by.principal.is_operator() {
            let can_try = store::trial_status(&call.ctx, &call.by.tenant, module).await?.can_try;
            products.push(view::product(&listed, own, can_try, call.ctx.now_ms()));
        }
    }
    Ok(paging.cut(&products, Value::clone))
}

async fn detail(call: Call, Path(of): Path<OfModule>) -> Result<Value, Rejection> {
    let module = of.module()?;
    let listed = store::product(&call.ctx, module).await?;
    let held = store::subscription(&call.ctx, &call.by.tenant, module).await?.map(|s| s.data);
    let can_try = store::trial_status(&call.ctx, &call.by.tenant, module).await?.can_try;
    Ok(view::product(&listed, held.as_ref(), can_try, call.ctx.now_ms()))
}

async fn edit(call: Call, (Path(of), Body(wanted)): (Path<OfModule>, Body<Edit>)) -> Result<Value, Rejection> {
    let module = of.module()?;
    noted(&call, "edit-product", module.code()).await?;
    let listed = store::edit(&call.ctx, module, &wanted).await?;
    Ok(view::product(&listed, None, false, call.ctx.now_ms()))
}

async fn create_order(call: Call, Body(new): Body<NewOrder>) -> Result<Value, Rejection> {
    noted(&call, "place-order", new.app_id.0.code()).await?;
    Ok(view::order(&store::create_order(&call.ctx, &call.by.tenant, &new).await?))
}

async fn start_trial(call: Call, Body(Trial { app_id }): Body<Trial>) -> Result<Value, Rejection> {
    noted(&call, "start-trial", app_id.0.code()).await?;
    let started = store::start_trial(&call.ctx, &call.by.tenant, app_id.0).await?;
    Ok(json!({
        "subscription": view::subscription(&started.subscription, call.ctx.now_ms()),
        "apiCredentials": view::credentials(&started.credentials),
    }))
}

async fn subscriptions(call: Call, Body(paging): Body<Paging>) -> Result<Value, Rejection> {
    let paging = paging.checked()?;
    let (held, now) = (store::subscriptions(&call.ctx, &call.by.tenant).await?, call.ctx.now_ms());
    Ok(paging.cut(&held, |s| view::subscription(s, now)))
}

async fn my_orders(call: Call, Body(filter): Body<OrderFilter>) -> Result<Value, Rejection> {
    orders(&call, filter, call.by.tenant.clone()).await
}

async fn all_orders(call: Call, Body(filter): Body<OrderFilter>) -> Result<Value, Rejection> {
    // The operator's own list holds the orders of every tenant.
    orders(&call, filter, TenantId::operator()).await
}

async fn orders(call: &Call, filter: OrderFilter, of: TenantId) -> Result<Value, Rejection> {
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
    let found = if is_own { store::orders(&call.ctx, &wanted).await? } else { OrderPage::default() };
    let records: Vec<Value> = found.orders.iter().map(view::order).collect();
    Ok(json!({ "total": found.total, "page": page, "size": size, "records": records, "nextCursor": found.next }))
}

async fn trial_status(call: Call, Path(of): Path<OfModule>) -> Result<Value, Rejection> {
    let module = of.module()?;
    Ok(view::trial(&store::trial_status(&call.ctx, &call.by.tenant, module).await?))
}

async fn activate(call: Call, Body(wanted): Body<Activation>) -> Result<Value, Rejection> {
    let Activation { order_id, remark } = wanted;
    noted(&call, "activate-order", &order_id).await?;
    let done = store::activate(&call.ctx, &order_id, &remark.unwrap_or_default(), &call.by.principal.token).await?;
    let now = call.ctx.now_ms();
    Ok(json!({
        "order": view::order(&done.order),
        "subscription": done.subscription.as_ref().map(|s| view::subscription(s, now)),
        "apiCredentials": done.credentials.as_ref().map(view::credentials),
    }))
}

async fn cancel(call: Call, Body(wanted): Body<Cancellation>) -> Result<Value, Rejection> {
    let Cancellation { order_id, remark, refund } = wanted;
    noted(&call, if refund { "refund-order" } else { "cancel-order" }, &order_id).await?;
    Ok(view::order(&store::cancel(&call.ctx, &order_id, &remark.unwrap_or_default(), refund).await?))
}
