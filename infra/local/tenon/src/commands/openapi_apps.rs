//! Tenant apps of the configuration file, for a local start without the app store.

use crate::output::Failure;
use tenon_model::config::{OpenapiApp, Secret};
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{Module, TenantId};
use tenon_platform::Context;
use tenon_platform::table::{Outcome, Stored};
use tenon_tenants::apps;

/// How often one app is tried when somebody else changes it at the same moment.
const ATTEMPTS: usize = 5;

/// Sees to it that no key is another tenant's, so that nothing is stored of a file that cannot be.
///
/// # Errors
/// A usage failure that names the key; failures of the store.
pub async fn check(ctx: &Context, wanted: &[OpenapiApp]) -> Result<(), Failure> {
    for app in wanted {
        known(ctx, &TenantId::new(app.tenant.as_str()), app).await?;
    }
    Ok(())
}

/// Stores an app under its key, or brings the one there to what the file says. An app keeps its id, and
/// with it its log and its deliveries, however often it is applied.
///
/// # Errors
/// A usage failure when the key is another tenant's; failures of the store.
pub async fn store(ctx: &Context, wanted: &OpenapiApp) -> Result<(), Failure> {
    let tenant = TenantId::new(wanted.tenant.as_str());
    let module = Module::from_code(&wanted.module)
        .ok_or_else(|| Failure::usage(format!("openapi_apps[{}].module: is no module", wanted.app_key)))?;
    for _ in 0..ATTEMPTS {
        let outcome = match known(ctx, &tenant, wanted).await? {
            None => {
                let app = new(ctx, &tenant, module, wanted).await?;
                ctx.table.transact(apps::create_writes(&app, ctx.now_ms())?).await?
            }
            Some(stored) if is_as_wanted(ctx, &stored.data, module, wanted).await => return Ok(()),
            Some(stored) => {
                let app = changed(ctx, stored.data, module, wanted).await?;
                apps::update(ctx, &app, stored.version).await?
            }
        };
        if outcome == Outcome::Done {
            return Ok(());
        }
    }
    Err(Failure::outside(format!("openapi_apps[{}] keeps being changed by somebody else; apply again", wanted.app_key)))
}

/// The app that has this key already.
async fn known(ctx: &Context, tenant: &TenantId, wanted: &OpenapiApp) -> Result<Option<Stored<TenantApp>>, Failure> {
    let Some(app) = apps::by_key(ctx, &wanted.app_key).await? else { return Ok(None) };
    if &app.tenant != tenant {
        let message = format!("openapi_apps[{}].app_key: is another tenant's; choose another", wanted.app_key);
        return Err(Failure::usage(message));
    }
    Ok(apps::get(ctx, tenant, &app.id).await?)
}

async fn is_as_wanted(ctx: &Context, app: &TenantApp, module: Module, wanted: &OpenapiApp) -> bool {
    // A secret that cannot be opened (another master key) is replaced.
    let secrets = apps::open(ctx, app, apps::APP_SECRET, &app.secrets).await.unwrap_or_default();
    app.module == module && secrets.first() == Some(&wanted.app_secret)
}

async fn sealed(ctx: &Context, app: &TenantApp, secret: &Secret) -> Result<Vec<AppSecret>, Failure> {
    let secret = apps::seal(ctx, &app.tenant, &app.id, apps::APP_SECRET, secret.expose()).await?;
    Ok(vec![AppSecret { secret, until_ms: None }])
}

async fn changed(ctx: &Context, app: TenantApp, module: Module, wanted: &OpenapiApp) -> Result<TenantApp, Failure> {
    let secrets = sealed(ctx, &app, &wanted.app_secret).await?;
    Ok(TenantApp { secrets, module, updated_ms: ctx.now_ms(), ..app })
}

async fn new(ctx: &Context, tenant: &TenantId, module: Module, wanted: &OpenapiApp) -> Result<TenantApp, Failure> {
    let now = ctx.now_ms();
    let app = TenantApp::new(apps::new_id(ctx)?, tenant.clone(), module, wanted.app_key.clone(), now);
    let secrets = sealed(ctx, &app, &wanted.app_secret).await?;
    Ok(TenantApp { secrets, ..app })
}
