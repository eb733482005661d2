//! Calls an app has made on a UTC day, counted exactly however many count at once. A refused call is
//! not counted.

use crate::contention;
use std::collections::HashMap;
use tenon_model::AppId;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::table::{Count, Counted, Expect, Key, Write};
use tenon_platform::{Context, Result};

const CALLS: &str = "calls";
const DAY_MS: i64 = 86_400_000;
/// Days a counter is kept after its own.
const KEPT_DAYS: i64 = 3;
/// Calls a day from which an app is counted on several records.
const MANY: u32 = 1_000_000;
/// How many those are.
const SHARDS: u32 = 8;

/// How much of a day's quota is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Calls a UTC day; 0 for no limit.
    pub limit: u32,
    /// Calls counted today, this one included.
    pub used: i64,
    /// Seconds until 00:00 UTC, when it begins anew.
    pub reset_s: i64,
}

impl Usage {
    /// Calls left today; absent where there is no limit.
    pub fn remaining(&self) -> Option<i64> {
        (self.limit > 0).then(|| (i64::from(self.limit) - self.used).max(0))
    }
}

/// Calls of a trial are counted by its module, because its one app may be deleted and made anew.
fn counted_for(app: &TenantApp) -> &str {
    if app.trial { app.module.code() } else { app.id.as_str() }
}

/// On how many records the calls of a day are counted. One key takes a thousand writes a second; whoever may
/// call so often gets several, and each of them a part of the quota, so that all of them together are exact.
fn shards(app: &TenantApp) -> u32 {
    if app.daily_quota == 0 || app.daily_quota >= MANY { SHARDS } else { 1 }
}

fn key(app: &TenantApp, now_ms: i64, shard: u32) -> Key {
    let (day, shard) = (now_ms.div_euclid(DAY_MS).to_string(), shard.to_string());
    // Records of one partition key would share its thousand writes.
    let parts: &[&str] = if shard == "0" { &[counted_for(app), &day] } else { &[counted_for(app), &day, &shard] };
    Key::new(&app.tenant, "QUOTA", parts, "-")
}

fn keys(app: &TenantApp, now_ms: i64) -> impl Iterator<Item = Key> {
    (0..shards(app)).map(move |shard| key(app, now_ms, shard))
}

/// Seconds until 00:00 UTC, rounded up.
fn reset_s(now_ms: i64) -> i64 {
    (DAY_MS - now_ms.rem_euclid(DAY_MS) + 999) / 1000
}

/// One call of an app, to be counted while this record's part of its quota lasts.
fn one_call(app: &TenantApp, now_ms: i64, shard: u32) -> Count {
    let dies_s = (now_ms.div_euclid(DAY_MS) + 1 + KEPT_DAYS) * DAY_MS / 1000;
    let count = Count::new(key(app, now_ms, shard)).add(CALLS, 1).expiring(Some(dies_s));
    if app.daily_quota == 0 {
        return count;
    }
    let (all, many) = (i64::from(app.daily_quota), i64::from(shards(app)));
    count.below(CALLS, all / many + i64::from(i64::from(shard) < all % many))
}

/// Counts one call, unless the quota is used up. One table request; where there are several records, another for
/// each that is full.
pub(crate) async fn count(ctx: &Context, app: &TenantApp, now_ms: i64) -> Result<Counted> {
    let many = shards(app);
    let first = if many == 1 { 0 } else { u32::from(ctx.entropy.bytes::<1>()?[0]) };
    let mut counted = contention::count(ctx, &one_call(app, now_ms, first % many)).await?;
    for other in 1..many {
        if matches!(counted, Counted::Done(_)) {
            break;
        }
        counted = contention::count(ctx, &one_call(app, now_ms, (first + other) % many)).await?;
    }
    Ok(counted)
}

/// Whether a count tells how much of the quota is used: one record of several does not.
pub(crate) fn is_exact(app: &TenantApp) -> bool {
    shards(app) == 1
}

/// The usage of a count that was answered so.
pub(crate) fn usage_of(app: &TenantApp, counted: &Counted, now_ms: i64) -> Usage {
    let (Counted::Done(counters) | Counted::Full(counters)) = counted;
    let used = counters.get(CALLS).copied().unwrap_or(0);
    Usage { limit: app.daily_quota, used, reset_s: reset_s(now_ms) }
}

/// The usage of an app whose quota is used up.
pub(crate) fn used_up(app: &TenantApp, now_ms: i64) -> Usage {
    Usage { limit: app.daily_quota, used: i64::from(app.daily_quota), reset_s: reset_s(now_ms) }
}

/// Calls an app has made today.
///
/// # Errors
/// Those of the table.
pub async fn usage(ctx: &Context, app: &TenantApp) -> Result<i64> {
    Ok(usages(ctx, std::slice::from_ref(app)).await?.remove(&app.id).unwrap_or(0))
}

/// Calls these apps have made today; one that made none is left out. One table request per 100 apps; an app that
/// may call more than a million times a day counts as eight.
///
/// # Errors
/// Those of the table.
pub async fn usages(ctx: &Context, apps: &[TenantApp]) -> Result<HashMap<AppId, i64>> {
    usages_at(ctx, apps, ctx.now_ms()).await
}

/// Calls these apps made on the day of that moment.
///
/// # Errors
/// Those of the table.
pub async fn usages_at(ctx: &Context, apps: &[TenantApp], at_ms: i64) -> Result<HashMap<AppId, i64>> {
    let all: Vec<Key> = apps.iter().flat_map(|app| keys(app, at_ms)).collect();
    let found = ctx.table.counters(&all).await?;
    let used = |app: &TenantApp| {
        let each: Vec<i64> = keys(app, at_ms).filter_map(|key| found.get(&key)?.get(CALLS).copied()).collect();
        (!each.is_empty()).then(|| (app.id.clone(), each.iter().sum()))
    };
    Ok(apps.iter().filter_map(used).collect())
}

/// Gives an app its whole quota of today again.
///
/// # Errors
/// Those of the table.
pub async fn reset(ctx: &Context, app: &TenantApp) -> Result<()> {
    for key in keys(app, ctx.now_ms()) {
        ctx.table.write(Write::delete(key, Expect::Anything)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        assert_eq!(reset_s(0), 86_400);
        assert_eq!(reset_s(DAY_MS - 1), 1);
        assert_eq!(reset_s(DAY_MS), 86_400);
        assert_eq!(reset_s(DAY_MS - 60_500), 61);
    }

    #[test]
    fn no_limit_has_no_remainder_and_an_overrun_leaves_nothing() {
        let usage = |limit, used| Usage { limit, used, reset_s: 1 };
        assert_eq!(usage(0, 7).remaining(), None);
        assert_eq!(usage(100, 99).remaining(), Some(1));
        // The quota was lowered during the day.
        assert_eq!(usage(50, 80).remaining(), Some(0));
    }
}
