//! An OA that waits: what it decided is in the ERP before it is answered. The work is queued first, for later, so that
//! nothing is lost with this process or by the OA's patience; then it is done here, and whoever asks again is told how
//! it came out.

use crate::approvals::sent_before::{self, Carried};
use crate::approvals::{links, run_history};
use crate::decisions::message::{EventSource, WriteBack};
use crate::messages::write_back;
use crate::written::Written;
use std::time::Duration;
use tenon_model::config::Flow;
use tenon_model::link::{InstancePointer, Link, LinkState};
use tenon_model::message::Envelope;
use tenon_model::oa::{InstanceEvent, Outcome};
use tenon_model::{ConnectionId, FlowId, InstanceId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::config_store::Loaded;
use tenon_platform::events::{EventRecord, event_name, mark_done, remember_with};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{APPROVALS_WRITE_BACK, send_envelope};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// How long the work may take before the OA is answered without its end. API Gateway gives up after 30 s.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(24);
/// When the queue takes up what was not done here.
pub const LATER: Duration = Duration::from_secs(45);
/// Between two looks at a document that somebody else has in hand.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What the OA is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done, or there is nothing to do.
    Done(String),
    /// It is not; why, and the stable code.
    NotDone {
        /// See `docs/ERRORS.md`.
        code: String,
        /// The ERP's own words, where it has some.
        message: String,
    },
}

impl Answer {
    fn not(code: &str, message: impl Into<String>) -> Self {
        Self::NotDone { code: code.to_owned(), message: message.into() }
    }

    fn failed(error: &Error) -> Self {
        Self::not(error.code, error.to_string())
    }
}

/// A result that is waited for.
struct Waited<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    loaded: &'a Loaded,
    oa: &'a ConnectionId,
    instance: InstanceId,
    outcome: Outcome,
    /// The one flow whose documents are meant.
    only: Option<&'a FlowId>,
}

/// Where the document of the result stands.
enum ResultState {
    /// Its flow is done with the result, or will not take it.
    Over(Answer),
    /// It waits for this result.
    Waits,
    /// A create may still be answered with this request.
    MayCome,
}

/// Takes a decision to the ERP and says how that came out. `only` is the flow whose documents are meant.
///
/// # Errors
/// When the result can neither be remembered nor carried out here.
pub async fn answer(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    oa: &ConnectionId,
    event: InstanceEvent,
    only: Option<&FlowId>,
) -> Result<Answer> {
    let Some((outcome, instance)) = event.outcome.zip(event.instance.clone()) else {
        return Ok(Answer::Done("taken; this result decides nothing".to_owned()));
    };
    let ctx = &ctx.within_cut(ANSWER_WITHIN);
    let waited = Waited { ctx, tenant, loaded, oa, instance, outcome, only };
    let answered = Box::pin(waited.take(event)).await;
    tenon_connectors::erp::release(ctx).await;
    answered
}

