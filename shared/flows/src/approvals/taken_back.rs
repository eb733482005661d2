//! A form that was withdrawn or deleted in the OA after it had been agreed to. What the ERP has made of it by then is
//! not undone, and the document's run says so; what was not done yet is not done any more.

use super::links::{self, LeasedLink};
use super::work::Work;
use crate::decisions::message::WriteBack;
use serde_json::json;
use tenon_model::TenantId;
use tenon_model::link::{InstancePointer, Link, LinkState};
use tenon_model::oa::{Decision, Outcome};
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Context, Result};

/// Whether the message tells of such a form.
fn is_taken_back(message: &WriteBack, link: &Link) -> bool {
    !message.outcome.is_decision()
        && link.instance.as_ref() == Some(&message.instance)
        && link.decision.as_ref().is_some_and(|decision| decision.outcome == Outcome::Agreed)
}

impl Work<'_> {
    /// Of a decision that nothing in the ERP shows yet, what it has become counts.
    pub(super) async fn take_back(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        message: &WriteBack,
    ) -> Result<()> {
        let link = &leased.record;
        let untouched = link.state == LinkState::Decided && link.asked.is_none() && !link.sent;
        let unadded = link.state == LinkState::Adding && link.add_sent_ms.is_none();
        if !(untouched || unadded) || !is_taken_back(message, link) {
            return Ok(());
        }
        let Some(outcome) = self.is_taken_back(message).await? else { return Ok(()) };
        steps.note("taken back in the OA", json!({ "instance": message.instance, "outcome": outcome }));
        if unadded {
            let note =
                format!("the draft was not added, because the form was {} after it was approved", outcome.word());
            return leased.advance_later(self.ctx, LinkState::WrittenBack, |l| l.note = Some(note));
        }
        let decision = Decision { outcome, approver: None, at_ms: message.at_ms, comments: None };
        leased.amend(self.ctx, |l| l.decision = Some(decision)).await
    }

    /// What the instance itself says.
    async fn is_taken_back(&self, message: &WriteBack) -> Result<Option<Outcome>> {
        let read = self.oa.read(&message.instance).await?;
        Ok(read.and_then(|instance| instance.outcome).filter(|outcome| !outcome.is_decision()))
    }
}

/// Tells the run of a document whose decision is in the ERP, once.
pub async fn record_run(
    ctx: &Context,
    tenant: &TenantId,
    pointer: &InstancePointer,
    message: &WriteBack,
) -> Result<()> {
    if message.outcome.is_decision() {
        return Ok(());
    }
    let Some(link) = links::get(ctx, tenant, &pointer.flow, &pointer.key).await?.map(|s| s.data) else {
        return Ok(());
    };
    let is_done = link.attempt == pointer.attempt && link.state == LinkState::WrittenBack;
    if !is_done || !is_taken_back(message, &link) {
        return Ok(());
    }
    let Some(mut run) = runs::get(ctx, tenant, &link.run).await? else { return Ok(()) };
    let words = format!("{} in the OA after it was approved", message.outcome.word());
    if run.message.contains(&words) {
        return Ok(());
    }
    tracing::warn!(tenant = %tenant, flow = %pointer.flow, document = %pointer.key, instance = %message.instance, "an approved form was taken back in the OA");
    run.message = format!("{}; {words}, which undoes nothing in the ERP: decide what becomes of it there", run.message);
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("taken back in the OA", json!({ "instance": message.instance, "outcome": message.outcome }));
    recorder.save(ctx, tenant, &run).await
}
