//! One message of the delivery queues: one round of one delivery.
//!
//! The right to make an attempt is stored before it is made, and its outcome with its record in the call
//! log in one transaction after. A process that dies in between leaves a lease behind: when it is over,
//! the attempt is entered as interrupted (it may have arrived), and the round begins anew. A process that
//! dies after the transaction and before the next round's message is sent gets its own message again, and
//! sends the next one then.

use crate::claim::{Claimed, claim, promise_next, stop};
use crate::health::{Alert, Health};
use crate::lane::{Lane, Outlook};
use crate::look::{self, Found};
use crate::places::Place;
use crate::push::Pushed;
use crate::record::{AttemptOutcome, Delivery, Reason, State};
use crate::settle::{self, Ended, Settled, note};
use crate::{deliveries, health, lane, message, push, rate, switched_off};
use std::time::Duration;
use tenon_model::message::Envelope;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::webhook::Deliver;
use tenon_model::{AppId, TenantId};
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{WEBHOOK_RETRY, send_envelope};
use tenon_platform::table::{Outcome, Stored};
use tenon_platform::{Context, Error, ErrorKind, Result, lease, telemetry};
use tenon_tenants::{apps, call_log};

/// How long an attempt binds. Longer than its function may run (60 s), so that whoever made it is dead
/// when it is over.
pub const LEASE: Duration = Duration::from_secs(75);
/// What an attempt takes beside its time-out: reading the rest of an answer, storing the outcome.
pub const REST: Duration = Duration::from_secs(10);
/// An attempt that lasts longer shows that its endpoint is slow.
const SLOW: Duration = Duration::from_millis(health::SLOW_MS.unsigned_abs());
/// How often a round is looked at anew when others change what it stands on.
const LOOKS: u32 = 6;

/// How the deliveries of one lane are made.
#[derive(Clone, Copy, Debug)]
pub struct Worker {
    /// The lane.
    pub lane: Lane,
    /// How long an endpoint has for its answer.
    pub timeout: Duration,
}

/// Whether a message is dealt with.
enum Step {
    Done,
    /// Somebody changed the delivery: look again.
    Again,
}

/// Deals with one message.
///
/// # Errors
/// Those of the table and the queues, which are worth another try; `webhook.no-secret` and
/// `tenants.sealed`, which are not; `webhook.contended`.
pub async fn deliver(ctx: &Context, worker: Worker, envelope: &Envelope<Deliver>, work: &Deliver) -> Result<()> {
    for _ in 0..LOOKS {
        match round(ctx, worker, envelope, work).await? {
            Step::Done => return Ok(()),
            Step::Again => {}
        }
    }
    Err(contended(&work.delivery))
}

/// The message is given up: so is its delivery, and says why. An endpoint whose pushes cannot even be made,
/// for its secret for instance, is not well, and its health and its app's log say so too.
///
/// # Errors
/// Those of the table.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, work: &Deliver, error: &Error) -> Result<()> {
    for _ in 0..LOOKS {
        let Some(stored) = deliveries::get(ctx, tenant, &work.app, &work.delivery).await? else { return Ok(()) };
        if stored.data.state != State::Pending || stored.data.round() != work.attempt {
            return Ok(());
        }
        let app = apps::get(ctx, tenant, &work.app).await?.map(|s| s.data);
        let callback = app.as_ref().and_then(|app| app.callback.as_ref());
        let mut also = Vec::new();
        let mut raised = None;
        if let (Some(app), Some(callback), false) = (&app, callback, stored.data.is_test()) {
            let now = ctx.now_ms();
            let call = push::unmade(ctx, app, &stored.data, error)?;
            let health = health::get(ctx, tenant, &work.app).await?;
            let before = health.as_ref().map(|h| &h.data);
            if let Some((next, alert)) = note(callback.generation, before, AttemptOutcome::Again(None), &call, now) {
                also.push(health::write(tenant, &work.app, &next, health.map(|h| h.version), now)?);
                if let Some(alert) = &alert {
                    also.extend(switched_off::writes(tenant, &work.app, &next, alert, now)?);
                }
                raised = alert.map(|alert| (stored.data.clone(), alert));
            }
            also.extend(call_log::writes(tenant, &call)?);
        }
        let stopped = (State::Failed, Reason::Abandoned, Some(error.code.to_owned()));
        if stop(ctx, tenant, app.as_ref(), stored, stopped, also).await? == Outcome::Done {
            if let Some((delivery, alert)) = raised {
                raise(ctx, tenant, (&work.app, &delivery.id), &alert);
                switched_off::queue(ctx, tenant, &work.app).await?;
            }
            return Ok(());
        }
    }
    Err(contended(&work.delivery))
}

