//! Cursors: where the next page begins, sealed for one tenant and one view of its log, so that nothing
//! else than a cursor we gave out is taken, and by nobody else.

use tenon_crypto::secrets::Purpose;
use tenon_model::TenantId;
use tenon_platform::{Context, Error, Result};

/// Code of the error for a cursor that is none of ours; the caller's fault (400).
pub const BAD_CURSOR: &str = "tenants.cursor";

fn context(tenant: &TenantId, view: &str) -> String {
    format!("call-log-cursor/{tenant}/{view}")
}

pub async fn seal(ctx: &Context, tenant: &TenantId, view: &str, sort: &str) -> Result<String> {
    let keys = ctx.keys.to_seal().await?;
    Ok(keys.seal(Purpose::Cursor, &context(tenant, view), ctx.entropy.bytes::<12>()?, sort.as_bytes()))
}

pub async fn open(ctx: &Context, tenant: &TenantId, view: &str, cursor: &str) -> Result<String> {
    let plain = ctx.keys.to_open(cursor).await?.open(Purpose::Cursor, &context(tenant, view), cursor).ok();
    plain
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Error::permanent(BAD_CURSOR, "the cursor is not one of this list; begin again without a cursor"))
}
