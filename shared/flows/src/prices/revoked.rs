//! Approved price forms that people revoke in the OA by another form.

use super::{Applied, applied_key};
use tenon_connectors::oa::Oa;
use tenon_model::config::PriceFlow;
use tenon_model::{InstanceId, TenantId};
use tenon_platform::table::{Claim, Expect, Write};
use tenon_platform::{Context, Result};

/// Whether a form takes back the one that it names as its former one. If that one was withdrawn or refused, nothing
/// came of it: then it is that form handed in again, and counts like any. Where the OA names none no price is
/// written on a guess.
pub(super) async fn takes_back(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PriceFlow,
    oa: &Oa<'_>,
    form: &InstanceId,
) -> Result<bool> {
    if form.as_str().is_empty() {
        return Ok(true);
    }
    if let Some(found) = oa.read(form).await? {
        return Ok(!found.came_to_nothing());
    }
    // Deleted; whether its prices are ours to tell is what is known of it. Forms that ended otherwise have no run.
    let known = ctx.table.get::<Applied>(&applied_key(tenant, flow, form)).await?;
    Ok(known.is_some_and(|applied| !applied.data.run.as_str().is_empty()))
}

/// A revoked form's prices are not written any more; those that were are for people to set back, because
/// nothing says what held before, and later forms may have changed them. Returns what to tell.
pub(super) async fn set_aside(
    ctx: &Context,
    tenant: &TenantId,
    flow: &PriceFlow,
    form: &InstanceId,
    by: &Applied,
) -> Result<String> {
    if form.as_str().is_empty() {
        return Ok(
            "an approved form was revoked, and the OA does not name it: look for its prices in the ERP".to_owned()
        );
    }
    let never = Applied { run: by.run.clone(), started_ms: by.started_ms, done: true };
    let key = applied_key(tenant, flow, form);
    let written = match ctx.table.claim(&key, &never, None, ctx.now_ms()).await? {
        Claim::Stored => "none",
        Claim::Exists(old) if old.data.run == by.run => "none",
        Claim::Exists(old) if old.data.done => "all",
        Claim::Exists(old) => {
            // Whoever tries it again finds it done.
            ctx.table.write(Write::put(key, &Applied { done: true, ..old.data }, Expect::Anything)?).await?;
            "some"
        }
    };
    tracing::warn!(tenant = %tenant, flow = %flow.id, form = %form, written, "an approved price form was revoked");
    let left = match written {
        "none" => "its prices had not been written and will not be",
        "all" => "its prices were written; look them up in the ERP and set them back by hand",
        _ => "some of its prices may have been written and the others will not be; look them up in the ERP",
    };
    Ok(format!("form {form} is revoked: {left}"))
}