async fn round(ctx: &Context, worker: Worker, envelope: &Envelope<Deliver>, work: &Deliver) -> Result<Step> {
    let tenant = &envelope.tenant;
    let expected = match worker.lane {
        // A burst to a slow endpoint is out of the way before the table is asked about each of it.
        Lane::First => match lane::outlook(ctx, tenant, &work.app) {
            Outlook::Open(expected) => Some(expected),
            Outlook::Full(wait) => return put_off(ctx, worker.lane, envelope, ctx.now_ms() + millis(wait)).await,
            Outlook::Slow => return over_to_retry(ctx, envelope).await,
        },
        Lane::Retry => None,
    };
    let Found { delivery, endpoint } = look::look(ctx, tenant, work).await?;
    let Some(stored) = delivery else { return Ok(Step::Done) };
    let delivery = &stored.data;
    if delivery.state != State::Pending {
        // It is here again because its process died, perhaps before somebody was told of what its end meant.
        if delivery.by == envelope.id {
            switched_off::queue(ctx, tenant, &work.app).await?;
        }
        return Ok(Step::Done);
    }
    if delivery.round() != work.attempt {
        // Its round is over. It is here again because its process died, perhaps before the next was sent.
        if delivery.rounds == work.attempt && delivery.by == envelope.id {
            switched_off::queue(ctx, tenant, &work.app).await?;
            send_next(ctx, tenant, delivery).await?;
        }
        return Ok(Step::Done);
    }
    let now = ctx.now_ms();
    if let Some(due) = delivery.next_due_ms.filter(|due| *due > now) {
        return put_off(ctx, worker.lane, envelope, due).await;
    }
    if let Some(lease) = delivery.lease.as_ref().filter(|l| lease::binds(ctx, &l.holder, l.started_ms, l.until_ms)) {
        // It binds a little longer than it says, see the clock's skew.
        let over = lease.until_ms + millis(SKEW);
        return put_off(ctx, worker.lane, envelope, over.max(now + millis(SKEW))).await;
    }
    let endpoint = endpoint?;
    let (app, health) = (endpoint.app.as_ref(), endpoint.health.as_ref());
    let (app, callback) = match destination(app, health.map(|h| &h.data), now) {
        Ok(found) => found,
        Err(reason) => {
            let stopped = (State::Canceled, reason, None);
            return Ok(match stop(ctx, tenant, app, stored, stopped, Vec::new()).await? {
                Outcome::Done => Step::Done,
                Outcome::Conflict => Step::Again,
            });
        }
    };
    let known = health.map(|h| h.data.clone()).unwrap_or_default().of_generation(callback.generation);
    if worker.lane == Lane::First && (delivery.attempts_used > 0 || known.is_trouble()) {
        return over_to_retry(ctx, envelope).await;
    }
    let Some(place) = lane::enter(ctx, expected, tenant, &work.app).await else {
        if worker.lane == Lane::First {
            // Whoever stood by for nothing would be back in a second, and again, in everybody's way.
            return over_to_retry(ctx, envelope).await;
        }
        return put_off(ctx, worker.lane, envelope, after(ctx, Lane::busy_wait(&known))).await;
    };
    let secrets = endpoint.secrets(ctx, app, callback).await?;
    if let Some(per_second) = callback.rate_per_second
        && let Some(due) = rate::admit(ctx, tenant, &work.app, per_second).await?
    {
        return put_off(ctx, worker.lane, envelope, due).await;
    }
    // Before the right to make it is taken: an attempt that is cut off may have arrived.
    if ctx.time_for(worker.timeout + REST).is_err() {
        return put_off(ctx, worker.lane, envelope, now).await;
    }
    let request = push::request(delivery, callback, secrets, worker.timeout, now)?;
    let claimed = match claim(ctx, tenant, app, envelope, stored).await? {
        Claimed::Ours(claimed) => *claimed,
        Claimed::Ended(next) => return sent(ctx, next).await,
        Claimed::Overtaken => return Ok(Step::Again),
    };
    let Some(lease) = &claimed.data.lease else { return Ok(Step::Again) };
    let under_way = settle::begin(ctx);
    let pushing = push::push(ctx, app, &claimed.data, lease.number, request);
    let pushed = watched(pushing, note_slow(ctx, &place, tenant, &work.app, callback.generation)).await?;
    // The endpoint has answered: the next one has its place.
    drop(place);
    let before = Before { generation: callback.generation, health: health.cloned() };
    settle(ctx, tenant, under_way, before, claimed, pushed).await
}

/// What an endpoint was before an attempt.
struct Before {
    generation: u32,
    health: Option<Stored<Health>>,
}

/// Stores the outcome: the delivery, the record in the call log and the endpoint's health together. Then
/// sends the next round's message.
async fn settle(
    ctx: &Context,
    tenant: &TenantId,
    under_way: settle::UnderWay,
    before: Before,
    claimed: Stored<Delivery>,
    pushed: Pushed,
) -> Result<Step> {
    let Pushed { attempt, outcome, call } = pushed;
    let at_ms = ctx.now_ms();
    let mut delivery = claimed.data;
    let held = delivery.lease.clone();
    delivery.settle(attempt, outcome, at_ms, &ctx.entropy);
    let promised = promise_next(ctx, tenant, &delivery)?;
    let next = promised.as_ref().map(Entry::write).transpose()?;
    let (app, id) = (delivery.app.clone(), delivery.id.clone());
    let Before { generation, health } = before;
    let (tenant_id, version) = (tenant.clone(), claimed.version);
    let ended = Ended { tenant: tenant_id, generation, delivery, version, outcome, call, health, next, at_ms };
    let alert = match settle::settle(ctx, under_way, ended).await? {
        Settled::Stored(alert) => alert,
        Settled::Overtaken => return Ok(Step::Again),
    };
    if let Some(held) = &held {
        lease::note_released(ctx, &held.holder);
    }
    if let Some(alert) = alert {
        raise(ctx, tenant, (&app, &id), &alert);
        if alert.disabled.is_some() {
            switched_off::queue(ctx, tenant, &app).await?;
        }
    }
    sent(ctx, promised).await
}

