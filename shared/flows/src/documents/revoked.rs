//! Approved forms that people revoke in the OA by another form.

use super::record::{self, Name};
use super::{LEASE, fresh, run};
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_model::config::DocumentFlow;
use tenon_model::document::DocumentState;
use tenon_model::{InstanceId, TenantId};
use tenon_platform::{Context, Error, Result, Retry};

/// Whether a form takes back the one that it names as its former one. If that one was withdrawn or refused, nothing
/// came of it: then it is that form handed in again, and counts like any. Where the OA names none, nothing is created
/// on a guess.
pub(super) async fn takes_back(
    ctx: &Context,
    tenant: &TenantId,
    flow: &DocumentFlow,
    oa: &Oa<'_>,
    form: &InstanceId,
) -> Result<bool> {
    if form.as_str().is_empty() {
        return Ok(true);
    }
    if let Some(found) = oa.read(form).await? {
        return Ok(!found.came_to_nothing());
    }
    // Deleted; whether it is ours to tell is what is known of it.
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: form.as_str() };
    Ok(record::get(ctx, name).await?.is_some_and(|known| known.data.state != DocumentState::Closed))
}

/// A revoked form's document is not created any more; one that was is for people to cancel. Returns what to tell.
pub(super) async fn set_aside(
    ctx: &Context,
    tenant: &TenantId,
    flow: &DocumentFlow,
    form: &InstanceId,
) -> Result<String> {
    if form.as_str().is_empty() {
        return Ok("an approved form was revoked, and the OA does not name it: look for its document in B1".to_owned());
    }
    let name = Name { tenant, oa: &flow.oa, flow: &flow.id, request: form.as_str() };
    let loaded = ctx.config.load(tenant).await?;
    let never = format!("form {form} is revoked: nothing had been created and nothing will be");
    let held = match record::get(ctx, name).await? {
        None => record::claim(ctx, name, fresh(ctx, &loaded, flow, name.request)?, LEASE, None).await?,
        Some(known) if known.data.state == DocumentState::Created => {
            let made = run::summary(&known.data);
            return Ok(format!("form {form} is revoked: B1 had {made}; cancel it there by hand"));
        }
        Some(known) if known.data.state == DocumentState::Closed => return Ok(never),
        Some(known) => record::take(ctx, tenant, known, LEASE, |_| {}).await?,
    };
    // A create of it that is under way is waited for.
    let mut held = match held {
        Some(held) if !held.record.state.is_unclear() => held,
        unclear => {
            if let Some(held) = unclear {
                record::release(held, ctx, LEASE).await?;
            }
            let message =
                format!("form {form} is revoked while its document may be being created; it is looked at again");
            return Err(Error::new("flow.busy", Retry::RateLimited(Duration::from_secs(30)), message));
        }
    };
    tracing::warn!(tenant = %tenant, flow = %flow.id, form = %form, "an approved form was revoked");
    held.advance(ctx, DocumentState::Closed, |record| record.message = Some(never.clone())).await?;
    run::settle(ctx, tenant, &held.record).await;
    record::release(held, ctx, LEASE).await?;
    Ok(never)
}
