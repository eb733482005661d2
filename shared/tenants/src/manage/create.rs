//! Making an app.

use super::body::AppBody;
use super::settings;
use crate::access::Principal;
use crate::credentials::{self, Credentials, new_app};
use crate::optimistic::settle;
use crate::store::{self, Term};
use crate::{apps, contention};
use tenon_model::TenantId;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::Transacted;
use tenon_platform::{Context, Rejection};

/// Apps of one module a tenant may have.
pub const LIMIT: usize = 20;

/// Makes an app of a module the tenant is subscribed to, or finds the one that an earlier call with the same
/// idempotency key made. It lives as long as the subscription.
///
/// # Errors
/// 400 that names the field: no live subscription, too many apps, a setting that is wrong; 403 for a
/// quota that only the operator may set.
pub async fn create(
    ctx: &Context,
    tenant: &TenantId,
    body: &AppBody,
    by: &Principal,
) -> Result<(TenantApp, Credentials), Rejection> {
    let module = body.app_type.ok_or_else(|| Rejection::field("appType", "不能为空"))?.0;
    settings::check(ctx, body, by).await?;
    settle(ctx, || async {
        if let Some(made) = credentials::made_before(ctx, tenant).await? {
            return Ok(Some(made));
        }
        let subscription = store::live(ctx, tenant, module).await?;
        let held = apps::list(ctx, tenant).await?.into_iter().filter(|app| app.data.module == module).count();
        if held >= LIMIT {
            return Err(Rejection::field("appType", format!("每个租户每个应用最多{LIMIT}套凭证")));
        }
        let of_trial = subscription.data.term == Term::Trial;
        // A trial's calls a day are those of its one app.
        if of_trial && held > 0 {
            return Err(Rejection::field("appType", "试用期间每个应用仅限一套凭证，正式购买后可创建多套"));
        }
        let (mut app, mut credentials) = new_app(ctx, tenant, module, of_trial, subscription.data.ends_ms).await?;
        credentials.callback_secret = settings::apply(ctx, ctx.keys.to_seal().await?.as_ref(), &mut app, body)?;
        let mut writes = apps::create_writes(&app, ctx.now_ms())?;
        // Two apps made at once, or an app and a renewal, must see each other.
        writes.push(store::touch(&subscription)?);
        writes.extend(ctx.once.note(&app.id, ctx.now_ms())?);
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some((app, credentials)),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}
