//! Taking the OA's decision to the ERP: marked → decided → written back. What the event says is
//! checked against the instance, and what the ERP shows is read before anything is written.

use super::links::{self, LeasedLink};
use super::work::{Work, stages};
use super::{by_hand, resubmitted, run_history, taken_back};
use crate::decisions::message::{EventSource, WriteBack};
use crate::written::Written;
use crate::{admission, source};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_connectors::time::settle;
use tenon_model::TenantId;
use tenon_model::config::{ApprovalFlow, Approvers, DocumentKind};
use tenon_model::link::{InstancePointer, LinkState};
use tenon_model::oa::{Decision, EventDecision, Instance, Operation, Outcome, VendorTime};
use tenon_platform::config_store::Loaded;
use tenon_platform::events::StoredEvent;
use tenon_platform::runs::Recorder;
use tenon_platform::text::beginning;
use tenon_platform::{Context, Error, Result, Retry};

/// As much of an approver's words as is stored, in bytes; no field of the ERP takes as much.
const LONGEST_COMMENT: usize = 8 * 1024;

/// Takes up the end of an instance that a link of ours waits for. The `event` is ticked off with the work where that is
/// all there is to do.
pub async fn of_link(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    pointer: &InstancePointer,
    message: &WriteBack,
    event: &mut Option<StoredEvent>,
) -> Result<Written> {
    let Some(stored) = links::look_when_free(ctx, tenant, &pointer.flow, &pointer.key).await? else {
        return Ok(Written::NotOurs);
    };
    // What is on hold goes on when an operator wishes it.
    let opened = stored.data.state == LinkState::OnHold && message.operator.is_some();
    // A later attempt has replaced the one this instance belongs to.
    if stored.data.attempt != pointer.attempt {
        return Ok(Written::Already);
    }
    if stored.data.state.is_finished() && !opened {
        // Here again because its process died, perhaps before it told the run; and nobody else asks an operator.
        run_history::settle(ctx, tenant, &stored.data).await?;
        taken_back::record_run(ctx, tenant, pointer, message).await?;
        return Ok(Written::Already);
    }
    let flow = super::flow(loaded, &pointer.flow)?;
    let _permit = admission::acquire(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
    let leased = links::acquire_later(ctx, tenant, stored)?;
    let work = Work::new(ctx, tenant, loaded, flow)?;
    if flow.source.document == DocumentKind::Draft {
        stages(&work.erp)?.will_read(&source::place(&flow.source, &pointer.key));
    }
    if message.outcome.is_decision() {
        return Box::pin(work.resume_write_back(leased, message, event)).await;
    }
    let written = Box::pin(work.resume_write_back(leased, message, &mut None)).await?;
    taken_back::record_run(ctx, tenant, pointer, message).await?;
    Ok(written)
}

/// Takes up the end of an instance that no link waits for and whose form these flows use: one whose create is
/// still being answered, or one that people filled in themselves.
pub async fn of_form(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    flows: &[&ApprovalFlow],
    message: &WriteBack,
) -> Result<Written> {
    let Some(flow) = flows.first() else { return Ok(Written::NotOurs) };
    let mut creating = false;
    for flow in flows {
        creating = creating || links::any_creating(ctx, tenant, &flow.id).await?;
    }
    let _permit = admission::acquire(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
    match Box::pin(resubmitted::take(ctx, tenant, loaded, message, creating)).await? {
        Some(leased) => {
            let flow = super::flow(loaded, &leased.record.flow)?;
            Box::pin(Work::new(ctx, tenant, loaded, flow)?.resume_write_back(leased, message, &mut None)).await
        }
        None => {
            by_hand::dealt_with(ctx, tenant, &message.connection, &message.instance).await?;
            Ok(Written::NotOurs)
        }
    }
}

impl Work<'_> {
    /// Goes on from where the link stands. What is read changes nothing and is not stored by itself: the link is taken,
    /// with the decision, before the first thing that is written to the ERP, and how that ended is stored with the run.
    async fn resume_write_back(
        &self,
        mut leased: LeasedLink,
        message: &WriteBack,
        event: &mut Option<StoredEvent>,
    ) -> Result<Written> {
        let mut steps = Recorder::new(self.ctx, leased.record.run.clone());
        let result = self.write_back(&mut leased, &mut steps, message).await;
        self.end(leased, steps, result, event).await.map(|()| Written::Done)
    }

    async fn write_back(&self, leased: &mut LeasedLink, steps: &mut Recorder, message: &WriteBack) -> Result<()> {
        let mut opening = message.operator.is_some();
        self.take_back(leased, steps, message).await?;
        loop {
            match leased.record.state {
                LinkState::Created => {
                    self.mark(leased, steps, true).await?;
                }
                LinkState::Marked => {
                    let decision = self.decision(leased.record.create_sent_ms, steps, message).await?;
                    leased.advance_later(self.ctx, LinkState::Decided, |l| l.decision = Some(decision))?;
                }
                LinkState::Decided => self.write(leased, steps).await?,
                LinkState::Adding => Box::pin(self.add(leased, steps)).await?,
                LinkState::OnHold if opening => {
                    opening = false;
                    self.open(leased, steps, message).await?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Takes up a decision that is on hold, because an operator accepts the change or has it looked at again.
    async fn open(&self, leased: &mut LeasedLink, steps: &mut Recorder, message: &WriteBack) -> Result<()> {
        let operator = message.operator.as_ref();
        // He accepts what he was told, and a message may come again after the document has changed once more.
        let seen = operator.is_some_and(|operator| operator.seen == leased.record.found);
        let accepted = operator.and_then(|operator| operator.accept.clone()).filter(|_| seen);
        if let Some(accepted) = &accepted {
            let what = leased.record.note.clone();
            steps.note(
                "change accepted by operator",
                json!({ "by": accepted.by, "at_ms": accepted.at_ms, "what": what }),
            );
        }
        leased
            .advance(self.ctx, LinkState::Decided, |l| {
                l.note = None;
                l.accepted = accepted;
            })
            .await
    }

    /// What the OA decided. The instance is the truth; the event serves where the instance is gone.
    async fn decision(&self, sent_ms: Option<i64>, steps: &mut Recorder, message: &WriteBack) -> Result<Decision> {
        if let Some(told) = &message.told {
            let note = json!({ "instance": message.instance, "outcome": message.outcome, "approver": told.approver });
            steps.note("result told by the OA", note);
            return Ok(self.decision_of_event(message, told));
        }
        let read = steps
            .step("read instance", json!({ "instance": message.instance }), async {
                let instance = self.oa.read(&message.instance).await?;
                let note = instance.as_ref().map_or(Value::Null, note_of);
                Ok((instance, note))
            })
            .await?;
        let Some(instance) = read else {
            return Ok(self.of_gone(message));
        };
        let Some(outcome) = instance.outcome else {
            return Err(Error::new(
                "flow.instance-running",
                Retry::RateLimited(Duration::from_secs(5)),
                "the OA announced the end of the instance and still shows it as running; it is read again",
            ));
        };
        let last = instance.last_decision();
        // The event's epoch first: the instance's texts have no seconds and no true zone.
        let told = [message.ended_ms.map(VendorTime::certain), instance.ended, last.and_then(|o| o.at)];
        let settled = settle(told.into_iter().flatten(), sent_ms, self.ctx.now_ms());
        if let Some((at_ms, true)) = settled {
            tracing::warn!(instance = %message.instance, decided.ms = at_ms, sent.ms = sent_ms, "the OA's times do not fit ours");
            let note = json!({ "at_ms": at_ms, "create_sent_ms": sent_ms, "now_ms": self.ctx.now_ms() });
            steps.note("doubtful time of the decision", note);
        }
        Ok(Decision {
            outcome,
            approver: who(&instance, self.flow.marks.approvers),
            at_ms: settled.map_or(message.at_ms, |(at_ms, _)| at_ms),
            comments: words(&instance, self.flow.marks.approvers).map(|w| beginning(&w, LONGEST_COMMENT).to_owned()),
        })
    }

    /// What an OA says whose events are its decisions: the instance itself does not tell how it was decided, and has not
    /// moved yet while its event is sent.
    fn decision_of_event(&self, message: &WriteBack, told: &EventDecision) -> Decision {
        let (approver, comments) = (told.approver.clone(), told.comments.as_deref());
        let comments = comments.map(|words| beginning(words, LONGEST_COMMENT).to_owned());
        Decision { outcome: message.outcome, approver, at_ms: message.ended_ms.unwrap_or(message.at_ms), comments }
    }

    /// What is known of an instance that the OA says is gone. An event is believed where it proves that it is the
    /// OA's; where anybody could have sent it, what is gone was deleted.
    fn of_gone(&self, message: &WriteBack) -> Decision {
        let is_known = self.oa.capabilities().authentic || message.source == EventSource::LookUp;
        let outcome = if is_known { message.outcome } else { Outcome::Deleted };
        Decision { outcome, approver: None, at_ms: message.at_ms, comments: None }
    }

    async fn write(&self, leased: &mut LeasedLink, steps: &mut Recorder) -> Result<()> {
        let Some(decision) = leased.record.decision.clone() else {
            return Err(Error::permanent("flow.transition", "a decided link carries no decision; this is a bug"));
        };
        match decision.outcome {
            Outcome::Withdrawn | Outcome::Deleted => self.withdraw(leased, steps, decision.outcome).await,
            Outcome::Agreed | Outcome::Refused => match self.flow.source.document {
                DocumentKind::Draft => Box::pin(self.write_draft(leased, steps, &decision)).await,
                DocumentKind::Document => Box::pin(self.write_document(leased, steps, &decision)).await,
            },
        }
    }
}

/// Who decided: the last one, or everybody in turn, each once.
fn who(instance: &Instance, approvers: Approvers) -> Option<String> {
    let mut users: Vec<&str> = Vec::new();
    for user in decided(instance, approvers).map(|operation| operation.user.as_str()) {
        if !user.is_empty() && !users.contains(&user) {
            users.push(user);
        }
    }
    Some(users.join(" ")).filter(|users| !users.is_empty())
}

/// With what words.
fn words(instance: &Instance, approvers: Approvers) -> Option<String> {
    let remark = |operation: &Operation| {
        let words = operation.comment.as_deref().map(str::trim).filter(|words| !words.is_empty())?;
        Some(match approvers {
            Approvers::Last => words.to_owned(),
            Approvers::All => format!("{}:{words}", operation.user),
        })
    };
    let all: Vec<String> = decided(instance, approvers).filter_map(remark).collect();
    Some(all.join(" ")).filter(|words| !words.is_empty())
}

fn decided(instance: &Instance, approvers: Approvers) -> impl Iterator<Item = &Operation> {
    let all = instance.operations.iter().filter(move |o| o.decides && approvers == Approvers::All);
    let last = instance.last_decision().into_iter().filter(move |_| approvers == Approvers::Last);
    all.chain(last)
}

fn note_of(instance: &Instance) -> Value {
    json!({
        "outcome": instance.outcome, "title": instance.title, "operations": instance.operations.len(),
    })
}

/// Tells the history that the write-back of a link's instance is given up.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, pointer: &InstancePointer, error: &Error) -> Result<()> {
    match links::get(ctx, tenant, &pointer.flow, &pointer.key).await? {
        Some(stored) if stored.data.attempt == pointer.attempt => {
            run_history::record_dead_letter(ctx, tenant, &stored.data, error).await
        }
        _ => Ok(()),
    }
}
