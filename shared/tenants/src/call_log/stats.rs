//! How many calls an app made and got, day by day.

use super::key;
use tenon_model::call::Direction;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Counters, Key};
use tenon_platform::{Context, Result};

/// One app's calls of one UTC day in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayStats {
    /// The app.
    pub app: AppId,
    /// `2026-02-11`, UTC.
    pub day: String,
    /// Who called whom.
    pub direction: Direction,
    /// All calls.
    pub calls: i64,
    /// Of them, as wanted.
    pub success: i64,
    /// Of them, refused or answered with an error that the caller can mend.
    pub failed: i64,
    /// Of them, those where we, or the network, failed.
    pub error: i64,
    /// Calls that named the app and were not signed by it; in none of the other numbers.
    pub unsigned: i64,
    /// Epoch ms of the last one.
    pub last_ms: Option<i64>,
}

/// The calls of these apps on the last `days` UTC days (at most 90), today included; days without calls
/// are left out, newer days come first. One table request per 100 (app, day, direction).
///
/// # Errors
/// Those of the table.
pub async fn stats(ctx: &Context, tenant: &TenantId, apps: &[AppId], days: u32) -> Result<Vec<DayStats>> {
    let today = key::day_of(ctx.now_ms());
    let oldest = today - i64::from(days.min(90)) + 1;
    let (mut places, mut keys) = (Vec::new(), Vec::new());
    for app in apps {
        for direction in [Direction::Inbound, Direction::Outbound] {
            for day in (oldest..=today).rev() {
                places.push((app, direction, day));
                keys.push(key::counter(tenant, app, day, direction));
            }
        }
    }
    let found = ctx.table.counters(&keys).await?;
    let mut all: Vec<DayStats> = Vec::new();
    for ((app, direction, day), key) in places.into_iter().zip(&keys) {
        let Some(counters) = found.get::<Key>(key) else { continue };
        all.push(day_stats(app, direction, day, counters));
    }
    Ok(all)
}

fn day_stats(app: &AppId, direction: Direction, day: i64, counters: &Counters) -> DayStats {
    let number = |name: &str| counters.get(name).copied().unwrap_or(0);
    DayStats {
        app: app.clone(),
        day: date(day),
        direction,
        calls: number(key::CALLS),
        success: number(key::SUCCESS),
        failed: number(key::FAILED),
        error: number(key::ERROR),
        unsigned: number(key::UNSIGNED),
        last_ms: counters.get(key::LAST).copied(),
    }
}

fn date(day: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(day.saturating_mul(key::DAY_MS)).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
