//! How an endpoint does: failures in a row, alerts on the way to its end, and the end. A success of an
//! endpoint that is well writes nothing here, so that the good case costs no write.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Expect, Key, Outcome, Stored, Write};
use tenon_platform::{Context, Result};

const HOUR_MS: i64 = 3_600_000;
/// This many failures in a row …
pub const MAX_FAILURES: u32 = 100;
/// … over at least this long switch an endpoint off,
pub const FAILURES_OVER_MS: i64 = 24 * HOUR_MS;
/// and so does failing for this long, however few the failures are.
pub const MAX_FAILING_MS: i64 = 120 * HOUR_MS;
/// Per cent of the nearer limit at which an operational event is raised.
const ALERTS: [u8; 3] = [90, 70, 50];
/// Operational events kept.
const KEPT_ALERTS: usize = 20;
/// An answer that takes this long makes an endpoint a slow one.
pub const SLOW_MS: i64 = 2_000;
/// How stale the last success of an endpoint that is well may get.
const SUCCESS_EVERY_MS: i64 = HOUR_MS;

/// An endpoint's state as stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The generation of the address this is about.
    pub generation: u32,
    /// Failures in a row.
    pub failures: u32,
    /// Epoch ms of the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failure_ms: Option<i64>,
    /// Epoch ms of the latest failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure_ms: Option<i64>,
    /// What went wrong then: the class of an attempt, or the code of what kept it from being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// While it answers slowly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<Slow>,
    /// Epoch ms of the latest success, give or take an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_ms: Option<i64>,
    /// The greatest percentage an event was raised for since the failures began.
    #[serde(default)]
    pub alerted: u8,
    /// Switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// The latest operational events, oldest first.
    #[serde(default)]
    pub alerts: Vec<Alert>,
}

/// How slowly an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// Epoch ms since when.
    pub since_ms: i64,
    /// How long the answer took, or was waited for, that showed it.
    pub took_ms: i64,
}

/// What came of an attempt, or of one that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The endpoint wants nothing any more.
    pub gone: bool,
    /// Class or code.
    pub class: &'a str,
    /// How long it took.
    pub took_ms: i64,
}

/// Since when and why an endpoint is switched off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disabled {
    /// Epoch ms.
    pub at_ms: i64,
    /// Why.
    pub reason: Cause,
}

/// Why an endpoint is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It answered 410.
    Gone,
    /// [`MAX_FAILURES`] in a row over at least [`FAILURES_OVER_MS`].
    Failures,
    /// It has failed for [`MAX_FAILING_MS`].
    FailingFor,
}

impl Cause {
    /// The word in records, metrics and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failures => "failures",
            Self::FailingFor => "failing-for",
        }
    }

    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Gone => "接收端返回410",
            Self::Failures => "连续失败100次且超过24小时",
            Self::FailingFor => "持续失败120小时",
        }
    }
}

/// An operational event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Epoch ms.
    pub at_ms: i64,
    /// Per cent of the nearer limit; 100 when the endpoint was switched off.
    pub percent: u8,
    /// Failures in a row at the time.
    pub failures: u32,
    /// Epoch ms of the first of them.
    pub since_ms: i64,
    /// Why it was switched off, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Cause>,
}

impl Health {
    /// Whether it has not been well since it was last called.
    pub fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether its next attempts belong in the slow lane: those of one that fails, or takes its time, would
    /// keep others from a place.
    pub fn is_trouble(&self) -> bool {
        self.is_failing() || self.slow.is_some()
    }

    /// How slow it is after an answer that took so long.
    fn slow_after(&self, took_ms: i64, now_ms: i64) -> Option<Slow> {
        let since_ms = self.slow.map_or(now_ms, |slow| slow.since_ms);
        (took_ms >= SLOW_MS).then_some(Slow { since_ms, took_ms })
    }

    /// While an attempt is under way that has lasted so long; `None` when that was known.
    pub fn while_waiting(&self, took_ms: i64, now_ms: i64) -> Option<Self> {
        let slow = self.slow_after(took_ms, now_ms).filter(|_| self.slow.is_none())?;
        Some(Self { slow: Some(slow), ..self.clone() })
    }

    /// The state that counts for this generation of the address: an older address's failures are not
    /// the new one's.
    #[must_use]
    pub fn of_generation(self, generation: u32) -> Self {
        if self.generation == generation { self } else { Self { generation, alerts: self.alerts, ..Self::default() } }
    }

