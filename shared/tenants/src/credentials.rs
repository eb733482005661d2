//! What a tenant's systems are given: key and secrets, shown once and sealed in the table.

use crate::apps::{self, APP_SECRET, CALLBACK_SECRET};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use tenon_model::config::Secret;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::{Context, Rejection};

type Result<T, E = tenon_platform::Error> = std::result::Result<T, E>;

/// Calls a day of a trial's app.
pub const TRIAL_QUOTA: u32 = 100;
/// Calls a day of a paid app, unless the operator sets another number.
pub const PAID_QUOTA: u32 = 10_000;

/// What is shown once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credentials {
    /// The app they belong to.
    pub app: AppId,
    /// Its public key.
    pub app_key: String,
    /// What its calls are signed with.
    pub app_secret: Secret,
    /// What pushes to it are signed with, when one was made.
    pub callback_secret: Option<Secret>,
}

/// A new app, sealed for the table, and its secret.
pub async fn new_app(
    ctx: &Context,
    tenant: &TenantId,
    module: Module,
    trial: bool,
    ends_ms: i64,
) -> Result<(TenantApp, Credentials)> {
    let now = ctx.now_ms();
    let (id, app_key, secret) = (apps::new_id(ctx)?, apps::new_app_key(ctx)?, new_secret(ctx)?);
    let sealed = apps::seal(ctx, tenant, &id, APP_SECRET, secret.expose()).await?;
    let app = TenantApp {
        name: default_name(module, trial),
        secrets: vec![AppSecret { secret: sealed, until_ms: None }],
        trial,
        expires_ms: Some(ends_ms),
        daily_quota: if trial { TRIAL_QUOTA } else { PAID_QUOTA },
        ..TenantApp::new(id.clone(), tenant.clone(), module, app_key.clone(), now)
    };
    Ok((app, Credentials { app: id, app_key, app_secret: secret, callback_secret: None }))
}

/// The app that an earlier process made for the present call, with its credentials once more: nobody was shown
/// them.
///
/// # Errors
/// Those of the table; `tenants.sealed` and `tenants.other-key`; [`Rejection::NotFound`] when the app is gone again.
pub async fn made_before(ctx: &Context, tenant: &TenantId) -> Result<Option<(TenantApp, Credentials)>, Rejection> {
    let Some(id) = ctx.once.made::<AppId>(ctx).await? else { return Ok(None) };
    let app = apps::get(ctx, tenant, &id).await?.ok_or_else(Rejection::not_found)?.data;
    let callback_secret = match &app.callback {
        Some(callback) => apps::open(ctx, &app, CALLBACK_SECRET, &callback.secrets).await?.into_iter().next(),
        None => None,
    };
    let app_secret = apps::open(ctx, &app, APP_SECRET, &app.secrets).await?.into_iter().next();
    let app_secret = app_secret.ok_or_else(Rejection::not_found)?;
    let credentials = Credentials { app: id, app_key: app.app_key.clone(), app_secret, callback_secret };
    Ok(Some((app, credentials)))
}

/// The name of an app nobody has named: `下单对接(试用)`.
pub fn default_name(module: Module, trial: bool) -> String {
    if trial { format!("{}(试用)", module.name()) } else { module.name().to_owned() }
}

/// A secret for calls: base64url of 32 random bytes.
pub fn new_secret(ctx: &Context) -> Result<Secret> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<32>()?)))
}

/// A secret for pushes: `whsec_` and base64 of 32 random bytes. Its text is the document's HMAC key,
/// and it is a Standard Webhooks secret as well.
pub fn new_callback_secret(ctx: &Context) -> Result<Secret> {
    Ok(Secret::new(format!("whsec_{}", STANDARD.encode(ctx.entropy.bytes::<32>()?))))
}
