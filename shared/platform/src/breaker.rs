//! A breaker per connection: after a few failures in a row nobody calls any more, until one probe gets
//! through. What waits for the connection then costs nothing, and the vendor is left in peace.
//!
//! The connector tells how each call came out; whoever begins a piece of work asks first. The state is one
//! record, absent while all is well, shared by all processes; each looks at it every few seconds at most.

use crate::context::Context;
use crate::error::{Error, Result, Retry};
use crate::shared_requests;
use crate::table::{Claim, Expect, Key, Outcome, Stored, Write};
use crate::telemetry;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, TenantId};

/// Failures in a row, in one process, that open it.
const FAILURES: u32 = 5;
/// How long it stays open at first. Doubled by each probe that fails.
const FIRST_WAIT_MS: i64 = 15_000;
/// The longest time between two probes.
const LONGEST_WAIT_MS: i64 = 60_000;
/// A probe that has told nothing for so long is dead, or had nothing to call for.
const PROBE_MS: i64 = 20_000;
/// How long a process believes what it has read.
const BELIEVED_MS: i64 = 5_000;
/// The longest time a message is put off for.
const LONGEST_PUT_OFF_MS: i64 = 300_000;

/// A breaker that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Epoch ms since when.
    pub since_ms: i64,
    /// Epoch ms from which one probe is let through.
    pub until_ms: i64,
    /// How long it stays open after the next failure.
    wait_ms: i64,
    /// Epoch ms until which a probe under way keeps others out.
    #[serde(default)]
    probe_until_ms: i64,
    /// What failed last.
    pub why: String,
}

impl Open {
    /// Whether the next piece of work, or one that is under way, is the probe.
    pub fn is_half_open(&self, now_ms: i64) -> bool {
        now_ms >= self.until_ms
    }
}

#[derive(Default)]
struct Known {
    failures: u32,
    read_ms: Option<i64>,
    open: Option<Stored<Open>>,
}

#[derive(Default)]
struct Breakers(Mutex<HashMap<(TenantId, ConnectionId), Known>>);

impl Breakers {
    fn with<T>(&self, tenant: &TenantId, connection: &ConnectionId, look: impl FnOnce(&mut Known) -> T) -> T {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(map.entry((tenant.clone(), connection.clone())).or_default())
    }
}

fn key(tenant: &TenantId, connection: &ConnectionId) -> Key {
    Key::new(tenant, "BREAKER", &[connection.as_str()], "-")
}

/// The state as stored; `None` is closed.
pub async fn state(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<Option<Open>> {
    Ok(ctx.table.get::<Open>(&key(tenant, connection)).await?.map(|s| s.data))
}

/// Lets a piece of work that will call these connections begin, or says when to come back.
///
/// # Errors
/// `platform.breaker-open`, to be put off, while one is open and this work is not its probe.
pub async fn admit(ctx: &Context, tenant: &TenantId, connections: &[&ConnectionId]) -> Result<()> {
    let mut probes = Vec::new();
    for connection in connections {
        let Some(open) = look(ctx, tenant, connection).await? else { continue };
        let now = ctx.now_ms();
        if now < open.data.until_ms || now < open.data.probe_until_ms {
            return Err(refused(connection, &open.data, now));
        }
        probes.push((*connection, open));
    }
    for (connection, open) in probes {
        if !probe(ctx, tenant, connection, &open).await? {
            return Err(refused(connection, &open.data, ctx.now_ms()));
        }
        tracing::info!(connection = %connection, "breaker is half open; this work is its probe");
    }
    Ok(())
}

/// The longer an outage lasts, the less often its messages come round to ask.
fn refused(connection: &ConnectionId, open: &Open, now: i64) -> Error {
    let remaining = open.until_ms.max(open.probe_until_ms) - now;
    let wait = remaining.max(((now - open.since_ms) / 4).min(LONGEST_PUT_OFF_MS)).max(1_000);
    let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(1_000));
    Error::new(
        "platform.breaker-open",
        Retry::PutOff(wait),
        format!(
            "connection {connection} failed {FAILURES} times in a row, so its work waits until a probe gets through; \
             last failure: {}",
            open.why
        ),
    )
}