    /// After a success that took so long; `None` when nothing needs storing.
    pub fn after_success(&self, took_ms: i64, now_ms: i64) -> Option<Self> {
        let stale = self.last_success_ms.is_none_or(|last| last + SUCCESS_EVERY_MS <= now_ms);
        let slow = self.slow_after(took_ms, now_ms);
        if !self.is_failing() && !stale && slow.is_some() == self.slow.is_some() {
            return None;
        }
        let (generation, alerts, disabled) = (self.generation, self.alerts.clone(), self.disabled.clone());
        Some(Self { generation, alerts, disabled, slow, last_success_ms: Some(now_ms), ..Self::default() })
    }

    /// After a failure. With the event to raise.
    pub fn after_failure(&self, failure: Failure<'_>, now_ms: i64) -> (Self, Option<Alert>) {
        let gone = failure.gone;
        let mut next = self.clone();
        next.last_error = Some(failure.class.to_owned());
        next.slow = self.slow_after(failure.took_ms, now_ms).or(self.slow);
        let since_ms = next.first_failure_ms.unwrap_or(now_ms);
        next.failures = next.failures.saturating_add(1);
        next.first_failure_ms = Some(since_ms);
        next.last_failure_ms = Some(now_ms);
        if next.disabled.is_some() {
            return (next, None);
        }
        let failing_ms = now_ms - since_ms;
        let cause = if gone {
            Some(Cause::Gone)
        } else if next.failures >= MAX_FAILURES && failing_ms >= FAILURES_OVER_MS {
            Some(Cause::Failures)
        } else if failing_ms >= MAX_FAILING_MS {
            Some(Cause::FailingFor)
        } else {
            None
        };
        let percent = match cause {
            Some(_) => 100,
            None => ALERTS.into_iter().find(|p| progress(next.failures, failing_ms) >= *p).unwrap_or(0),
        };
        if percent <= next.alerted && cause.is_none() {
            return (next, None);
        }
        next.alerted = percent;
        next.disabled = cause.map(|reason| Disabled { at_ms: now_ms, reason });
        let alert = Alert { at_ms: now_ms, percent, failures: next.failures, since_ms, disabled: cause };
        next.alerts.push(alert.clone());
        let over = next.alerts.len().saturating_sub(KEPT_ALERTS);
        next.alerts.drain(..over);
        (next, Some(alert))
    }

    /// Switched on again: as if nothing had happened, but for the memory of the events.
    #[must_use]
    pub fn enabled(self) -> Self {
        let Self { generation, alerts, last_success_ms, slow, .. } = self;
        Self { generation, alerts, last_success_ms, slow, ..Self::default() }
    }
}

/// Per cent of the limit that is nearer. The first limit has two sides, both of which must be reached.
fn progress(failures: u32, failing_ms: i64) -> u8 {
    let by_count = i64::from(failures) * 100 / i64::from(MAX_FAILURES);
    let by_day = failing_ms * 100 / FAILURES_OVER_MS;
    let by_time = failing_ms * 100 / MAX_FAILING_MS;
    u8::try_from(by_count.min(by_day).max(by_time).clamp(0, 99)).unwrap_or(0)
}

pub(crate) fn key(tenant: &TenantId, app: &AppId) -> Key {
    Key::new(tenant, "ENDPOINT", &[app.as_str()], "-")
}

/// The stored state of an endpoint, of whichever generation.
pub async fn get(ctx: &Context, tenant: &TenantId, app: &AppId) -> Result<Option<Stored<Health>>> {
    ctx.table.get(&key(tenant, app)).await
}

/// The stored states of several apps' endpoints, by app; one without is left out.
pub async fn get_many(ctx: &Context, tenant: &TenantId, apps: &[&AppId]) -> Result<HashMap<AppId, Health>> {
    let keys: Vec<Key> = apps.iter().map(|app| key(tenant, app)).collect();
    let mut found = ctx.table.get_many::<Health>(&keys).await?;
    let pairs = apps.iter().zip(&keys);
    Ok(pairs.filter_map(|(app, key)| Some(((*app).clone(), found.remove(key)?.data))).collect())
}

/// Notes that an attempt to this generation's address has lasted so long, if that is news; somebody else's
/// note of the same moment is as good.
pub(crate) async fn note_slow(
    ctx: &Context,
    tenant: &TenantId,
    app: &AppId,
    generation: u32,
    took_ms: i64,
) -> Result<()> {
    let now = ctx.now_ms();
    let stored = get(ctx, tenant, app).await?;
    let read = stored.as_ref().map(|stored| stored.version);
    let before = stored.map(|stored| stored.data).unwrap_or_default();
    if before.generation > generation {
        return Ok(());
    }
    if let Some(slow) = before.of_generation(generation).while_waiting(took_ms, now) {
        ctx.table.write(write(tenant, app, &slow, read, now)?).await?;
    }
    Ok(())
}

