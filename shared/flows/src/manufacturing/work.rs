//! The work on one message, whatever it is about: taking the thing in hand, telling how it ended, letting go of it.

use super::records::{self, Body, LeasedThing};
use crate::admission;
use crate::approvals::in_flight;
use crate::kinds::Scope;
use crate::manufacturing::message::Manufacture;
use async_trait::async_trait;
use std::collections::BTreeMap;
use tenon_model::base_data::Failing;
use tenon_model::config::Flow;
use tenon_model::manufacturing::{Tracked, WorkState};
use tenon_model::message::Envelope;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{ConnectionId, DocumentKey};
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, ErrorKind, Result, Retry};

/// What the work on one thing came to.
#[derive(Debug)]
pub(super) enum Over {
    /// It is done, and this is to be told.
    Done(String),
    /// Nothing was to be done, and a person should see why.
    Ended(String),
    /// Nothing was to be done, and there is nothing to tell.
    Nothing(String),
    /// It waits for something outside, and is looked at again by and by.
    Waits(String),
}

/// A thing of one message.
pub(super) struct Piece<'m, B> {
    /// What the message says.
    pub asked: &'m Manufacture,
    /// Its steps.
    pub steps: Recorder,
    /// It, while nobody else may have it.
    pub held: LeasedThing<B>,
    /// Fingerprint of it as it is now, as soon as that is known.
    pub fingerprint: Option<String>,
    /// A failure of the other system that a person has to mend: it is not tried again by itself.
    pub for_a_person: bool,
}

/// How one kind works on a thing.
#[async_trait]
pub(super) trait Doing<B: Body>: Sync {
    /// Goes on from what is stored.
    async fn through(&self, piece: &mut Piece<'_, B>) -> Result<Over>;
}

/// The name under which a thing is in hand. A thing that has changed is another, so that its change is queued beside it.
pub(super) fn in_hand(message: &Manufacture) -> DocumentKey {
    let seen = message.page.as_ref().map_or("", |page| page.fingerprint.as_str());
    DocumentKey::Text(format!("{}@{seen}", message.key))
}

/// Works on a message.
pub(super) async fn handle<B: Body>(
    at: Scope<'_>,
    (flow, erp, mes): (&Flow, &ConnectionId, &ConnectionId),
    message: &Envelope<Manufacture>,
    doing: &impl Doing<B>,
) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let (asked, id) = (&message.body, flow.id());
    let hand = in_hand(asked);
    if !flow.is_enabled() {
        let why = format!("nothing to do: flow {id} is disabled");
        Recorder::new(ctx, asked.run.clone()).end_retried(ctx, tenant, &why).await?;
        return in_flight::end(ctx, tenant, id, &hand, &asked.run).await;
    }
    let _permit = match admission::acquire(ctx, tenant, loaded, (erp, mes), "manufacturing").await {
        Ok(permit) => permit,
        Err(error) => {
            if matches!(error.retry, Retry::PutOff(_)) {
                in_flight::renew(ctx, tenant, id, &hand, &asked.run).await?;
            }
            return Err(error);
        }
    };
    let stored = records::get::<B>(ctx, tenant, id, &asked.key).await?;
    if stored.as_ref().is_some_and(|stored| stored.data.done.as_deref() == Some(message.id.as_str())) {
        return in_flight::end(ctx, tenant, id, &hand, &asked.run).await;
    }
    let held = records::acquire(ctx, tenant, id, (&asked.key, &asked.run), stored).await?;
    // What an earlier run began goes on in it.
    let steps = Recorder::new(ctx, held.record.run.clone());
    let mut piece = Piece { asked, steps, held, fingerprint: None, for_a_person: false };
    let outcome = doing.through(&mut piece).await;
    end(at, flow, message, piece, outcome).await?;
    in_flight::end(ctx, tenant, id, &hand, &asked.run).await
}

