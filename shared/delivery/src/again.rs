//! Pushing once more: one delivery, or a test of the endpoint.

use crate::record::{Delivery, State, TEST};
use crate::{deliveries, message};
use serde_json::json;
use tenon_model::tenant_app::RetryPreset;
use tenon_model::{AppId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::WEBHOOK_DELIVER;
use tenon_platform::table::{Outcome, Stored};
use tenon_platform::{Context, Error, ErrorKind, Result, lease};
use tenon_tenants::times;

/// What came of asking for one more push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It is pushed: a fresh budget of attempts for one that had ended, the next attempt now for one that
    /// waited.
    Queued,
    /// An attempt is under way right now; its outcome is awaited.
    UnderWay,
    /// There is no such delivery.
    Missing,
}

/// Has one delivery pushed once more, under the same id.
///
/// # Errors
/// Those of the table and the queues; `webhook.contended`.
pub async fn resend(ctx: &Context, tenant: &TenantId, app: &AppId, id: &str) -> Result<Again> {
    for _ in 0..4 {
        let Some(stored) = deliveries::get(ctx, tenant, app, id).await? else { return Ok(Again::Missing) };
        if let Some(done) = once_more(ctx, tenant, stored, None).await? {
            return Ok(done);
        }
    }
    let message = format!("the delivery {id} keeps being changed by others; try again");
    Err(Error::transient("webhook.contended", message).with_kind(ErrorKind::Overtaken))
}

/// As [`resend`], for a delivery that was read; `None` when it has changed since. A job's mark keeps the
/// job from pushing a delivery twice when it is killed and goes on.
pub(crate) async fn once_more(
    ctx: &Context,
    tenant: &TenantId,
    stored: Stored<Delivery>,
    job: Option<&str>,
) -> Result<Option<Again>> {
    let Stored { version, data: mut delivery, .. } = stored;
    if delivery.lease.as_ref().is_some_and(|l| lease::binds(ctx, &l.holder, l.started_ms, l.until_ms)) {
        return Ok(Some(Again::UnderWay));
    }
    if !delivery.again(job, ctx.now_ms()) {
        // It was due already: its message may have been lost, and one more does no harm.
        send(ctx, tenant, &delivery).await?;
        return Ok(Some(Again::Queued));
    }
    let promised = promise(ctx, tenant, &delivery)?;
    let writes = vec![deliveries::write(tenant, &delivery, version)?, promised.write()?];
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        return Ok(None);
    }
    promised.send(ctx).await?;
    Ok(Some(Again::Queued))
}

/// Sends the message of a delivery's present round, through the lane of first attempts.
pub(crate) async fn send(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<()> {
    if delivery.state != State::Pending {
        return Ok(());
    }
    let work = message::deliver(&delivery.app, &delivery.id, delivery.round());
    message::send_attempt(ctx, &WEBHOOK_DELIVER, tenant, work, None).await
}

/// Promises that message, to be stored with the delivery.
fn promise(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<Entry> {
    let work = message::deliver(&delivery.app, &delivery.id, delivery.round());
    message::promise_attempt(ctx, &WEBHOOK_DELIVER, tenant, work, None)
}

/// Pushes a test to an app's endpoint, through the same path as an event; returns the delivery's id. Its
/// failures do not count against the endpoint.
///
/// # Errors
/// Those of the table and the queues.
pub async fn test(ctx: &Context, tenant: &TenantId, app: &AppId) -> Result<String> {
    let now = ctx.now_ms();
    let id = ctx.entropy.id("msg_", now)?;
    let body = json!({
        "event": TEST,
        "timestamp": times::local(now),
        "data": { "appId": app.as_str(), "message": "这是一条测试推送" }
    });
    let delivery = Delivery::new(id, app.clone(), TEST, body.to_string(), RetryPreset::Quick, now);
    let promised = promise(ctx, tenant, &delivery)?;
    let writes = vec![deliveries::create_write(tenant, &delivery, now)?, promised.write()?];
    if ctx.table.transact(writes).await? == Outcome::Conflict {
        return Err(Error::transient("webhook.contended", "another test has the same id; send it again")
            .with_kind(ErrorKind::Overtaken));
    }
    promised.send(ctx).await?;
    Ok(delivery.id)
}
