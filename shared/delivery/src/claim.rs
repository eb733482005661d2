//! The right to make an attempt, which is stored before it is made: the leases of all that a process has in hand at
//! the moment in one request, each with its own condition and its own outcome.

use crate::deliver::LEASE;
use crate::deliveries;
use crate::message;
use crate::push;
use crate::record::{Delivery, Reason, State};
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_model::tenant_app::TenantApp;
use tenon_model::webhook::Deliver;
use tenon_platform::clock::millis;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::WEBHOOK_RETRY;
use tenon_platform::table::{Outcome, Stored, Transacted, Write};
use tenon_platform::together::Together;
use tenon_platform::{Context, Error, Result, lease};
use tenon_tenants::{call_log, contention};

/// What became of taking a round.
pub(crate) enum Claimed {
    /// It is ours, with a lease.
    Ours(Box<Stored<Delivery>>),
    /// The interruption was one too many, and ended it; the next round's message, if there is one.
    Ended(Option<Entry>),
    /// Somebody else was first.
    Overtaken,
}

/// Leases that are about to be stored.
#[derive(Default)]
struct Leases(Together<Write, Result<Outcome>>);

/// Takes the round, and enters the attempt whose process died, if there is one.
pub(crate) async fn claim(
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
    let write = deliveries::write(tenant, &delivery, version)?;
    let outcome = if log.is_empty() { together(ctx, write).await? } else { store(ctx, write, log).await? };
    Ok(match outcome {
        Outcome::Done if ended => Claimed::Ended(next),
        Outcome::Done => Claimed::Ours(Box::new(Stored { sort, version: version + 1, data: delivery })),
        Outcome::Conflict => Claimed::Overtaken,
    })
}

/// Stores a lease with the others that are taken now.
async fn together(ctx: &Context, write: Write) -> Result<Outcome> {
    let leases = ctx.extensions.get_or_init::<Leases>();
    let table = ctx.table.clone();
    let ticket = leases.0.hand_in(write);
    let stored = ticket.done(std::future::ready(()), |all| async move { table.write_each(all).await }).await;
    stored.unwrap_or_else(|| {
        Err(Error::transient("platform.panic", "a lease was to be stored with others, which failed"))
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
    Ok(match contention::transact(ctx, writes).await? {
        Transacted::Done => Outcome::Done,
        Transacted::Conflict(_) => Outcome::Conflict,
    })
}

/// Ends a delivery without another attempt.
pub(crate) async fn stop(
    ctx: &Context,
    tenant: &TenantId,
    app: Option<&TenantApp>,
    stored: Stored<Delivery>,
    (state, reason, detail): (State, Reason, Option<String>),
    log_writes: Vec<Write>,
) -> Result<Outcome> {
    let mut delivery = stored.data;
    let mut log = interrupt(ctx, tenant, app, &mut delivery)?;
    if log.is_empty() {
        // An attempt that was interrupted is entered by itself: both would count in one record.
        log = log_writes;
    }
    delivery.stop(state, reason, detail);
    let outcome = store(ctx, deliveries::write(tenant, &delivery, stored.version)?, log).await?;
    if outcome == Outcome::Done {
        tracing::info!(tenant = %tenant, app = %delivery.app, delivery = %delivery.id, state = state.word(), reason = ?reason, "a delivery is not tried any more");
    }
    Ok(outcome)
}

/// Promises the message of the present round, if there is to be one, to be stored with the end of the round before.
pub(crate) fn promise_next(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<Option<Entry>> {
    if delivery.state != State::Pending {
        return Ok(None);
    }
    let work = message::deliver(&delivery.app, &delivery.id, delivery.round());
    message::promise_attempt(ctx, &WEBHOOK_RETRY, tenant, work, delivery.next_due_ms).map(Some)
}
