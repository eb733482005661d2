//! Remembered refusals of logins. A vendor may lock a user who knocks with a wrong password again
//! and again, so one refusal is kept until the connection is applied anew or a check succeeds.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::error::{Error, Result, Retry};
use tenon_platform::table::{Expect, Key, Write};

/// Work that meets a shut door comes back after this time.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(300);

#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    revision: u64,
    at_ms: i64,
    message: String,
    vendor_code: Option<String>,
    status: Option<u16>,
}

fn key(tenant: &TenantId, connection: &ConnectionId) -> Key {
    Key::new(tenant, "REFUSED", &[connection.as_str()], "-")
}

/// Fails when a login of this revision of the connection was refused before.
pub(crate) async fn recall(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    revision: u64,
    code: &'static str,
) -> Result<()> {
    let stored = ctx.table.get::<Refusal>(&key(tenant, connection)).await?;
    match stored.map(|s| s.data).filter(|r| r.revision == revision) {
        None => Ok(()),
        Some(refusal) => {
            let mut error = Error::new(code, Retry::Blocked(ASK_AGAIN), refusal.message);
            error.vendor_code = refusal.vendor_code;
            error.status = refusal.status;
            Err(error)
        }
    }
}

/// Remembers a refusal.
pub(crate) async fn remember(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    revision: u64,
    error: &Error,
) -> Result<()> {
    let refusal = Refusal {
        revision,
        at_ms: ctx.now_ms(),
        message: error.message.clone(),
        vendor_code: error.vendor_code.clone(),
        status: error.status,
    };
    ctx.table.write(Write::put(key(tenant, connection), &refusal, Expect::Anything)?).await?;
    Ok(())
}

/// Forgets it, after a login that was let in.
pub(crate) async fn forget(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<()> {
    ctx.table.write(Write::delete(key(tenant, connection), Expect::Anything)).await?;
    Ok(())
}
