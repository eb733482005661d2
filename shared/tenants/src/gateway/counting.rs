//! Replay and quota, in one step: a call the quota refuses is not remembered as seen, so that it may be
//! sent again unchanged tomorrow, and a replayed one is not counted.

use super::{Checked, Refused, UNAUTHENTIC};
use crate::contention;
use crate::quota::{self, Usage};
use serde::{Deserialize, Serialize};
use tenon_crypto::digest::hex_lower;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::{Claim, Counted, Expect, Key, Transacted, Write};
use tenon_platform::{Context, Error, telemetry};

/// How long a nonce or signature is remembered, in seconds: from the earliest to the latest moment at
/// which its timestamp passes, and a minute more.
const REMEMBER_S: i64 = 11 * 60;

/// The record of what must not come twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// The call that was let in with it, so that it knows its own record after a lost answer.
    by: String,
}

/// Refuses a call that was let in before; does not remember this one.
pub async fn replayed(ctx: &Context, once: Option<&Key>) -> Checked<()> {
    let Some(key) = once else { return Ok(()) };
    // An expired record may still lie there; but then the timestamp is out of its window too, and the
    // call has not come this far.
    match ctx.table.get::<Seen>(key).await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(replay()),
        Err(error) => Err(Refused::failed(error)),
    }
}

/// Counts one call, and remembers it where it must not come twice.
pub async fn count(ctx: &Context, app: &TenantApp, once: Option<Key>, now_ms: i64) -> Checked<Option<Usage>> {
    match once {
        None => alone(ctx, app, now_ms).await,
        Some(key) => together(ctx, app, key, now_ms).await,
    }
}

/// A call that may come twice.
async fn alone(ctx: &Context, app: &TenantApp, now_ms: i64) -> Checked<Option<Usage>> {
    match contention::count(ctx, &quota::one_call(app, now_ms)).await {
        Ok(counted @ Counted::Done(_)) => Ok(Some(quota::usage_of(app, &counted, now_ms))),
        Ok(counted @ Counted::Full(_)) => Err(full(quota::usage_of(app, &counted, now_ms))),
        Err(error) => uncounted(ctx, app, error),
    }
}

async fn together(ctx: &Context, app: &TenantApp, key: Key, now_ms: i64) -> Checked<Option<Usage>> {
    let seen = Seen { by: hex_lower(&ctx.entropy.bytes::<8>().map_err(Refused::failed)?) };
    let expires = Some(now_ms / 1000 + REMEMBER_S);
    let remember = Write::put(key.clone(), &seen, Expect::AbsentAt(now_ms)).map_err(Refused::failed)?;
    let writes = [remember.expiring(expires), Write::count(quota::one_call(app, now_ms))];
    match contention::transact(ctx, &writes).await {
        Ok(Transacted::Done) => Ok(None),
        // The replay comes first in the order of checks, and in the transaction.
        Ok(Transacted::Conflict(places)) if places.contains(&0) => Err(replay()),
        Ok(Transacted::Conflict(_)) => Err(full(quota::used_up(app, now_ms))),
        Err(error) => {
            if app.trial {
                return uncounted(ctx, app, error);
            }
            // Whether it was stored is not known. The replay check is made alone: the record may be this
            // very call's.
            match ctx.table.claim(&key, &seen, expires, now_ms).await {
                Ok(Claim::Stored) => uncounted(ctx, app, error),
                Ok(Claim::Exists(stored)) if stored.data == seen => Ok(None),
                Ok(Claim::Exists(_)) => Err(replay()),
                Err(error) => Err(Refused::failed(error)),
            }
        }
    }
}

/// The counter cannot be reached: a trial waits, a customer who pays does not.
fn uncounted(ctx: &Context, app: &TenantApp, error: Error) -> Checked<Option<Usage>> {
    telemetry::count(&ctx.clock, "QuotaUnavailable", ("Plan", if app.trial { "trial" } else { "paid" }), 1);
    tracing::error!(
        tenant = %app.tenant, app = %app.id, app.trial = app.trial, error.code = error.code, error.message = %error,
        "quota cannot be counted"
    );
    if app.trial { Err(Refused::failed(error)) } else { Ok(None) }
}

fn replay() -> Box<Refused> {
    Refused::new(401, UNAUTHENTIC, "replay")
}

fn full(usage: Usage) -> Box<Refused> {
    let mut refused = Refused::new(429, "超出日调用限制", "quota");
    refused.usage = Some(usage);
    refused
}
