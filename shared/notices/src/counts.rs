//! How many notices a channel carried in a day, and how many it did not.

use std::collections::BTreeMap;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::table::{Count, Key};
use tenon_platform::{Context, Result, telemetry};

const DAY_MS: i64 = 86_400_000;
/// A day begins at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;
/// How long counts are kept, in seconds.
const KEPT_S: i64 = 90 * 86_400;

/// The counts of one channel and day: `told`, `delivered`, `dropped`, `absent`, `refused`, `unknown`, `held-back`,
/// `repeated`, `failed`.
pub type Counted = BTreeMap<String, i64>;

fn key(tenant: &TenantId, connection: Option<&ConnectionId>, at_ms: i64) -> Key {
    let day = (at_ms + CHINA_MS).div_euclid(DAY_MS);
    Key::new(tenant, "NOTICE-COUNTS", &[connection.map_or("-", ConnectionId::as_str)], day.to_string())
}

/// Counts one. The count is for people: where it cannot be kept the notice is told all the same.
pub(crate) async fn count(ctx: &Context, tenant: &TenantId, connection: Option<&ConnectionId>, what: &'static str) {
    if matches!(what, "refused" | "dropped" | "unknown" | "failed") {
        telemetry::count(&ctx.clock, "NoticesNotTold", ("State", what), 1);
    }
    let until = ctx.now_ms().div_euclid(1_000) + KEPT_S;
    let one = Count::new(key(tenant, connection, ctx.now_ms())).add(what, 1).expiring(Some(until));
    if let Err(error) = ctx.table.count(one).await {
        tracing::warn!(error.code = error.code, error.message = %error, what, "a notice was not counted");
    }
}

/// What a channel carried today; without a connection what was skipped before any channel.
///
/// # Errors
/// Those of the table.
pub async fn counted(ctx: &Context, tenant: &TenantId, connection: Option<&ConnectionId>) -> Result<Counted> {
    let key = key(tenant, connection, ctx.now_ms());
    Ok(ctx.table.counters(std::slice::from_ref(&key)).await?.remove(&key).unwrap_or_default())
}
