//! Remembered refusals of logins. A vendor may lock a user who knocks with a wrong password again
//! and again, so one refusal is kept until the connection is applied anew or a check succeeds. What is out
//! of order at the vendor's is remembered too, and tried again less and less often.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::Context;
use tenon_platform::clock::millis;
use tenon_platform::error::{Error, Result, Retry};
use tenon_platform::table::{Expect, Key, Write};

/// Work that meets a shut door comes back after this time.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(300);
/// Minutes between the tries of an outage; the last repeats.
const OUTAGE_MINUTES: [u64; 4] = [1, 5, 15, 30];

#[derive(Debug, Serialize, Deserialize)]
struct Refusal {
    revision: u64,
    at_ms: i64,
    message: String,
    vendor_code: Option<Box<str>>,
    status: Option<u16>,
    /// How often the login was tried in an outage; 0 is a refusal.
    #[serde(default)]
    tries: usize,
    /// Epoch ms of the next try in an outage.
    #[serde(default)]
    next_ms: i64,
}

/// What is remembered of a login that may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// Nothing.
    Open,
    /// An outage, whose next try is due.
    Tried,
}

fn key(tenant: &TenantId, connection: &ConnectionId) -> Key {
    Key::new(tenant, "REFUSED", &[connection.as_str()], "-")
}

async fn stored(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, revision: u64) -> Result<Option<Refusal>> {
    let stored = ctx.table.get::<Refusal>(&key(tenant, connection)).await?;
    Ok(stored.map(|s| s.data).filter(|r| r.revision == revision))
}

/// Fails when a login of this revision of the connection was refused before, or is not due yet in an
/// outage. `codes` are the errors' of the two.
pub(crate) async fn recall(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    revision: u64,
    (refused, outage): (&'static str, &'static str),
) -> Result<Door> {
    let Some(refusal) = stored(ctx, tenant, connection, revision).await? else { return Ok(Door::Open) };
    let left_ms = refusal.next_ms.saturating_sub(ctx.now_ms());
    let (code, retry) = match refusal.tries {
        0 => (refused, Retry::Blocked(ASK_AGAIN)),
        _ if left_ms <= 0 => return Ok(Door::Tried),
        _ => (outage, Retry::RateLimited(Duration::from_millis(u64::try_from(left_ms).unwrap_or(0)))),
    };
    let mut error = Error::new(code, retry, refusal.message);
    error.vendor_code = refusal.vendor_code;
    error.status = refusal.status;
    Err(error)
}

/// Remembers an outage. Returns how long nobody is to try.
pub(crate) async fn remember_outage(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    revision: u64,
    error: &Error,
) -> Result<Duration> {
    let tries = stored(ctx, tenant, connection, revision).await?.map_or(0, |r| r.tries);
    let minutes = OUTAGE_MINUTES.get(tries).or(OUTAGE_MINUTES.last()).copied().unwrap_or(30);
    let wait = Duration::from_secs(60 * minutes);
    let next_ms = ctx.now_ms() + millis(wait);
    let refusal = Refusal { tries: tries + 1, next_ms, ..of(ctx, revision, error) };
    ctx.table.write(Write::put(key(tenant, connection), &refusal, Expect::Anything)?).await?;
    Ok(wait)
}

fn of(ctx: &Context, revision: u64, error: &Error) -> Refusal {
    Refusal {
        revision,
        at_ms: ctx.now_ms(),
        message: error.message.clone(),
        vendor_code: error.vendor_code.clone(),
        status: error.status,
        tries: 0,
        next_ms: 0,
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
    let refusal = of(ctx, revision, error);
    ctx.table.write(Write::put(key(tenant, connection), &refusal, Expect::Anything)?).await?;
    Ok(())
}

/// Forgets it, after a login that was let in.
pub(crate) async fn forget(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<()> {
    ctx.table.write(Write::delete(key(tenant, connection), Expect::Anything)).await?;
    Ok(())
}
