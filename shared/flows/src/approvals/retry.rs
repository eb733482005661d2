//! Trying a document's work again: from where its link stands.

use super::{in_flight, links, run_history};
use crate::decisions::message::{Operator, WriteBack};
use crate::kinds::{ResumePoint, Retried, Scope};
use crate::messages::{self, looked_up};
use crate::{retrying, suppressed};
use tenon_connectors::oa::Oa;
use tenon_model::config::ApprovalFlow;
use tenon_model::link::{Acceptance, Link, LinkState};
use tenon_model::oa::Outcome;
use tenon_model::run::Run;
use tenon_model::{InstanceId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::APPROVALS_SUBMIT;
use tenon_platform::{Context, Error, Result};

/// Puts the run's work back on its queue.
pub async fn retry(at: Scope<'_>, flow: &ApprovalFlow, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
    let Scope { ctx, tenant, .. } = at;
    let stored = match &run.document {
        Some(key) => links::get(ctx, tenant, &run.flow, key).await?.map(|s| s.data),
        None => None,
    };
    let on_hold = stored.as_ref().filter(|link| link.state == LinkState::OnHold && link.run == run.id);
    if let Some(link) = on_hold {
        return open(ctx, tenant, run, link, accept).await;
    }
    if accept.is_some() {
        let message =
            format!("run {0} holds no decision back for a change; `tenon show {0}` says how it stands", run.id);
        return Err(Error::permanent("run.not-on-hold", message));
    }
    let Some(key) = &run.document else {
        return look_again(at, flow, run).await;
    };
    let link = stored;
    if let Some(other) = link.as_ref().filter(|l| !l.state.is_finished() && l.run != run.id) {
        let text = format!("document {key} is in the hands of run {}; nothing to retry here", other.run);
        return Ok(Retried::Nothing(text));
    }
    // The link is what happened; the run may not have been told.
    if let Some(link) =
        link.as_ref().filter(|l| l.run == run.id && l.state.is_finished() && l.state != LinkState::OnHold)
        && (run.ended_ms.is_none() || link.state == LinkState::WrittenBack)
    {
        let settled = run_history::settle(ctx, tenant, link).await?;
        let how = settled.as_ref().map_or(&run.message, |settled| &settled.message);
        let text = format!("document {key} is done with: {how}; nothing to retry");
        return Ok(if settled.is_some() { Retried::Settled(text) } else { Retried::Nothing(text) });
    }
    match link {
        Some(link) if matches!(link.state, LinkState::Marked | LinkState::Decided | LinkState::Adding) => {
            let outcome = match &link.decision {
                Some(decision) => Some(decision.outcome),
                None => end_of(at, &link).await?,
            };
            let Some(outcome) = outcome else {
                let text = format!("document {key} still waits for the decision in the OA; nothing to retry");
                return Ok(Retried::Nothing(text));
            };
            let instance =
                link.instance.clone().ok_or_else(|| Error::permanent("flow.transition", "a link without instance"))?;
            let text = format!("write-back of document {key} is queued");
            let end = looked_up(ctx, &link.oa, instance, None, outcome);
            retrying::record_and_queue(ctx, tenant, run, &text, end).await?;
            Ok(Retried::PutBack(text))
        }
        _ => {
            suppressed::forget(ctx, tenant, &run.flow, key).await?;
            let text = format!("submission of document {key} is queued");
            let envelope = messages::submit(ctx, tenant, &run.flow, key.clone(), None, Some(run.id.clone()))?;
            let promised = Entry::of(ctx, &APPROVALS_SUBMIT, &envelope)?;
            promised.store(ctx).await?;
            retrying::record_run(ctx, tenant, run, &text).await?;
            // A poll that finds the document meanwhile leaves it to this message.
            let marked = std::iter::once((key, run.id.clone()));
            let batch = in_flight::mark(ctx, tenant, &run.flow, marked).await?;
            promised.send(ctx).await?;
            in_flight::confirm(ctx, tenant, &run.flow, &batch).await?;
            Ok(Retried::PutBack(text))
        }
    }
}

/// Has a form looked at again that people filled in themselves and that was left aside.
async fn look_again(at: Scope<'_>, flow: &ApprovalFlow, run: &Run) -> Result<Retried> {
    let text = "the form is looked at again".to_owned();
    let instance = InstanceId::new(run.instance.clone().unwrap_or_default());
    let template = Some(flow.form.template.clone());
    let write_back = looked_up(at.ctx, &flow.oa, instance, template, Outcome::Agreed);
    retrying::record_and_queue(at.ctx, at.tenant, run, &text, write_back).await?;
    Ok(Retried::PutBack(text))
}

/// Has a decision that is on hold looked at again.
async fn open(ctx: &Context, tenant: &TenantId, run: &Run, link: &Link, accept: Option<Acceptance>) -> Result<Retried> {
    let (Some(instance), Some(decision)) = (link.instance.clone(), &link.decision) else {
        return Err(Error::permanent("flow.transition", "a decision on hold without decision or instance"));
    };
    let key = &link.key;
    let text = match &accept {
        Some(accept) => format!("the change of document {key} is accepted by {}; its write-back is queued", accept.by),
        None => format!("document {key} is compared again with what was shown"),
    };
    let outcome = decision.outcome;
    let write_back = WriteBack {
        operator: Some(Operator { accept, seen: link.found.clone() }),
        ..looked_up(ctx, &link.oa, instance, None, outcome)
    };
    retrying::record_and_queue(ctx, tenant, run, &text, write_back).await?;
    Ok(Retried::PutBack(text))
}

/// From which step a retry goes on.
pub async fn resume_point(at: Scope<'_>, run: &Run) -> Result<ResumePoint> {
    let Some(key) = &run.document else { return Ok(ResumePoint::from("read instance")) };
    let link = links::get(at.ctx, at.tenant, &run.flow, key).await?.map(|stored| stored.data);
    Ok(match link {
        Some(link) if link.run != run.id && !link.state.is_finished() => ResumePoint::Nothing,
        Some(link) if link.run == run.id => from_link(&link, run.ended_ms.is_none()),
        _ => ResumePoint::from("read document"),
    })
}

/// The same, of a link of the run's own. `is_untold` is whether the run does not know yet how it ended.
fn from_link(link: &Link, is_untold: bool) -> ResumePoint {
    match link.state {
        LinkState::Claimed => ResumePoint::from("read document"),
        LinkState::Creating | LinkState::Unknown => ResumePoint::looking("look for instance"),
        LinkState::Created => ResumePoint::after("mark document", &["create instance"]),
        LinkState::Marked => ResumePoint::after("read instance", &["create instance", "mark document"]),
        LinkState::Decided | LinkState::OnHold => {
            ResumePoint::after("compare document", &["create instance", "mark document", "read instance"])
        }
        LinkState::Adding => ResumePoint::Step {
            step: "add draft",
            done: &["create instance", "mark document", "decide approval request"],
            looks_first: link.add_sent_ms.is_some(),
        },
        LinkState::WrittenBack => ResumePoint::Nothing,
        LinkState::Released | LinkState::Closed if is_untold => ResumePoint::Nothing,
        LinkState::Released | LinkState::Closed => ResumePoint::from("read document"),
    }
}

/// How the link's instance ended, when it has.
async fn end_of(at: Scope<'_>, link: &Link) -> Result<Option<Outcome>> {
    let Some(instance) = &link.instance else { return Ok(None) };
    let oa = Oa::open(at.ctx, at.tenant, at.loaded, &link.oa)?;
    Ok(oa.read(instance).await?.map_or(Some(Outcome::Deleted), |found| found.outcome))
}
