//! What the commands note of their changes in the audit log, beside the API and the pages.

use crate::output::{Failure, Out};
use serde_json::Value;
use tenon_model::TenantId;
use tenon_platform::Context;
use tenon_platform::audit::{self, Actor};

/// Notes a change that is about to be made.
///
/// # Errors
/// Those of the table.
pub async fn change(ctx: &Context, did_of: (&str, &str), detail: Value) -> Result<(), Failure> {
    change_of(ctx, &TenantId::operator(), did_of, detail).await
}

/// The same of what is a tenant's.
///
/// # Errors
/// Those of the table.
pub async fn change_of(ctx: &Context, tenant: &TenantId, did_of: (&str, &str), detail: Value) -> Result<(), Failure> {
    Ok(audit::note(ctx, tenant, &Actor::command(), did_of, detail).await?)
}

/// Says when it is seen.
pub fn half_a_minute(out: &Out) {
    out.note("functions that are running see it within half a minute");
}
