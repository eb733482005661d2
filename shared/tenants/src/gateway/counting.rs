//! Replay and quota. A call is remembered first, where it must not come twice, and then counted: each is one
//! write on one record, so that no transaction holds up the counter that all calls of an app share. What the
//! quota refuses is forgotten again, so that it may be sent again unchanged tomorrow; a replay is not counted.

use super::{Checked, Refused};
use crate::quota::{self, Usage};
use serde::{Deserialize, Serialize};
use tenon_crypto::digest::hex_lower;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::{Claim, Counted, Expect, Key, Outcome, RecordKind, Write};
use tenon_platform::{Context, Error, Rejection, telemetry};

/// How long a nonce or signature is remembered, in seconds: from the earliest to the latest moment at
/// which its timestamp passes, and a minute more.
const REMEMBER_S: i64 = 11 * 60;

/// The record of what must not come twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// The call that was let in with it, so that it knows its own record after a lost answer; empty once that
    /// call was refused after all.
    by: String,
}

/// Its kind of record.
pub(crate) const KIND: RecordKind = RecordKind::of::<Seen>("SEEN");

/// Refuses a call that was let in before; does not remember this one.
pub async fn replayed(ctx: &Context, once: Option<&Key>) -> Checked<()> {
    let Some(key) = once else { return Ok(()) };
    // An expired record may still lie there; but then the timestamp is out of its window too, and the
    // call has not come this far.
    match ctx.table.get::<Seen>(key).await {
        Ok(Some(seen)) if !seen.data.by.is_empty() => Err(replay()),
        Ok(_) => Ok(()),
        Err(error) => Err(Refused::failed(error)),
    }
}

/// Counts one call, and remembers it where it must not come twice.
pub async fn count(ctx: &Context, app: &TenantApp, once: Option<Key>, now_ms: i64) -> Checked<Option<Usage>> {
    let Some(key) = once else { return counted(ctx, app, now_ms).await };
    remember(ctx, &key, now_ms).await?;
    let counted = counted(ctx, app, now_ms).await;
    if counted.is_err() {
        forget(ctx, &key, now_ms).await;
    }
    counted
}

async fn counted(ctx: &Context, app: &TenantApp, now_ms: i64) -> Checked<Option<Usage>> {
    match quota::count(ctx, app, now_ms).await {
        Ok(counted @ Counted::Done(_)) => Ok(quota::is_exact(app).then(|| quota::usage_of(app, &counted, now_ms))),
        Ok(Counted::Full(_)) => Err(full(quota::used_up(app, now_ms))),
        // The table is there and has others in hand: whoever waits a moment is counted.
        Err(error) if error.is_contention() => {
            tracing::warn!(tenant = %app.tenant, app = %app.id, error.code = error.code, error.message = %error, "call gave way to others");
            Err(Refused::new(Rejection::TooOften { message: "调用过于密集，请稍后重试", after_s: 1 }, "busy"))
        }
        Err(error) => uncounted(ctx, app, error),
    }
}

async fn remember(ctx: &Context, key: &Key, now_ms: i64) -> Checked<()> {
    let seen = Seen { by: hex_lower(&ctx.entropy.bytes::<8>().map_err(Refused::failed)?) };
    let expires = Some(now_ms / 1000 + REMEMBER_S);
    let claimed = match ctx.table.claim(key, &seen, expires, now_ms).await {
        // Whether it was stored is not known: the record may be this very call's.
        Err(_) => ctx.table.claim(key, &seen, expires, now_ms).await,
        claimed => claimed,
    };
    match claimed.map_err(Refused::failed)? {
        Claim::Stored => Ok(()),
        Claim::Exists(stored) if stored.data == seen => Ok(()),
        Claim::Exists(stored) if stored.data.by.is_empty() => {
            let again = Write::put(key.clone(), &seen, Expect::Version(stored.version)).map_err(Refused::failed)?;
            match ctx.table.write(again.expiring(expires)).await.map_err(Refused::failed)? {
                Outcome::Done => Ok(()),
                Outcome::Conflict => Err(replay()),
            }
        }
        Claim::Exists(_) => Err(replay()),
    }
}

/// Lets a call that is refused after all be sent again. When that fails, it has to be signed anew.
async fn forget(ctx: &Context, key: &Key, now_ms: i64) {
    let forgotten = Write::put(key.clone(), &Seen { by: String::new() }, Expect::Anything);
    let written = match forgotten {
        Ok(write) => ctx.table.write(write.expiring(Some(now_ms / 1000 + REMEMBER_S))).await.map(drop),
        Err(error) => Err(error),
    };
    if let Err(error) = written {
        tracing::warn!(error.code = error.code, error.message = %error, "a refused call stays remembered");
    }
}

/// The counter cannot be reached: a trial waits, a customer who pays does not.
fn uncounted(ctx: &Context, app: &TenantApp, error: Error) -> Checked<Option<Usage>> {
    telemetry::count(&ctx.clock, "QuotaUnavailable", ("Plan", plan(app)), 1);
    tracing::error!(
        tenant = %app.tenant, app = %app.id, app.trial = app.trial, error.code = error.code, error.message = %error,
        "quota cannot be counted"
    );
    if app.trial { Err(Refused::failed(error)) } else { Ok(None) }
}

fn plan(app: &TenantApp) -> &'static str {
    if app.trial { "trial" } else { "paid" }
}

fn replay() -> Box<Refused> {
    Refused::unauthentic("replay")
}

fn full(usage: Usage) -> Box<Refused> {
    let rejection = Rejection::TooOften { message: "超出日调用限制", after_s: usage.reset_s };
    let mut refused = Refused::new(rejection, "quota");
    refused.usage = Some(usage);
    refused
}