impl Waited<'_> {
    async fn take(&self, event: InstanceEvent) -> Result<Answer> {
        let (mut message, mut is_carried_out) = (None, false);
        loop {
            let state = match self.result_state().await {
                Ok(state) => state,
                Err(error) => {
                    // The ERP that may carry the request cannot be asked; the queue asks it later.
                    if message.is_none() {
                        self.queue(&event).await?;
                    }
                    return Ok(Answer::failed(&error));
                }
            };
            match state {
                ResultState::Over(answer) => {
                    self.done(message.as_ref()).await?;
                    return Ok(answer);
                }
                ResultState::MayCome => {
                    if message.is_none() {
                        message = Some(self.queue(&event).await?);
                    }
                    if !self.wait().await {
                        let why = "the request is not known yet; its result is taken up when it is";
                        return Ok(Answer::not("flow.instance-unknown", why));
                    }
                }
                // It was carried out, and does not show it: somebody else is at it.
                ResultState::Waits if std::mem::take(&mut is_carried_out) && !self.wait().await => {
                    let why = "the result is taken, and not written yet; it goes on";
                    return Ok(Answer::not("flow.not-written", why));
                }
                ResultState::Waits => {
                    let write_back = match &message {
                        Some(queued) => queued,
                        None => message.insert(self.queue(&event).await?),
                    };
                    match self.carry_out(write_back).await {
                        // Where it stands now is the answer.
                        Ok(_) => is_carried_out = true,
                        Err(error) if is_in_hand(&error) && self.wait().await => {}
                        Err(error) => return self.failed(write_back, &error).await,
                    }
                }
            }
        }
    }

    /// Where the result's document stands; one that was sent before Tenon is given a link first.
    async fn result_state(&self) -> Result<ResultState> {
        if let Some(pointer) = links::of_instance(self.ctx, self.tenant, self.oa, &self.instance).await? {
            if self.only.is_some_and(|only| *only != pointer.flow) {
                return Ok(ResultState::Over(self.nowhere()));
            }
            return self.of_link(&pointer).await;
        }
        match sent_before::adopt(self.ctx, self.tenant, self.loaded, self.oa, &self.instance, self.only).await? {
            Carried::Adopted => Ok(ResultState::Waits),
            Carried::Unclear(why) => Ok(ResultState::Over(Answer::not("flow.instance-unclear", why))),
            Carried::Nowhere => {
                for flow in self.loaded.flows().iter().filter_map(Flow::as_approval).filter(|f| f.oa == *self.oa) {
                    if links::any_creating(self.ctx, self.tenant, &flow.id).await? {
                        return Ok(ResultState::MayCome);
                    }
                }
                Ok(ResultState::Over(self.nowhere()))
            }
        }
    }

    async fn carry_out(&self, message: &WriteBack) -> Result<Written> {
        let (ctx, tenant) = (self.ctx, self.tenant);
        let pointer = links::of_instance(ctx, tenant, self.oa, &self.instance).await?;
        // The event is ticked off when the answer is known.
        super::carry_out(ctx, tenant, self.loaded, message, 1, pointer, &mut None).await
    }

    fn nowhere(&self) -> Answer {
        Answer::not("flow.instance-unknown", format!("no document carries request {}", self.instance))
    }

    async fn of_link(&self, pointer: &InstancePointer) -> Result<ResultState> {
        let Some(stored) = links::get(self.ctx, self.tenant, &pointer.flow, &pointer.key).await? else {
            return Ok(ResultState::Over(self.nowhere()));
        };
        let link = &stored.data;
        if link.attempt != pointer.attempt {
            let now = link.instance.as_ref().map_or_else(|| "another".to_owned(), ToString::to_string);
            let why = format!("request {} was replaced by {now}; nothing was written", self.instance);
            return Ok(ResultState::Over(Answer::not("flow.replaced", why)));
        }
        if let Some(other) = link.decision.as_ref().map(|d| d.outcome).filter(|other| *other != self.outcome) {
            let why = format!("request {} is already {}; nothing was written", self.instance, phrase(other));
            return Ok(ResultState::Over(Answer::not("flow.decided-otherwise", why)));
        }
        if !link.state.is_finished() {
            return Ok(ResultState::Waits);
        }
        run_history::settle(self.ctx, self.tenant, link).await?;
        Ok(ResultState::Over(self.ended(link)))
    }

    fn ended(&self, link: &Link) -> Answer {
        match link.state {
            LinkState::WrittenBack => Answer::Done(format!("{} and written to the ERP", phrase(self.outcome))),
            LinkState::OnHold => Answer::not("flow.changed", link.note.clone().unwrap_or_default()),
            _ => {
                let why = link.note.clone().unwrap_or_else(|| "nothing was written".to_owned());
                Answer::not("flow.not-written", why)
            }
        }
    }

    /// Remembers the result and queues its work for later. Each push is an event of its own: one that comes again is
    /// meant to be tried again.
    async fn queue(&self, event: &InstanceEvent) -> Result<WriteBack> {
        let now = self.ctx.now_ms();
        let name = event_name(&format!("{}/{}", event.identity, self.ctx.entropy.id("e-", now)?));
        let record = EventRecord {
            instance: event.instance.clone(),
            template: None,
            outcome: event.outcome,
            received_ms: now,
            done: false,
            ignored: None,
        };
        let end = WriteBack {
            connection: self.oa.clone(),
            instance: self.instance.clone(),
            template: None,
            outcome: self.outcome,
            at_ms: event.at_ms.unwrap_or(now),
            ended_ms: event.ended_ms,
            source: EventSource::Callback,
            event: Some(name.clone()),
            told: Some(event.told.clone().unwrap_or_default()),
            operator: None,
            flow: None,
        };
        let due = Some(now + millis(LATER));
        let envelope = Envelope { due, ..write_back(self.ctx, self.tenant, end.clone())? };
        let promised = Entry::of(self.ctx, &APPROVALS_WRITE_BACK, &envelope)?;
        remember_with(self.ctx, self.tenant, self.oa, &name, &record, &promised).await?;
        promised.send(self.ctx).await?;
        Ok(end)
    }

    async fn done(&self, message: Option<&WriteBack>) -> Result<()> {
        match message.and_then(|message| message.event.as_ref()) {
            Some(event) => mark_done(self.ctx, self.tenant, self.oa, event).await,
            None => Ok(()),
        }
    }

    /// What a person has to mend is told at once, and not tried again by itself; the OA asks again when it is mended.
    async fn failed(&self, message: &WriteBack, error: &Error) -> Result<Answer> {
        if error.retry == Retry::Permanent {
            super::on_dead_letter(self.ctx, self.tenant, message, error).await?;
            self.done(Some(message)).await?;
        } else if is_in_hand(error) || error.kind() == ErrorKind::OutOfTime {
            self.resume(message).await;
        }
        tracing::warn!(tenant = %self.tenant, instance = %self.instance, error.code = error.code, error.message = %error, "a result was not written before it was answered");
        Ok(Answer::failed(error))
    }

    /// The queue takes up at once what found no place, or no time. What was queued for later stays, should this be lost.
    async fn resume(&self, message: &WriteBack) {
        let sent = match write_back(self.ctx, self.tenant, message.clone()) {
            Ok(envelope) => {
                send_envelope(self.ctx.queue.as_ref(), &APPROVALS_WRITE_BACK, &envelope, self.ctx.now_ms()).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            tracing::warn!(tenant = %self.tenant, instance = %self.instance, error.code = error.code, error.message = %error, "a result is taken up later than it could be");
        }
    }

    /// Lets a moment pass; `false` when there is no time for it.
    async fn wait(&self) -> bool {
        if self.ctx.time_left().is_some_and(|left| left < LOOK_AGAIN * 10) {
            return false;
        }
        self.ctx.clock.sleep(LOOK_AGAIN).await;
        true
    }
}

/// Whether somebody else has the document, or its turn, and is done soon.
fn is_in_hand(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Busy | ErrorKind::Lost) || matches!(error.retry, Retry::PutOff(_))
}

fn phrase(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Agreed => "approved",
        other => other.word(),
    }
}