/// The breaker as far as this process may believe what it knows.
async fn look(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<Option<Stored<Open>>> {
    let breakers = ctx.extensions.get_or_init::<Breakers>();
    let now = ctx.now_ms();
    let believed = breakers.with(tenant, connection, |known| {
        known.read_ms.filter(|read| (0..BELIEVED_MS).contains(&(now - read))).map(|_| known.open.clone())
    });
    if let Some(open) = believed {
        return Ok(open);
    }
    let open = shared_requests::get::<Open>(ctx, &key(tenant, connection)).await?;
    remember(ctx, tenant, connection, open.clone());
    Ok(open)
}

fn remember(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, open: Option<Stored<Open>>) {
    let read_ms = Some(ctx.now_ms());
    let breakers = ctx.extensions.get_or_init::<Breakers>();
    breakers.with(tenant, connection, |known| (known.read_ms, known.open) = (read_ms, open));
}

/// Takes the right to probe.
async fn probe(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, open: &Stored<Open>) -> Result<bool> {
    let data = Open { probe_until_ms: ctx.now_ms() + PROBE_MS, ..open.data.clone() };
    let write = Write::put(key(tenant, connection), &data, Expect::Version(open.version))?;
    if ctx.table.write(write).await? == Outcome::Conflict {
        let breakers = ctx.extensions.get_or_init::<Breakers>();
        breakers.with(tenant, connection, |known| known.read_ms = None);
        return Ok(false);
    }
    remember(ctx, tenant, connection, Some(Stored { sort: open.sort.clone(), version: open.version + 1, data }));
    Ok(true)
}

/// Tells that the connection's vendor answered like itself.
pub async fn succeeded(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) {
    let breakers = ctx.extensions.get_or_init::<Breakers>();
    let was_open = breakers.with(tenant, connection, |known| {
        known.failures = 0;
        known.open.take().is_some()
    });
    if was_open {
        close(ctx, tenant, connection).await;
    }
}

/// Closes it, for a check that worked.
pub async fn close(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) {
    match ctx.table.write(Write::delete(key(tenant, connection), Expect::Anything)).await {
        Ok(_) => tracing::info!(connection = %connection, "breaker closes: the connection answers again"),
        Err(error) => tracing::warn!(connection = %connection, error.message = %error, "breaker could not be closed"),
    }
}

/// Tells that it did not answer, or that something answered in its place. An error of the table here is
/// only logged: the call's own error is what matters.
pub async fn failed(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, why: &str) {
    let breakers = ctx.extensions.get_or_init::<Breakers>();
    let (failures, open) = breakers.with(tenant, connection, |known| {
        known.failures = known.failures.saturating_add(1);
        (known.failures, known.open.clone())
    });
    let now = ctx.now_ms();
    let stored = match open {
        Some(open) if now >= open.data.until_ms => again(ctx, tenant, connection, &open, why).await,
        Some(_) => return,
        None if failures >= FAILURES => first(ctx, tenant, connection, why).await,
        None => return,
    };
    match stored {
        Ok(()) => telemetry::count(&ctx.clock, "ConnectionOut", ("State", "open"), 1),
        Err(error) => tracing::warn!(connection = %connection, error.message = %error, "breaker could not be opened"),
    }
}

async fn first(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, why: &str) -> Result<()> {
    let now = ctx.now_ms();
    let data = Open {
        since_ms: now,
        until_ms: now + FIRST_WAIT_MS,
        wait_ms: FIRST_WAIT_MS,
        probe_until_ms: 0,
        why: why.chars().take(300).collect(),
    };
    let (version, data) = match ctx.table.claim(&key(tenant, connection), &data, None, now).await? {
        Claim::Stored => (1, data),
        Claim::Exists(other) => (other.version, other.data),
    };
    tracing::error!(connection = %connection, reason = %data.why, "breaker opens: the connection's work waits for a probe");
    remember(ctx, tenant, connection, Some(Stored { sort: "-".to_owned(), version, data }));
    Ok(())
}

/// A probe has failed.
async fn again(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    open: &Stored<Open>,
    why: &str,
) -> Result<()> {
    let wait_ms = (open.data.wait_ms * 2).min(LONGEST_WAIT_MS);
    let data = Open {
        since_ms: open.data.since_ms,
        until_ms: ctx.now_ms() + wait_ms,
        wait_ms,
        probe_until_ms: 0,
        why: why.chars().take(300).collect(),
    };
    let write = Write::put(key(tenant, connection), &data, Expect::Version(open.version))?;
    let stored = match ctx.table.write(write).await? {
        Outcome::Done => Some(Stored { sort: open.sort.clone(), version: open.version + 1, data }),
        Outcome::Conflict => ctx.table.get::<Open>(&key(tenant, connection)).await?,
    };
    tracing::warn!(connection = %connection, wait.ms = wait_ms, "breaker stays open: the probe failed");
    remember(ctx, tenant, connection, stored);
    Ok(())
}
