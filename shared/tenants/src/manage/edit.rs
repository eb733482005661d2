//! Reading, changing, switching and deleting an app.

use super::body::AppBody;
use super::{Edited, settings};
use crate::access::Principal;
use crate::optimistic::settle;
use crate::{apps, contention};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenon_model::tenant_app::TenantApp;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Stored, Transacted};
use tenon_platform::{Context, Rejection};

/// One app of a tenant.
///
/// # Errors
/// 404 when the tenant has no such app, whoever else may have it.
pub async fn one(ctx: &Context, tenant: &TenantId, id: &AppId) -> Result<Stored<TenantApp>, Rejection> {
    apps::get(ctx, tenant, id).await?.ok_or_else(Rejection::not_found)
}

/// Changes an app, and again from what it is by then when somebody else changed it meanwhile. What is told of the
/// change may hold a secret: a repetition of a call whose process died after it is told the same, and changes nothing.
pub(super) async fn change<T: Serialize + DeserializeOwned>(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    change: impl Fn(&mut TenantApp) -> Result<T, Rejection>,
) -> Result<(TenantApp, T), Rejection> {
    settle(ctx, || async {
        let Stored { data: mut app, version, .. } = one(ctx, tenant, id).await?;
        if let Some(result) = ctx.once.made_sealed::<T>(ctx).await? {
            return Ok(Some((app, result)));
        }
        let result = change(&mut app)?;
        app.updated_ms = ctx.now_ms();
        let mut writes = apps::update_writes(&app, version)?;
        writes.extend(ctx.once.note_sealed(ctx, &result).await?);
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some((app, result)),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}

/// Changes the settings of an app.
///
/// # Errors
/// 404; 400 that names the field; 403 for a quota that only the operator may set.
pub async fn edit(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    body: &AppBody,
    by: &Principal,
) -> Result<Edited, Rejection> {
    let present = one(ctx, tenant, id).await?.data;
    if body.app_type.is_some_and(|wanted| wanted.0 != present.module) {
        return Err(Rejection::field("appType", "应用类型不能修改"));
    }
    settings::check(ctx, body, by).await?;
    let keys = ctx.keys.to_seal().await?;
    let (app, callback_secret) = change(ctx, tenant, id, |app| settings::apply(ctx, &keys, app, body)).await?;
    Ok(Edited { app, callback_secret, rotation: None })
}

/// Switches an app on or off; the other way than it is when `enabled` is absent. What it was and did
/// stays.
///
/// # Errors
/// 404.
pub async fn switch(
    ctx: &Context,
    tenant: &TenantId,
    id: &AppId,
    enabled: Option<bool>,
) -> Result<TenantApp, Rejection> {
    // Decided once: a second try must not switch back.
    let wanted = match enabled {
        Some(enabled) => enabled,
        None => !one(ctx, tenant, id).await?.data.enabled,
    };
    let (app, ()) = change(ctx, tenant, id, |app| {
        app.enabled = wanted;
        Ok(())
    })
    .await?;
    Ok(app)
}

/// Deletes an app; its key is dead from then on, its log stays. All of it is one transaction, and nothing half deleted;
/// a repetition of a call whose process died after it is told the same as that one.
///
/// # Errors
/// 404.
pub async fn delete(ctx: &Context, tenant: &TenantId, id: &AppId) -> Result<(), Rejection> {
    settle(ctx, || async {
        let Some(stored) = apps::get(ctx, tenant, id).await? else {
            let by_this_call = ctx.once.made::<AppId>(ctx).await?.is_some();
            return if by_this_call { Ok(Some(())) } else { Err(Rejection::not_found()) };
        };
        let mut writes = apps::delete_writes(&stored);
        writes.extend(ctx.once.note(id, ctx.now_ms())?);
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some(()),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}
