//! Making, showing and changing apps.

use crate::page::Paging;
use crate::{Call, view};
use serde::Deserialize;
use serde_json::{Value, json};
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, Module};
use tenon_platform::dispatch::{Body, Path};
use tenon_platform::{Rejection, arrivals, request};
use tenon_tenants::entry::noted;
use tenon_tenants::manage::{self, AppBody, Edited};
use tenon_tenants::store::{self, AppRef};
use tenon_tenants::{apps, quota};

/// For the tenant; the operator is told by `apply` what to do.
const LISTS_SEE_A_PROXY: &str =
    "allowIps: 调用经由本机代理到达，而服务未配置--trusted-proxy，名单看到的是代理的地址而非调用方地址；请联系运营方";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AppFilter {
    #[serde(default)]
    page: Option<usize>,
    #[serde(default)]
    size: Option<usize>,
    #[serde(default, alias = "appId")]
    app_type: Option<AppRef>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Active,
    Disabled,
    Expired,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Toggle {
    #[serde(default)]
    status: Option<Switch>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Switch {
    Active,
    Disabled,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Reset {
    #[serde(default)]
    overlap_hours: u32,
}

/// The app of the path.
#[derive(Deserialize)]
pub(super) struct OfApp {
    pub id: AppId,
}

async fn shown(call: &Call, app: &TenantApp) -> Result<Value, Rejection> {
    let used = quota::usage(&call.ctx, app).await?;
    let mut value = view::app(app, used, call.ctx.now_ms());
    if !app.allow_ips.is_empty()
        && arrivals::from_loopback(&call.ctx).await?
        && let Some(object) = value.as_object_mut()
    {
        object.insert("warnings".to_owned(), json!([LISTS_SEE_A_PROXY]));
    }
    Ok(value)
}

/// As [`shown`], when a secret was just made that is told this once: a count that cannot be read must not
/// keep it back, and is shown as 0.
async fn shown_with_secret(call: &Call, app: &TenantApp) -> Value {
    let used = quota::usage(&call.ctx, app).await.unwrap_or_else(|error| {
        tracing::warn!(app = %app.id, error.code = error.code, error.message = %error, "today's calls are shown as 0: they could not be read");
        0
    });
    view::app(app, used, call.ctx.now_ms())
}

pub(super) async fn create(call: Call, Body(body): Body<AppBody>) -> Result<Value, Rejection> {
    noted(&call, "create-app", body.app_type.map_or("", |of| of.0.code())).await?;
    let (app, credentials) = manage::create(&call.ctx, &call.by.tenant, &body, &call.by.principal).await?;
    Ok(json!({ "app": shown_with_secret(&call, &app).await, "apiCredentials": view::credentials(&credentials) }))
}

pub(super) async fn list(call: Call, Body(filter): Body<AppFilter>) -> Result<Value, Rejection> {
    let (paging, now) = (Paging::of(filter.page, filter.size)?, call.ctx.now_ms());
    let mut found: Vec<TenantApp> = apps::list(&call.ctx, &call.by.tenant).await?.into_iter().map(|s| s.data).collect();
    found.retain(|app| {
        filter.app_type.is_none_or(|wanted| wanted.0 == app.module)
            && filter.status.is_none_or(|wanted| view::status(app, now) == word(wanted))
    });
    let used = quota::usages(&call.ctx, &found).await?;
    Ok(paging.cut(&found, |app| view::app(app, used.get(&app.id).copied().unwrap_or(0), now)))
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::Expired => "expired",
    }
}

pub(super) async fn types(call: Call, (): ()) -> Result<Value, Rejection> {
    let held = store::subscriptions(&call.ctx, &call.by.tenant).await?;
    let apps = apps::list(&call.ctx, &call.by.tenant).await?;
    let of = |module| {
        let count = apps.iter().filter(|app| app.data.module == module).count();
        view::app_type(module, held.iter().find(|s| s.module == module), count, call.ctx.now_ms())
    };
    Ok(Module::ALL.into_iter().map(of).collect())
}

pub(super) async fn detail(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    let stored = manage::one(&call.ctx, &call.by.tenant, &of.id).await?;
    shown(&call, &stored.data).await
}

pub(super) async fn edit(call: Call, (Path(of), Body(body)): (Path<OfApp>, Body<AppBody>)) -> Result<Value, Rejection> {
    noted(&call, "edit-app", of.id.as_str()).await?;
    edited(&call, manage::edit(&call.ctx, &call.by.tenant, &of.id, &body, &call.by.principal).await?).await
}

/// The app, with the pushes' secret in clear when one was just made.
async fn edited(call: &Call, edited: Edited) -> Result<Value, Rejection> {
    let Edited { app, callback_secret, rotation } = edited;
    let Some(secret) = callback_secret else { return shown(call, &app).await };
    let mut value = shown_with_secret(call, &app).await;
    if let Some(object) = value.as_object_mut() {
        object.insert("callbackSecret".to_owned(), secret.expose().into());
        if let Some(rotation) = rotation {
            object.extend(view::rotation(&rotation));
        }
    }
    Ok(value)
}

pub(super) async fn delete(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    noted(&call, "delete-app", of.id.as_str()).await?;
    manage::delete(&call.ctx, &call.by.tenant, &of.id).await?;
    Ok(json!({ "id": of.id, "deleted": true }))
}

pub(super) async fn toggle(
    call: Call,
    (Path(of), Body(wanted)): (Path<OfApp>, Body<Toggle>),
) -> Result<Value, Rejection> {
    let enabled = wanted.status.map(|s| s == Switch::Active);
    let did = match enabled {
        None => "switch-app",
        Some(true) => "switch-app-on",
        Some(false) => "switch-app-off",
    };
    noted(&call, did, of.id.as_str()).await?;
    let app = manage::switch(&call.ctx, &call.by.tenant, &of.id, enabled).await?;
    shown(&call, &app).await
}

pub(super) async fn reset_secret(
    call: Call,
    (Path(of), Body(Reset { overlap_hours })): (Path<OfApp>, Body<Reset>),
) -> Result<Value, Rejection> {
    noted(&call, "reset-secret", of.id.as_str()).await?;
    let (credentials, rotation) = manage::reset_secret(&call.ctx, &call.by.tenant, &of.id, overlap_hours).await?;
    let mut value = view::credentials(&credentials);
    if let Some(object) = value.as_object_mut() {
        object.extend(view::rotation(&rotation));
    }
    Ok(value)
}

pub(super) async fn reset_callback_secret(
    call: Call,
    (Path(of), Body(Reset { overlap_hours })): (Path<OfApp>, Body<Reset>),
) -> Result<Value, Rejection> {
    noted(&call, "reset-callback-secret", of.id.as_str()).await?;
    edited(&call, manage::reset_callback_secret(&call.ctx, &call.by.tenant, &of.id, overlap_hours).await?).await
}

pub(super) async fn reset_quota(call: Call, Path(of): Path<OfApp>) -> Result<Value, Rejection> {
    // Apps have no operator's list: the tenant has to be named here as well.
    let tenant = call.by.principal.tenant(request::query(&call.request, "tenantId"))?;
    let app = manage::one(&call.ctx, &tenant, &of.id).await?.data;
    noted(&call, "reset-quota", of.id.as_str()).await?;
    quota::reset(&call.ctx, &app).await?;
    shown(&call, &app).await
}
