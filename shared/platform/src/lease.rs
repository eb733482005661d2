//! Leases: short exclusive rights, kept in the table, so that one function at a time does a thing.
//! A holder that dies loses the right when the time is up.

use crate::context::Context;
use crate::error::Result;
use crate::table::{Claim, Expect, Key, Outcome, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::TenantId;

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    owner: String,
    #[serde(default)]
    taken_ms: i64,
    until_ms: i64,
}

/// A held lease.
#[derive(Debug)]
pub struct Lease {
    key: Key,
    version: u64,
}

/// Takes the lease of this name for this long, or returns `None` when somebody holds it.
pub async fn acquire(ctx: &Context, tenant: &TenantId, name: &str, time: Duration) -> Result<Option<Lease>> {
    let now = ctx.now_ms();
    let key = Key::new(tenant, "LEASE", &[name], "-");
    let until_ms = now + crate::clock::millis(time);
    let record = Record { owner: ctx.process.to_string(), taken_ms: now, until_ms };
    let expires = Some(until_ms / 1000 + 3600);
    match ctx.table.claim(&key, &record, expires, now).await? {
        Claim::Stored => Ok(Some(Lease { key, version: 1 })),
        Claim::Exists(old) if ctx.lease_binds(old.data.taken_ms, old.data.until_ms) => Ok(None),
        Claim::Exists(old) => {
            let write = Write::put(key.clone(), &record, Expect::Version(old.version))?.expiring(expires);
            Ok(match ctx.table.write(write).await? {
                Outcome::Done => Some(Lease { key, version: old.version + 1 }),
                Outcome::Conflict => None,
            })
        }
    }
}

/// Gives the lease back, unless its time was up and somebody else has taken it.
pub async fn release(ctx: &Context, lease: Lease) -> Result<()> {
    ctx.table.write(Write::delete(lease.key, Expect::Version(lease.version))).await?;
    Ok(())
}

/// Claims a thing that happens once, such as one slot of a schedule. The memory is kept for
/// `remember`.
pub async fn claim_once(
    ctx: &Context,
    tenant: &TenantId,
    what: &[&str],
    sort: &str,
    remember: Duration,
) -> Result<bool> {
    let now = ctx.now_ms();
    let key = Key::new(tenant, "ONCE", what, sort);
    let record = Record { owner: ctx.process.to_string(), taken_ms: now, until_ms: now };
    let expires = Some((now + crate::clock::millis(remember)) / 1000);
    Ok(matches!(ctx.table.claim(&key, &record, expires, now).await?, Claim::Stored))
}
