//! Where records and counters lie.

use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::{AppId, Module, TenantId};
use tenon_platform::table::{Count, Key};

/// Days a record is kept.
pub const KEPT_DAYS: i64 = 90;
pub const DAY_MS: i64 = 86_400_000;

pub const CALLS: &str = "calls";
pub const SUCCESS: &str = "success";
pub const FAILED: &str = "failed";
pub const ERROR: &str = "error";
/// Epoch ms of the latest call.
pub const LAST: &str = "last";
/// Calls that named the app and were not signed by it.
pub const UNSIGNED: &str = "unsigned";

/// One partition per app and direction: the newest push is found without reading past the calls.
pub fn partition(tenant: &TenantId, app: &AppId, direction: Direction) -> String {
    Key::partition_of(tenant, "CALL", &[app.as_str(), word(direction)])
}

/// Index partition of all apps of a tenant.
pub fn of_tenant(tenant: &TenantId) -> String {
    Key::partition_of(tenant, "CALLS", &[])
}

pub fn record(tenant: &TenantId, record: &CallRecord) -> Key {
    Key::new(tenant, "CALL", &[record.app_id.as_str(), word(record.direction)], sort(record))
}

/// The record of a push that began then, by its id.
pub fn push(tenant: &TenantId, app: &AppId, at_ms: i64, id: &str) -> Key {
    place_of(tenant, app, Direction::Outbound, at_ms, id)
}

/// A record of an app that began then, by its id.
pub fn place_of(tenant: &TenantId, app: &AppId, direction: Direction, at_ms: i64, id: &str) -> Key {
    Key::new(tenant, "CALL", &[app.as_str(), word(direction)], place(at_ms, id))
}

/// Sorts by time, whatever form the id has.
pub fn sort(record: &CallRecord) -> String {
    place(record.at_ms, &record.id)
}

fn place(at_ms: i64, id: &str) -> String {
    format!("{}-{id}", from(at_ms))
}

/// The least sort key of this moment and later ones.
pub fn from(at_ms: i64) -> String {
    format!("{:013}", at_ms.max(0))
}

/// A sort key above all those of this moment and below those of later ones.
pub fn up_to(at_ms: i64) -> String {
    format!("{}~", from(at_ms))
}

/// The day of a moment, counted from 1970-01-01.
pub fn day_of(at_ms: i64) -> i64 {
    at_ms.div_euclid(DAY_MS)
}

pub fn counter(tenant: &TenantId, app: &AppId, day: i64, direction: Direction) -> Key {
    Key::new(tenant, "CALL-STATS", &[app.as_str(), &day.to_string()], word(direction))
}

/// Index of the calls of a module that did not succeed, newest last.
pub fn errors(tenant: &TenantId, module: Module) -> String {
    Key::partition_of(tenant, "CALL-ERRORS", &[module.code()])
}

pub fn error(tenant: &TenantId, record: &CallRecord) -> Key {
    Key::new(tenant, "CALL-ERRORS", &[record.module.code()], sort(record))
}

/// A count of calls of one app, day and direction, the latest of which was then; kept as long as their
/// records.
pub fn count(key: Key, day: i64, results: &[CallResult], last_ms: i64) -> Count {
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut count = Count::new(key).add(CALLS, number(results.len())).set(LAST, last_ms);
    for (name, result) in [(SUCCESS, CallResult::Success), (FAILED, CallResult::Failed), (ERROR, CallResult::Error)] {
        let of_it = results.iter().filter(|r| **r == result).count();
        if of_it > 0 {
            count = count.add(name, number(of_it));
        }
    }
    count.expiring(Some(counter_dies_s(day)))
}

/// Epoch second after which a day's counters are gone.
pub fn counter_dies_s(day: i64) -> i64 {
    (day + 1 + KEPT_DAYS) * DAY_MS / 1000
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "IN",
        Direction::Outbound => "OUT",
    }
}