/// The write that stores a state over the one that was read, if any was.
pub fn write(tenant: &TenantId, app: &AppId, health: &Health, read: Option<u64>, now_ms: i64) -> Result<Write> {
    let expect = read.map_or(Expect::AbsentAt(now_ms), Expect::Version);
    Write::put(key(tenant, app), health, expect)
}

/// Switches an endpoint on again. `Conflict` when something was noted of it at that moment.
pub async fn enable(ctx: &Context, tenant: &TenantId, app: &AppId) -> Result<Outcome> {
    let Some(stored) = get(ctx, tenant, app).await? else { return Ok(Outcome::Done) };
    let enabled = stored.data.enabled();
    ctx.table.write(write(tenant, app, &enabled, Some(stored.version), ctx.now_ms())?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Failure<'static> = Failure { gone: false, class: "status-5xx", took_ms: 5 };

    #[test]
    fn a_slow_endpoint_is_trouble_until_it_answers_quickly() {
        let well = Health::default().after_success(5, 0).unwrap();
        assert!(!well.is_trouble());
        assert_eq!(well.while_waiting(SLOW_MS - 1, 1), None);
        let waited = well.while_waiting(SLOW_MS, 1).unwrap();
        assert!(waited.is_trouble() && !waited.is_failing());
        assert_eq!(waited.while_waiting(SLOW_MS, 2), None, "told once");
        assert_eq!(waited.after_success(SLOW_MS, 3), None, "known");
        let timed_out = waited.after_failure(Failure { took_ms: 15_000, ..FAILED }, 4).0;
        assert_eq!(timed_out.slow, Some(Slow { since_ms: 1, took_ms: 15_000 }));
        assert_eq!(timed_out.last_error.as_deref(), Some("status-5xx"));
        let quick = timed_out.after_success(5, 5).unwrap();
        assert!(!quick.is_trouble() && quick.last_error.is_none());
        assert!(quick.after_success(SLOW_MS, 6).unwrap().is_trouble());
    }

    /// Fails at these hours; what was raised, by hour.
    fn failing(hours: impl IntoIterator<Item = f64>) -> (Health, Vec<(f64, u8)>) {
        let (mut health, mut raised) = (Health::default(), Vec::new());
        for hour in hours {
            let (next, alert) = health.after_failure(FAILED, (hour * 3_600_000.0) as i64);
            health = next;
            raised.extend(alert.map(|a| (hour, a.percent)));
        }
        (health, raised)
    }

    #[test]
    fn a_hundred_failures_end_it_only_after_a_day() {
        let (quick, raised) = failing((0..200).map(|n| f64::from(n) / 100.0));
        assert!(quick.disabled.is_none() && raised.is_empty(), "{raised:?}");
        let (slow, raised) = failing((0..120).map(|n| f64::from(n) / 4.0));
        assert_eq!(raised, [(12.25, 50), (17.25, 70), (22.25, 90), (24.75, 100)]);
        assert_eq!(slow.disabled.unwrap().reason, Cause::Failures);
    }

    #[test]
    fn few_failures_end_it_after_five_days() {
        let (health, raised) = failing([0.0, 30.0, 60.0, 61.0, 84.0, 107.9, 108.0, 119.9, 120.0, 121.0]);
        assert_eq!(raised, [(60.0, 50), (84.0, 70), (108.0, 90), (120.0, 100)]);
        assert_eq!(health.disabled.unwrap().reason, Cause::FailingFor);
    }

    #[test]
    fn a_success_begins_the_count_anew_and_a_healthy_one_is_not_stored() {
        let (failed, _) = failing([0.0, 61.0]);
        let well = failed.after_success(5, 62 * HOUR_MS).unwrap();
        assert_eq!((well.failures, well.first_failure_ms, well.alerted), (0, None, 0));
        assert_eq!(well.alerts.len(), 1, "what was raised stays listed");
        assert_eq!(well.after_success(5, 62 * HOUR_MS + 60_000), None);
        assert!(well.after_success(5, 63 * HOUR_MS).is_some());
        let (again, alert) = well.after_failure(FAILED, 200 * HOUR_MS);
        assert!(again.disabled.is_none() && alert.is_none());
    }

    #[test]
    fn another_address_begins_anew() {
        let (health, _) = failing([0.0, 120.0]);
        assert!(health.disabled.is_some());
        let new = health.clone().of_generation(1);
        assert!(new.disabled.is_none() && !new.is_failing() && new.generation == 1);
        assert!(health.of_generation(0).disabled.is_some());
    }

    #[test]
    fn gone_ends_it_at_once() {
        let (health, alert) = Health::default().after_failure(Failure { gone: true, ..FAILED }, 5);
        assert_eq!(health.disabled, Some(Disabled { at_ms: 5, reason: Cause::Gone }));
        assert_eq!(alert.unwrap().percent, 100);
        assert!(!health.enabled().is_failing());
    }
}
