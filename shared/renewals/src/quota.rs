//! Quotas of a day that are nearly, or wholly, used up.

use crate::notified::{self, Notification};
use crate::{Run, due, words};
use serde_json::json;
use tenon_model::tenant_app::TenantApp;
use tenon_model::{EventKind, TenantId};
use tenon_platform::Result;
use tenon_tenants::{apps, quota, times};

/// How long after midnight the day before is looked at too: what was used up in its last minutes is told then.
const BEFORE_MS: i64 = 30 * 60_000;
/// How long it is known what was told of a day.
const KEPT_MS: i64 = 3 * due::DAY_MS;

/// Tells of a tenant's apps; says how much was told.
pub(crate) async fn notify(run: &Run<'_>, tenant: &TenantId) -> Result<usize> {
    let (ctx, now) = (run.ctx, run.ctx.now_ms());
    let limited = |app: &TenantApp| app.daily_quota > 0 && app.enabled && !app.is_expired(now);
    let all: Vec<TenantApp> = apps::list(ctx, tenant).await?.into_iter().map(|stored| stored.data).collect();
    let all: Vec<TenantApp> = all.into_iter().filter(limited).collect();
    if all.is_empty() || run.settings.quota.is_empty() {
        return Ok(0);
    }
    let began_just_now = now.rem_euclid(due::DAY_MS) < BEFORE_MS;
    let mut count = 0;
    for at_ms in [began_just_now.then_some(now - BEFORE_MS), Some(now)].into_iter().flatten() {
        let used = quota::usages_at(ctx, &all, at_ms).await?;
        for app in &all {
            let used = used.get(&app.id).copied().unwrap_or_default();
            count += usize::from(notify_app(run, app, used, at_ms).await?);
        }
    }
    Ok(count)
}

/// The greatest part of the quota that is used, among those of which it is told.
fn reached(parts: &[u8], used: i64, limit: u32) -> Option<u8> {
    let is_reached = |part: &&u8| used.saturating_mul(100) >= i64::from(limit) * i64::from(**part);
    parts.iter().filter(is_reached).max().copied()
}

async fn notify_app(run: &Run<'_>, app: &TenantApp, used: i64, at_ms: i64) -> Result<bool> {
    let Some(percent) = reached(&run.settings.quota, used, app.daily_quota) else { return Ok(false) };
    let day = times::utc_day(at_ms);
    let id = format!("quota-reached-{}-{day}-{percent}", app.id);
    if notified::is_notified(run.ctx, &app.tenant, &id).await? {
        return Ok(false);
    }
    let reset_ms = (at_ms.div_euclid(due::DAY_MS) + 1) * due::DAY_MS;
    let data = json!({
        "tenantId": app.tenant,
        "appId": app.id,
        "appName": app.name,
        "appType": app.module.code(),
        "day": day,
        "percent": percent,
        "used": used,
        "dailyQuota": app.daily_quota,
        "resetTime": times::local(reset_ms),
    });
    let news = Notification {
        tenant: &app.tenant,
        id,
        kind: EventKind::QuotaReached,
        data,
        notice: words::reached(app, percent, used, reset_ms),
        kept_until_ms: at_ms + KEPT_MS,
    };
    notified::notify(run, &news).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_part_that_is_reached_is_told() {
        for (used, expected) in [(79, None), (80, Some(80)), (99, Some(80)), (100, Some(100)), (120, Some(100))] {
            assert_eq!(reached(&[80, 100], used, 100), expected, "{used}");
        }
        // Four of five calls.
        assert_eq!((reached(&[80], 3, 5), reached(&[80], 4, 5)), (None, Some(80)));
        assert_eq!(reached(&[80, 100], i64::MAX, u32::MAX), Some(100));
    }
}
