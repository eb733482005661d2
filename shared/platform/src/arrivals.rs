//! What the front has seen of where calls come from, for those who read lists of addresses: behind a proxy
//! that nobody named, every call comes from this machine, and a list of real addresses locks everybody out.

use crate::context::Context;
use crate::error::Result;
use crate::table::{Expect, Key, RecordKind, Write};
use serde::{Deserialize, Serialize};
use tenon_model::TenantId;

/// How long the note counts after the last such call, in ms.
const KEPT_MS: i64 = 7 * 86_400_000;

/// What to do about it.
pub const ADVICE: &str = "calls arrive from this machine itself, as they do behind a proxy, and `tenon up` runs without \
    --trusted-proxy: a list of addresses then sees the proxy, not the caller. Start it with --trusted-proxy and the \
    proxy's address, as docs/DEPLOY.md shows";

#[derive(Serialize, Deserialize)]
struct Seen {
    at_ms: i64,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Seen>("FRONT");

fn key() -> Key {
    Key::new(&TenantId::operator(), "FRONT", &[], "loopback")
}

/// Notes that a call came from this machine and no proxy is configured.
///
/// # Errors
/// What the table refuses.
pub async fn note_loopback(ctx: &Context) -> Result<()> {
    let at_ms = ctx.now_ms();
    let write = Write::put(key(), &Seen { at_ms }, Expect::Anything)?;
    ctx.table.write(write.expiring(Some((at_ms + KEPT_MS).div_euclid(1000)))).await?;
    Ok(())
}

/// Forgets it: proxies are configured now.
///
/// # Errors
/// What the table refuses.
pub async fn forget_loopback(ctx: &Context) -> Result<()> {
    ctx.table.write(Write::delete(key(), Expect::Anything)).await?;
    Ok(())
}

/// Whether lists of addresses see a proxy instead of callers.
///
/// # Errors
/// What the table refuses.
pub async fn from_loopback(ctx: &Context) -> Result<bool> {
    let seen = ctx.table.get::<Seen>(&key()).await?;
    Ok(seen.is_some_and(|seen| ctx.now_ms() - seen.data.at_ms < KEPT_MS))
}
