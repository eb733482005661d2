//! How fast one tenant may call, so that it does not take from the others what all of them share.
//!
//! One counter for each tenant and ten seconds, whichever process counts. A process that serves few calls of a
//! tenant does not ask it: it counts its first calls of the ten seconds by itself, enters them with the next, and
//! then takes more at a time, twice as many each time. So a tenant that calls seldom costs no table request, one that calls
//! fast few, and no more calls than the limit are let in but those first ones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tenon_model::TenantId;
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, Rejection};

/// The time over which calls are counted, in seconds.
pub const WINDOW_S: i64 = 10;
/// Calls of one tenant that a process lets in by itself in that time.
pub const UNASKED: i64 = 5;
/// Most calls taken from the counter at a time.
const MAX_AT_A_TIME: i64 = 64;
/// Tenants a process remembers.
const REMEMBERED: usize = 10_000;

/// What this process knows of a tenant's present window.
#[derive(Clone, Copy, Default)]
struct Share {
    window: i64,
    /// Calls let in.
    used: i64,
    /// Calls that may be let in.
    granted: i64,
    /// Calls entered in the counter.
    entered: i64,
    /// Whether the counter has no more.
    full: bool,
}

#[derive(Default)]
struct Shares(Mutex<HashMap<TenantId, Share>>);

/// Lets one more call of a tenant in.
///
/// # Errors
/// [`Rejection::TooOften`] with the seconds until more are let in.
pub async fn admit(ctx: &Context, tenant: &TenantId) -> Result<(), Rejection> {
    let limit = i64::from(ctx.limits.tenant_calls) * WINDOW_S;
    if limit == 0 || *tenant == TenantId::operator() {
        return Ok(());
    }
    let now_s = ctx.now_ms().div_euclid(1000);
    let window = now_s.div_euclid(WINDOW_S);
    let too_often = Rejection::TooOften {
        message: "租户调用过于密集，请稍后重试",
        after_s: (window + 1) * WINDOW_S - now_s,
    };
    let wanted = {
        let shares = ctx.extensions.get_or_init::<Shares>();
        let mut shares = shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shares.len() >= REMEMBERED {
            shares.retain(|_, share| share.window == window);
        }
        let share = shares.entry(tenant.clone()).or_default();
        if share.window != window {
            *share = Share { window, granted: UNASKED.min(limit), ..Share::default() };
        }
        if share.used < share.granted {
            share.used += 1;
            return Ok(());
        }
        if share.full {
            return Err(too_often);
        }
        // Those let in that are not entered yet, and as many more as there were.
        share.used - share.entered + share.used.clamp(1, MAX_AT_A_TIME)
    };
    let granted = match take(ctx, tenant, window, (wanted, limit)).await {
        Ok(granted) => granted,
        // The counter is for fairness; without it calls are bounded by their quotas.
        Err(error) => {
            tracing::warn!(tenant = %tenant, error.code = error.code, error.message = %error, "a tenant's calls were not counted");
            return Ok(());
        }
    };
    let shares = ctx.extensions.get_or_init::<Shares>();
    let mut shares = shares.0.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(share) = shares.get_mut(tenant).filter(|share| share.window == window) else { return Ok(()) };
    share.full = granted < wanted;
    share.entered += granted;
    share.granted = share.granted.max(share.entered);
    if share.used < share.granted {
        share.used += 1;
        return Ok(());
    }
    Err(too_often)
}

/// Takes calls from the tenant's counter; how many there were to take.
async fn take(
    ctx: &Context,
    tenant: &TenantId,
    window: i64,
    (wanted, limit): (i64, i64),
) -> tenon_platform::Result<i64> {
    let key = Key::new(tenant, "CALL-RATE", &[], window.to_string());
    let expires = Some((window + 2) * WINDOW_S + 3600);
    let count = Count::new(key).add("calls", wanted).below("calls", limit).expiring(expires);
    Ok(match ctx.table.count(count).await? {
        Counted::Done(now) => {
            let beyond = now.get("calls").copied().unwrap_or(0).saturating_sub(limit).max(0);
            (wanted - beyond).max(0)
        }
        Counted::Full(_) => 0,
    })
}
