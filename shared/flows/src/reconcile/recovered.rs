//! How many ends of instances reconciliation found that no callback told. A few are usual: a callback can be lost. More
//! mean that the callbacks of a connection do not arrive.

use tenon_model::{ConnectionId, TenantId};
use tenon_platform::table::{Count, Key};
use tenon_platform::{Context, Result, telemetry};

const HOUR_MS: i64 = 3_600_000;
/// Hours looked back on.
const HOURS: i64 = 24;
/// So many in an hour are usual; the alarm on `DecisionsRecovered` says the same.
pub const USUAL: i64 = 5;

fn key(tenant: &TenantId, connection: &ConnectionId, hour: i64) -> Key {
    Key::new(tenant, "RECOVERED", &[connection.as_str()], format!("{hour:010}"))
}

/// Counts what was found. That it could not be counted is told and stops nothing.
pub(super) async fn note(ctx: &Context, tenant: &TenantId, connection: &ConnectionId, found: u64) {
    let number = i64::try_from(found).unwrap_or(i64::MAX);
    if number == 0 {
        return;
    }
    telemetry::count(&ctx.clock, "DecisionsRecovered", ("From", "reconcile"), found);
    let hour = ctx.now_ms().div_euclid(HOUR_MS);
    let dies_s = (hour + HOURS + 1) * HOUR_MS / 1000;
    let count = Count::new(key(tenant, connection, hour)).add("found", number).expiring(Some(dies_s));
    if let Err(error) = ctx.table.count(count).await {
        tracing::warn!(connection = %connection, error.message = %error, "what reconciliation recovered was not counted");
    }
}

/// What was found in each of the last 24 hours that had any, the greatest first.
///
/// # Errors
/// Those of the table.
pub async fn by_hour(ctx: &Context, tenant: &TenantId, connection: &ConnectionId) -> Result<Vec<i64>> {
    let now = ctx.now_ms().div_euclid(HOUR_MS);
    let keys: Vec<Key> = (0..HOURS).map(|back| key(tenant, connection, now - back)).collect();
    let found = ctx.table.counters(&keys).await?;
    let mut hours: Vec<i64> = found.into_values().filter_map(|counters| counters.get("found").copied()).collect();
    hours.sort_unstable_by(|one, other| other.cmp(one));
    Ok(hours)
}
