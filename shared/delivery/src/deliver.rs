//! One message of the delivery queues: one round of one delivery.
//!
//! The right to make an attempt is stored before it is made, and its outcome with its record in the call
//! log in one transaction after. A process that dies in between leaves a lease behind: when it is over,
//! the attempt is entered as interrupted (it may have arrived), and the round begins anew. A process that
//! dies after the transaction and before the next round's message is sent gets its own message again, and
//! sends the next one then.

use crate::health::{Alert, Failure, Health};
use crate::lane::{Lane, Outlook, Place};
use crate::push::Pushed;
use crate::record::{AttemptOutcome, Delivery, Reason, State};
use crate::{deliveries, health, lane, message, push, rate, switched_off};
use std::time::Duration;
use tenon_model::call::CallRecord;
use tenon_model::message::Envelope;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::webhook::Deliver;
use tenon_model::{AppId, TenantId};
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{WEBHOOK_RETRY, send_envelope};
use tenon_platform::table::{Outcome, Stored, Transacted, Write};
use tenon_platform::{Context, Error, ErrorKind, Result, lease, telemetry};
use tenon_tenants::{apps, call_log, contention};

/// How long an attempt binds. Longer than its function may run (60 s), so that whoever made it is dead
/// when it is over.
pub const LEASE: Duration = Duration::from_secs(75);
/// What an attempt takes beside its time-out: reading the rest of an answer, storing the outcome.
pub const REST: Duration = Duration::from_secs(10);
/// An attempt that lasts longer shows that its endpoint is slow.
const SLOW: Duration = Duration::from_millis(health::SLOW_MS.unsigned_abs());
/// How long a delivery is put off when its endpoint's places and all room to stand by are taken.
const FULL: Duration = Duration::from_secs(1);
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
        let mut told = Vec::new();
        let mut raised = None;
        if let (Some(app), Some(callback), false) = (&app, callback, stored.data.is_test()) {
            let now = ctx.now_ms();
            let call = push::unmade(ctx, app, &stored.data, error)?;
            let health = health::get(ctx, tenant, &work.app).await?;
            if let Some((next, alert)) = note(callback, health.as_ref(), AttemptOutcome::Again(None), &call, now) {
                told.push(health::write(tenant, &work.app, &next, health.map(|h| h.version), now)?);
                if let Some(alert) = &alert {
                    told.extend(switched_off::writes(tenant, &work.app, &next, alert, now)?);
                }
                raised = alert.map(|alert| (stored.data.clone(), alert));
            }
            told.extend(call_log::writes(tenant, &call)?);
        }
        let stopped = (State::Failed, Reason::Abandoned, Some(error.code.to_owned()));
        if stop(ctx, tenant, app.as_ref(), stored, stopped, told).await? == Outcome::Done {
            if let Some((delivery, alert)) = raised {
                raise(ctx, tenant, &delivery, &alert);
                switched_off::queue(ctx, tenant, &work.app).await?;
            }
            return Ok(());
        }
    }
    Err(contended(&work.delivery))
}