/// What comes of an attempt; what shall be done besides, once it has lasted so long that its endpoint is
/// slow, is done while it lasts.
async fn watched(pushing: impl Future<Output = Result<Pushed>>, slow: impl Future<Output = ()>) -> Result<Pushed> {
    tokio::pin!(pushing);
    tokio::select! {
        biased;
        pushed = &mut pushing => pushed,
        () = tokio::time::sleep(SLOW) => tokio::join!(pushing, slow).0,
    }
}

/// An attempt has lasted long enough to show that its endpoint is slow. Other processes learn so from its
/// health, so that no first attempt of theirs waits behind the next one to it.
async fn note_slow(ctx: &Context, place: &Place, tenant: &TenantId, app: &AppId, generation: u32) {
    place.is_slow();
    if let Err(error) = health::note_slow(ctx, tenant, app, generation, millis(SLOW)).await {
        tracing::warn!(tenant = %tenant, app = %app, error.code = error.code, error.message = %error, "a slow webhook endpoint could not be noted as such");
    }
}

/// The app and its callback, or why there is nobody to deliver to.
pub(crate) fn destination<'a>(
    app: Option<&'a TenantApp>,
    health: Option<&Health>,
    now_ms: i64,
) -> std::result::Result<(&'a TenantApp, &'a Callback), Reason> {
    let app = app.ok_or(Reason::AppDeleted)?;
    if !app.enabled {
        return Err(Reason::AppDisabled);
    }
    if app.is_expired(now_ms) {
        return Err(Reason::AppExpired);
    }
    let callback = app.callback.as_ref().filter(|c| !c.url.is_empty()).ok_or(Reason::NoCallback)?;
    let disabled = health.is_some_and(|h| h.generation == callback.generation && h.disabled.is_some());
    if disabled { Err(Reason::EndpointDisabled) } else { Ok((app, callback)) }
}

/// That long from now, or about so.
fn after(ctx: &Context, wait: Duration) -> i64 {
    ctx.now_ms() + millis(ctx.entropy.jitter(wait))
}

async fn over_to_retry(ctx: &Context, envelope: &Envelope<Deliver>) -> Result<Step> {
    send_envelope(ctx.queue.as_ref(), &WEBHOOK_RETRY, envelope, ctx.now_ms()).await?;
    Ok(Step::Done)
}

async fn put_off(ctx: &Context, lane: Lane, envelope: &Envelope<Deliver>, due: i64) -> Result<Step> {
    // The same message: whoever took a round is known by its id.
    let later = Envelope { due: Some(due), ..envelope.clone() };
    send_envelope(ctx.queue.as_ref(), &lane.queue(), &later, ctx.now_ms()).await?;
    Ok(Step::Done)
}

/// Sends the message of the present round, if there is to be one.
async fn send_next(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<()> {
    if delivery.state != State::Pending {
        return Ok(());
    }
    let work = message::deliver(&delivery.app, &delivery.id, delivery.round());
    message::send_attempt(ctx, &WEBHOOK_RETRY, tenant, work, delivery.next_due_ms).await
}

/// Sends what was promised, if there is to be anything.
async fn sent(ctx: &Context, next: Option<Entry>) -> Result<Step> {
    if let Some(next) = next {
        next.send(ctx).await?;
    }
    Ok(Step::Done)
}

/// Raises an operational event.
fn raise(ctx: &Context, tenant: &TenantId, (app, delivery): (&AppId, &str), alert: &Alert) {
    let hours = (alert.at_ms - alert.since_ms) / 3_600_000;
    match alert.disabled {
        Some(cause) => {
            tracing::error!(tenant = %tenant, app = %app, %delivery, reason = cause.word(), failures = alert.failures, failing.hours = hours, "a webhook endpoint was switched off");
            telemetry::count(&ctx.clock, "WebhookEndpointsDisabled", ("Reason", cause.word()), 1);
        }
        None => {
            tracing::warn!(tenant = %tenant, app = %app, %delivery, percent = alert.percent, failures = alert.failures, failing.hours = hours, "a webhook endpoint keeps failing and will be switched off");
            telemetry::count(&ctx.clock, "WebhookEndpointAlerts", ("Percent", &alert.percent.to_string()), 1);
        }
    }
}

pub(crate) fn contended(delivery: &str) -> Error {
    let message = format!("the delivery {delivery} keeps being changed by others; it is looked at again later");
    Error::transient("webhook.contended", message).with_kind(ErrorKind::Overtaken)
}
