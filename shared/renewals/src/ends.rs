//! Trials and subscriptions that end.

use crate::notified::{self, Notification};
use crate::{Run, due, words};
use serde_json::json;
use tenon_model::EventKind;
use tenon_platform::Result;
use tenon_tenants::store::{self, Subscription};
use tenon_tenants::times;

/// Names what is told: this end of this subscription, so many days before.
fn id(subscription: &Subscription, days: u16) -> String {
    let Subscription { tenant, number, ends_ms, .. } = subscription;
    format!("app-expiring-{tenant}-{number}-{ends_ms}-{days}")
}

/// Tells of a subscription whose time has come; says how much was told.
pub(crate) async fn notify(run: &Run<'_>, listed: &Subscription) -> Result<usize> {
    let (ctx, now) = (run.ctx, run.ctx.now_ms());
    let Some(days) = due::due(run.settings, listed, now) else { return Ok(0) };
    if notified::is_notified(ctx, &listed.tenant, &id(listed, days)).await? {
        return Ok(0);
    }
    // The index lags; what counts is the record, which may have been renewed.
    let Some(stored) = store::subscription(ctx, &listed.tenant, listed.module).await? else { return Ok(0) };
    let subscription = stored.data;
    let Some(days) = due::due(run.settings, &subscription, now) else { return Ok(0) };
    let left = due::days_left(subscription.ends_ms, now);
    let notice = words::ending(&subscription, left, now);
    let data = json!({
        "tenantId": subscription.tenant,
        "appType": subscription.module.code(),
        "appName": subscription.module.name(),
        "subscriptionNo": subscription.number,
        "subscriptionType": subscription.term,
        "endTime": times::local(subscription.ends_ms),
        "daysLeft": left,
        "expired": subscription.ends_ms <= now,
    });
    let news = Notification {
        tenant: &subscription.tenant,
        id: id(&subscription, days),
        kind: EventKind::AppExpiring,
        data,
        notice,
        kept_until_ms: subscription.ends_ms + 2 * due::LATE_MS,
    };
    Ok(usize::from(notified::notify(run, &news).await?))
}