/// Tells how it ended and lets go of it. An error is what the message comes again for.
async fn end<B: Body>(
    at: Scope<'_>,
    flow: &Flow,
    message: &Envelope<Manufacture>,
    piece: Piece<'_, B>,
    outcome: Result<Over>,
) -> Result<()> {
    let Piece { mut steps, held, fingerprint, for_a_person, asked } = piece;
    let Scope { ctx, tenant, loaded } = at;
    let done = Some(message.id.clone());
    match outcome {
        Ok(Over::Done(text)) => {
            save(at, &mut steps, &held.record, asked, RunStatus::Succeeded, text, None).await?;
            held.release_with(ctx, |record| (record.failing, record.done) = (None, done)).await
        }
        Ok(Over::Ended(why)) => {
            save(at, &mut steps, &held.record, asked, RunStatus::Ended, why, None).await?;
            held.release_with(ctx, |record| (record.failing, record.done) = (None, done)).await
        }
        Ok(Over::Nothing(why)) => {
            if held.record.failing.is_some() {
                save(at, &mut steps, &held.record, asked, RunStatus::Ended, why, None).await?;
            } else {
                steps.end_retried(ctx, tenant, &format!("nothing to do: {why}")).await?;
            }
            held.release_with(ctx, |record| (record.failing, record.done) = (None, done)).await
        }
        Ok(Over::Waits(why)) => {
            let failing = records::failing(held.record.failing.as_ref(), loaded, flow, fingerprint, ctx.now_ms())?;
            save(at, &mut steps, &held.record, asked, RunStatus::Retrying, why, None).await?;
            held.release_with(ctx, |record| (record.failing, record.done) = (Some(failing), done)).await
        }
        Err(error) if error.retry == Retry::Permanent => {
            let failing = records::failing(held.record.failing.as_ref(), loaded, flow, fingerprint, ctx.now_ms())?;
            let failing = if for_a_person { Failing { next_ms: i64::MAX, ..failing } } else { failing };
            let (text, code) = (error.to_string(), Some(error.code));
            save(at, &mut steps, &held.record, asked, RunStatus::Failed, text, code).await?;
            held.release_with(ctx, |record| (record.failing, record.done) = (Some(failing), done)).await
        }
        Err(error) => {
            if !matches!(error.retry, Retry::PutOff(_)) && error.kind() != ErrorKind::Lost {
                let (text, code) = (error.to_string(), Some(error.code));
                save(at, &mut steps, &held.record, asked, RunStatus::Retrying, text, code).await?;
            }
            held.release(ctx).await?;
            Err(error)
        }
    }
}

/// Tells the history that a message is given up. The thing is found again by and by.
pub(super) async fn give_up<B: Body>(
    at: Scope<'_>,
    flow: &Flow,
    message: &Envelope<Manufacture>,
    error: &Error,
) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let (asked, id) = (&message.body, flow.id());
    let stored = records::get::<B>(ctx, tenant, id, &asked.key).await?;
    let done = stored.as_ref().is_some_and(|stored| stored.data.done.as_deref() == Some(message.id.as_str()));
    if !done && let Ok(held) = records::acquire(ctx, tenant, id, (&asked.key, &asked.run), stored).await {
        let seen = asked.page.as_ref().map(|page| page.fingerprint.clone());
        let failing = records::failing(held.record.failing.as_ref(), loaded, flow, seen, ctx.now_ms())?;
        let mut steps = Recorder::new(ctx, held.record.run.clone());
        let (text, code) = (error.to_string(), Some(error.code));
        save(at, &mut steps, &held.record, asked, RunStatus::Failed, text, code).await?;
        let done = Some(message.id.clone());
        held.release_with(ctx, |record| (record.failing, record.done) = (Some(failing), done)).await?;
    }
    in_flight::end(ctx, tenant, id, &in_hand(asked), &asked.run).await
}

async fn save<B: Body>(
    at: Scope<'_>,
    steps: &mut Recorder,
    record: &Tracked<B>,
    asked: &Manufacture,
    status: RunStatus,
    message: String,
    code: Option<&str>,
) -> Result<()> {
    let Scope { ctx, tenant, .. } = at;
    let run = Run {
        id: record.run.clone(),
        flow: record.flow.clone(),
        document: Some(record.key.clone()),
        instance: None,
        trigger: if asked.wished { Trigger::Operator } else { Trigger::Schedule },
        status,
        started_ms: record.started_ms,
        ended_ms: (status != RunStatus::Retrying).then(|| ctx.now_ms()),
        message,
        code: code.map(str::to_owned),
        counts: BTreeMap::new(),
    };
    steps.save(ctx, tenant, &run).await
}

/// Whether a write may be under way.
pub(super) fn is_unclear<B>(record: &Tracked<B>) -> bool {
    matches!(record.state, WorkState::Sending | WorkState::Unknown)
}
