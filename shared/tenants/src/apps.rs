//! Tenant apps in the table. An app lies there twice, and both copies are always written in one
//! transaction: under its tenant, where it is managed, and under its key, where the gateway finds it,
//! tenant and all, with one strongly consistent read.

use serde::Deserialize;
use std::time::Duration;
use tenon_crypto::digest::hex_lower;
use tenon_crypto::secrets::{MasterKey, Purpose, SecretError};
use tenon_model::config::Secret;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{AppId, TenantId};
use tenon_platform::keys::SealedText;
use tenon_platform::table::{Expect, Key, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry, data_key};

/// Work that meets another master key comes back after this time.
const RECHECK_AFTER: Duration = Duration::from_secs(300);

/// Name of the calls' secret in [`TenantApp::secret_context`].
pub const APP_SECRET: &str = "app-secret";
/// Name of the pushes' secret in [`TenantApp::secret_context`].
pub const CALLBACK_SECRET: &str = "callback-secret";

/// Where an app of a tenant lies.
pub fn key(tenant: &TenantId, id: &AppId) -> Key {
    Key::new(tenant, "APP", &[], id.as_str())
}

/// The gateway's copy belongs to the operator: a call has no tenant until its key is found.
fn gateway_key(app_key: &str) -> Key {
    Key::new(&TenantId::operator(), "APP-KEY", &[app_key], "-")
}

/// One app of a tenant.
pub async fn get(ctx: &Context, tenant: &TenantId, id: &AppId) -> Result<Option<Stored<TenantApp>>> {
    ctx.table.get(&key(tenant, id)).await
}

/// The app of an app key, whosever it is. One table request.
pub async fn by_key(ctx: &Context, app_key: &str) -> Result<Option<TenantApp>> {
    let stored = ctx.table.get::<TenantApp>(&gateway_key(app_key)).await?;
    // A copy laid under another key is nobody's.
    Ok(stored.map(|s| s.data).filter(|app| app.app_key == app_key))
}

/// Every app of a tenant, oldest first.
pub async fn list(ctx: &Context, tenant: &TenantId) -> Result<Vec<Stored<TenantApp>>> {
    ctx.table.query_all(&Key::partition_of(tenant, "APP", &[]), Range::default()).await
}

/// Writes that store a new app; to go into one transaction with what it is stored for.
pub fn create_writes(app: &TenantApp, now_ms: i64) -> Result<Vec<Write>> {
    Ok(vec![
        Write::put(key(&app.tenant, &app.id), app, Expect::AbsentAt(now_ms))?,
        Write::put(gateway_key(&app.app_key), app, Expect::AbsentAt(now_ms))?,
    ])
}

/// Writes that store a changed app over the version it was read at.
pub fn update_writes(app: &TenantApp, version: u64) -> Result<Vec<Write>> {
    Ok(vec![
        Write::put(key(&app.tenant, &app.id), app, Expect::Version(version))?,
        Write::put(gateway_key(&app.app_key), app, Expect::Anything)?,
    ])
}

/// Writes that store a changed app under another key; the old one is dead from then on.
pub fn rekey_writes(app: &TenantApp, version: u64, old_key: &str, now_ms: i64) -> Result<Vec<Write>> {
    Ok(vec![
        Write::put(key(&app.tenant, &app.id), app, Expect::Version(version))?,
        Write::put(gateway_key(&app.app_key), app, Expect::AbsentAt(now_ms))?,
        Write::delete(gateway_key(old_key), Expect::Anything),
    ])
}

/// Stores a changed app. `Conflict` when somebody else changed it meanwhile.
pub async fn update(ctx: &Context, app: &TenantApp, version: u64) -> Result<Outcome> {
    ctx.table.transact(update_writes(app, version)?).await
}

/// Writes that delete an app with its key, which is dead from then on.
pub fn delete_writes(app: &Stored<TenantApp>) -> Vec<Write> {
    vec![
        Write::delete(key(&app.data.tenant, &app.data.id), Expect::Version(app.version)),
        Write::delete(gateway_key(&app.data.app_key), Expect::Anything),
    ]
}

/// A new id, which sorts by time.
pub fn new_id(ctx: &Context) -> Result<AppId> {
    Ok(AppId::new(ctx.entropy.id("app-", ctx.now_ms())?))
}

/// A new app key: `os_` and 24 hex digits.
pub fn new_app_key(ctx: &Context) -> Result<String> {
    Ok(format!("os_{}", hex_lower(&ctx.entropy.bytes::<12>()?)))
}

/// Seals a secret of an app for the table.
pub async fn seal(ctx: &Context, tenant: &TenantId, app: &AppId, name: &str, plain: &str) -> Result<Secret> {
    sealed(ctx, ctx.keys.to_seal().await?.as_ref(), (tenant, app, name), plain)
}

/// As [`seal`], with keys that were asked for before.
pub(crate) fn sealed(
    ctx: &Context,
    keys: &MasterKey,
    (tenant, app, name): (&TenantId, &AppId, &str),
    plain: &str,
) -> Result<Secret> {
    let nonce = ctx.entropy.bytes::<12>()?;
    let context = TenantApp::secret_context(tenant, app, name);
    Ok(Secret::new(keys.seal(Purpose::App, &context, nonce, plain.as_bytes())))
}

/// The sealed texts of a stored app, in both its copies.
pub(crate) fn sealed_texts(data: &serde_json::Value) -> Vec<SealedText> {
    let Ok(app) = TenantApp::deserialize(data) else { return Vec::new() };
    let of = |name: &str, secrets: &[AppSecret]| -> Vec<SealedText> {
        let context = TenantApp::secret_context(&app.tenant, &app.id, name);
        secrets.iter().map(|s| SealedText::sealed(Purpose::App, context.as_str(), s.secret.expose())).collect()
    };
    let pushes = app.callback.as_ref().map(|callback| of(CALLBACK_SECRET, &callback.secrets));
    [of(APP_SECRET, &app.secrets), pushes.unwrap_or_default()].concat()
}

/// Opens the secrets of a list that still count, newest first.
pub async fn open(ctx: &Context, app: &TenantApp, name: &str, secrets: &[AppSecret]) -> Result<Vec<Secret>> {
    let now = ctx.now_ms();
    let keys = ctx.keys.to_open_all(secrets.iter().map(|sealed| sealed.secret.expose())).await?;
    let context = TenantApp::secret_context(&app.tenant, &app.id, name);
    let live = secrets.iter().filter(|s| s.until_ms.is_none_or(|until| until > now));
    live.map(|sealed| {
        let plain = keys.open(Purpose::App, &context, sealed.secret.expose());
        let plain = plain.and_then(|bytes| String::from_utf8(bytes).map_err(|_| SecretError::BadFormat));
        plain.map(Secret::new).map_err(|why| {
            data_key::count_unopened(&ctx.clock, data_key::Of::App);
            let message = format!("the {name} of {} does not open: {why}", app.id);
            let error = match why {
                // Of all apps at once, and mended by the right key: nothing is given up for it.
                SecretError::OtherKey => Error::new("tenants.other-key", Retry::Blocked(RECHECK_AFTER), message),
                _ => Error::permanent("tenants.sealed", format!("{message}; reset it")),
            };
            error.with_kind(ErrorKind::SecretUnusable)
        })
    })
    .collect()
}