async fn round(ctx: &Context, worker: Worker, envelope: &Envelope<Deliver>, work: &Deliver) -> Result<Step> {
    let tenant = &envelope.tenant;
    if worker.lane == Lane::First {
        // A burst to a slow endpoint is out of the way before the table is asked about each of it.
        match lane::outlook(ctx, tenant, &work.app) {
            Outlook::Open => {}
            Outlook::Full => return put_off(ctx, worker.lane, envelope, after(ctx, FULL)).await,
            Outlook::Slow => return over_to_retry(ctx, envelope).await,
        }
    }
    let Some(stored) = deliveries::get(ctx, tenant, &work.app, &work.delivery).await? else { return Ok(Step::Done) };
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
    let app = apps::get(ctx, tenant, &work.app).await?.map(|s| s.data);
    let health = health::get(ctx, tenant, &work.app).await?;
    let (app, callback) = match destination(app.as_ref(), health.as_ref().map(|h| &h.data), now) {
        Ok(found) => found,
        Err(reason) => {
            let stopped = (State::Canceled, reason, None);
            return Ok(match stop(ctx, tenant, app.as_ref(), stored, stopped, Vec::new()).await? {
                Outcome::Done => Step::Done,
                Outcome::Conflict => Step::Again,
            });
        }
    };
    let known = health.as_ref().map(|h| h.data.clone()).unwrap_or_default().of_generation(callback.generation);
    if worker.lane == Lane::First && (delivery.attempts_used > 0 || known.is_trouble()) {
        return over_to_retry(ctx, envelope).await;
    }
    let Some(place) = lane::enter(ctx, worker.lane, tenant, &work.app).await else {
        if worker.lane == Lane::First {
            // Whoever stood by for nothing would be back in a second, and again, in everybody's way.
            return over_to_retry(ctx, envelope).await;
        }
        return put_off(ctx, worker.lane, envelope, after(ctx, Lane::busy_wait(&known))).await;
    };
    let secrets = apps::open(ctx, app, apps::CALLBACK_SECRET, &callback.secrets).await?;
    if let Some(per_second) = callback.rate_per_second
        && let Some(due) = rate::admit(ctx, tenant, &work.app, per_second).await?
    {
        return put_off(ctx, worker.lane, envelope, due).await;
    }
    // Before the right to make it is taken: an attempt that is cut off may have arrived.
    if ctx.time_for(worker.timeout + REST).is_err() {
        return put_off(ctx, worker.lane, envelope, now).await;
    }
    let request = push::request(delivery, callback, &secrets, worker.timeout, now)?;
    let claimed = match claim(ctx, tenant, app, envelope, stored).await? {
        Claimed::Ours(claimed) => *claimed,
        Claimed::Ended(next) => return sent(ctx, next).await,
        Claimed::Overtaken => return Ok(Step::Again),
    };
    let Some(lease) = &claimed.data.lease else { return Ok(Step::Again) };
    let pushing = push::push(ctx, app, &claimed.data, lease.number, request);
    let pushed = watched(pushing, note_slow(ctx, &place, tenant, &work.app, callback.generation)).await?;
    settle(ctx, tenant, callback, health, claimed, pushed).await
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

/// Promises that message, to be stored with the end of the round before.
fn promise_next(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<Option<Entry>> {
    if delivery.state != State::Pending {
        return Ok(None);
    }
    let work = message::deliver(&delivery.app, &delivery.id, delivery.round());
    message::promise_attempt(ctx, &WEBHOOK_RETRY, tenant, work, delivery.next_due_ms).map(Some)
}

/// Sends what was promised, if there is to be anything.
async fn sent(ctx: &Context, next: Option<Entry>) -> Result<Step> {
    if let Some(next) = next {
        next.send(ctx).await?;
    }
    Ok(Step::Done)
}

/// What became of taking a round.
enum Claimed {
    /// It is ours, with a lease.
    Ours(Box<Stored<Delivery>>),
    /// The interruption was one too many, and ended it; the next round's message, if there is one.
    Ended(Option<Entry>),
    /// Somebody else was first.
    Overtaken,
}

/// Takes the round, and enters the attempt whose process died, if there is one.
async fn claim(
    ctx: &Context,
    tenant: &TenantId,
    app: &TenantApp,
    envelope: &Envelope<Deliver>,
    stored: Stored<Delivery>,
) -> Result<Claimed> {
    let Stored { sort, version, data: mut delivery } = stored;
    let now = ctx.now_ms();
    let round = delivery.round();
    let mut log = interrupt(ctx, tenant, Some(app), &mut delivery)?;
    let ended = delivery.round() != round;
    let next = if ended { promise_next(ctx, tenant, &delivery)? } else { None };
    log.extend(next.as_ref().map(Entry::write).transpose()?);
    if !ended {
        let holder = lease::holder(ctx)?;
        lease::note_held(ctx, &holder, LEASE);
        delivery.claim(&envelope.id, holder, now, now + millis(LEASE));
    } else {
        delivery.by = envelope.id.clone();
    }
    Ok(match store(ctx, deliveries::write(tenant, &delivery, version)?, log).await? {
        Outcome::Done if ended => Claimed::Ended(next),
        Outcome::Done => Claimed::Ours(Box::new(Stored { sort, version: version + 1, data: delivery })),
        Outcome::Conflict => Claimed::Overtaken,
    })
}

/// Enters an attempt that was interrupted; the writes of its record in the call log.
fn interrupt(ctx: &Context, tenant: &TenantId, app: Option<&TenantApp>, delivery: &mut Delivery) -> Result<Vec<Write>> {
    let now = ctx.now_ms();
    let started = delivery.lease.as_ref().map_or(now, |l| l.started_ms);
    let log = ctx.entropy.id("call-", started)?;
    let Some(attempt) = delivery.interrupt(log, now, &ctx.entropy) else { return Ok(Vec::new()) };
    tracing::warn!(tenant = %tenant, app = %delivery.app, delivery = %delivery.id, attempt = attempt.number, "an attempt was interrupted; it may have arrived");
    app.map_or_else(|| Ok(Vec::new()), |app| call_log::writes(tenant, &push::interrupted(app, delivery, &attempt)))
}

/// Stores a changed delivery, in one transaction with a record of the call log where there is one.
async fn store(ctx: &Context, delivery: Write, log: Vec<Write>) -> Result<Outcome> {
    if log.is_empty() {
        return ctx.table.write(delivery).await;
    }
    let mut writes = vec![delivery];
    writes.extend(log);
    Ok(match contention::transact(ctx, &writes).await? {
        Transacted::Done => Outcome::Done,
        Transacted::Conflict(_) => Outcome::Conflict,
    })
}

async fn stop(
    ctx: &Context,
    tenant: &TenantId,
    app: Option<&TenantApp>,
    stored: Stored<Delivery>,
    (state, reason, detail): (State, Reason, Option<String>),
    told: Vec<Write>,
) -> Result<Outcome> {
    let mut delivery = stored.data;
    let mut log = interrupt(ctx, tenant, app, &mut delivery)?;
    if log.is_empty() {
        // An attempt that was interrupted is entered by itself: both would count in one record.
        log = told;
    }
    delivery.stop(state, reason, detail);
    let outcome = store(ctx, deliveries::write(tenant, &delivery, stored.version)?, log).await?;
    if outcome == Outcome::Done {
        tracing::info!(tenant = %tenant, app = %delivery.app, delivery = %delivery.id, state = state.word(), reason = ?reason, "a delivery is not tried any more");
    }
    Ok(outcome)
}

/// Stores the outcome: the delivery, the record in the call log and the endpoint's health together. Then
/// sends the next round's message.
async fn settle(
    ctx: &Context,
    tenant: &TenantId,
    callback: &Callback,
    mut health: Option<Stored<Health>>,
    claimed: Stored<Delivery>,
    pushed: Pushed,
) -> Result<Step> {
    let Pushed { attempt, outcome, call } = pushed;
    let now = ctx.now_ms();
    let mut delivery = claimed.data;
    let held = delivery.lease.clone();
    delivery.settle(attempt, outcome, now, &ctx.entropy);
    let next = promise_next(ctx, tenant, &delivery)?;
    for _ in 0..LOOKS {
        let mut writes = vec![deliveries::write(tenant, &delivery, claimed.version)?];
        writes.extend(call_log::writes(tenant, &call)?);
        let noted = if delivery.is_test() { None } else { note(callback, health.as_ref(), outcome, &call, now) };
        if let Some((next, alert)) = &noted {
            writes.push(health::write(tenant, &delivery.app, next, health.as_ref().map(|h| h.version), now)?);
            if let Some(alert) = alert {
                writes.extend(switched_off::writes(tenant, &delivery.app, next, alert, now)?);
            }
        }
        writes.extend(next.as_ref().map(Entry::write).transpose()?);
        match contention::transact(ctx, &writes).await {
            Ok(Transacted::Done) => {
                if let Some(held) = &held {
                    lease::note_released(ctx, &held.holder);
                }
                if let Some(alert) = noted.and_then(|(_, alert)| alert) {
                    raise(ctx, tenant, &delivery, &alert);
                    if alert.disabled.is_some() {
                        switched_off::queue(ctx, tenant, &delivery.app).await?;
                    }
                }
                return sent(ctx, next).await;
            }
            // Ours was stored although its answer was lost, or the attempt was thought to be interrupted.
            Ok(Transacted::Conflict(places)) if places.contains(&0) => return Ok(Step::Again),
            Ok(Transacted::Conflict(_)) => health = health::get(ctx, tenant, &delivery.app).await?,
            Err(error) if error.retry == tenon_platform::Retry::Transient => {
                tracing::warn!(tenant = %tenant, app = %delivery.app, delivery = %delivery.id, error.code = error.code, "an outcome could not be stored; it is stored again");
                ctx.clock.sleep(ctx.entropy.jitter(Duration::from_millis(200))).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(contended(&delivery.id))
}

/// The endpoint's health after an outcome, when it changes. What an address said that is not the present
/// one any more counts for nothing.
fn note(
    callback: &Callback,
    stored: Option<&Stored<Health>>,
    outcome: AttemptOutcome,
    call: &CallRecord,
    now_ms: i64,
) -> Option<(Health, Option<Alert>)> {
    let before = stored.map(|h| h.data.clone()).unwrap_or_default();
    if before.generation > callback.generation {
        return None;
    }
    let before = before.of_generation(callback.generation);
    let took_ms = call.duration_ms;
    if outcome == AttemptOutcome::Delivered {
        return before.after_success(took_ms, now_ms).map(|next| (next, None));
    }
    let class = call.reason.as_deref().unwrap_or_default();
    Some(before.after_failure(Failure { gone: outcome == AttemptOutcome::Gone, class, took_ms }, now_ms))
}

/// Raises an operational event.
fn raise(ctx: &Context, tenant: &TenantId, delivery: &Delivery, alert: &Alert) {
    let hours = (alert.at_ms - alert.since_ms) / 3_600_000;
    match alert.disabled {
        Some(cause) => {
            tracing::error!(tenant = %tenant, app = %delivery.app, reason = cause.word(), failures = alert.failures, failing.hours = hours, "a webhook endpoint was switched off");
            telemetry::count(&ctx.clock, "WebhookEndpointsDisabled", ("Reason", cause.word()), 1);
        }
        None => {
            tracing::warn!(tenant = %tenant, app = %delivery.app, percent = alert.percent, failures = alert.failures, failing.hours = hours, "a webhook endpoint keeps failing and will be switched off");
            telemetry::count(&ctx.clock, "WebhookEndpointAlerts", ("Percent", &alert.percent.to_string()), 1);
        }
    }
}

fn contended(delivery: &str) -> Error {
    let message = format!("the delivery {delivery} keeps being changed by others; it is looked at again later");
    Error::transient("webhook.contended", message).with_kind(ErrorKind::Overtaken)
}
