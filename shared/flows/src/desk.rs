//! What an operator does by hand: see what a flow would write, run it now, retry a failed run.

use crate::approvals::{given_up, in_flight, links, poll, story, verdict};
use crate::map::form_values;
use crate::messages::{self, queue_write_back};
use crate::{compare, marks, source};
use serde_json::{Value, json};
use tenon_connectors::dingtalk::{Dingtalk, InstanceResult, InstanceStatus};
use tenon_model::config::{ApprovalFlow, DocumentKind, Flow};
use tenon_model::dingtalk::Change;
use tenon_model::link::{Acceptance, Link, LinkState};
use tenon_model::message::{EventSource, Operator, WriteBack};
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{DocumentKey, FlowId, RunId, TenantId};
use tenon_platform::queue::{APPROVALS_SUBMIT, send_envelope};
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Context, Error, Result};

/// Reads and maps, writes nothing: what would be created in the OA and marked in the ERP. Without a
/// key the first document the flow finds is taken.
pub async fn preview(ctx: &Context, tenant: &TenantId, flow: &FlowId, key: Option<DocumentKey>) -> Result<Value> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = begins_in_the_erp(loaded.flow(flow)?)?;
    let from = &flow.source;
    let b1 = source::b1(ctx, tenant, &loaded, &flow.erp)?;
    let key = match key {
        Some(key) => key,
        None => source::first(&b1, from, &marks::unsynced(&flow.marks)).await?.ok_or_else(|| {
            Error::permanent("flow.nothing", format!("flow {} finds no document to submit just now", flow.id))
        })?,
    };
    let document = source::read(&b1, from, flow.collection(), &key, None)
        .await?
        .ok_or_else(|| Error::permanent("flow.document", format!("{} {key} does not exist", from.object)))?;
    let form = form_values(flow, &key, &document.fields)?;
    let oa = Dingtalk::new(ctx, tenant, loaded.dingtalk(&flow.oa)?, loaded.revision(&flow.oa));
    let compared = compare::form(&flow.form.template, &compare::Wanted::of_approval(flow), &oa).await;
    let warnings = [compared.warnings, compare::besides(flow, &document.fields, &document.entity)].concat();
    let waits =
        from.document == DocumentKind::Document || verdict::waiting(&b1, from, &key, &document.entity).await?.is_due();
    Ok(json!({
        "flow": flow.id,
        "document": { "object": from.object, "key": key },
        "already_synced": marks::is_marked(&flow.marks, &document.entity),
        "waits_for_approval": waits,
        "would_create": {
            "processCode": flow.form.template,
            "originatorUserId": form.originator,
            "deptId": form.department,
            "formComponentValues": form.values,
        },
        "problems": compared.problems,
        "warnings": warnings,
        "would_mark": { &flow.marks.synced: flow.marks.synced_value, &flow.marks.instance: "(instance id)" },
    }))
}

fn begins_in_the_erp(flow: &Flow) -> Result<&ApprovalFlow> {
    flow.as_approval().ok_or_else(|| {
        let message = format!(
            "flow {} begins in the OA, so there is nothing to look for; it runs when a form is approved",
            flow.id()
        );
        Error::permanent("flow.kind", message)
    })
}

/// Polls one flow now, whatever its schedule says.
pub async fn run_now(ctx: &Context, tenant: &TenantId, flow: &FlowId) -> Result<poll::Counts> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = loaded.flow(flow)?;
    if !flow.is_enabled() {
        let message = format!("flow {} is disabled; set enabled = true and apply the configuration", flow.id());
        return Err(Error::permanent("flow.disabled", message));
    }
    let flow = begins_in_the_erp(flow)?;
    let counts = poll::poll(ctx, tenant, &loaded, flow, Trigger::Operator).await;
    tenon_connectors::b1::release_sessions(ctx).await;
    counts
}

/// Puts the work of a failed run back on its queue; it goes on from what is stored.
pub async fn retry(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<String> {
    retry_as(ctx, tenant, id, None).await
}

/// The same for a decision that is on hold because its document has changed: the operator accepts the change
/// that the run tells, and no other.
///
/// # Errors
/// `run.not-on-hold` when the run is no such one.
pub async fn accept_change(ctx: &Context, tenant: &TenantId, id: &RunId, by: &str) -> Result<String> {
    let accept = Acceptance { by: by.to_owned(), at_ms: ctx.now_ms() };
    retry_as(ctx, tenant, id, Some(accept)).await
}

async fn retry_as(ctx: &Context, tenant: &TenantId, id: &RunId, accept: Option<Acceptance>) -> Result<String> {
    let run = runs::get(ctx, tenant, id)
        .await?
        .ok_or_else(|| Error::permanent("run.unknown", format!("there is no run {id}; see `tenon runs`")))?;
    if matches!(run.status, RunStatus::Succeeded) {
        return Err(Error::permanent("run.succeeded", format!("run {id} has succeeded; there is nothing to retry")));
    }
    let stored = match &run.document {
        Some(key) => links::get(ctx, tenant, &run.flow, key).await?.map(|s| s.data),
        None => None,
    };
    let on_hold = stored.as_ref().filter(|link| link.state == LinkState::OnHold && link.run == run.id);
    if let Some(link) = on_hold {
        return open(ctx, tenant, &run, link, accept).await;
    }
    if accept.is_some() {
        let message = format!("run {id} holds no decision back for a change; `tenon show {id}` says how it stands");
        return Err(Error::permanent("run.not-on-hold", message));
    }
    let Some(key) = &run.document else {
        return match &run.instance {
            Some(_) => retry_price(ctx, tenant, &run).await,
            None => run_now(ctx, tenant, &run.flow)
                .await
                .map(|c| format!("polled again: found {}, queued {}", c.found, c.queued)),
        };
    };
    let link = stored;
    if let Some(other) = link.as_ref().filter(|l| !l.state.is_finished() && l.run != run.id) {
        return Ok(format!("document {key} is in the hands of run {}; nothing to retry here", other.run));
    }
    // The link is what happened; the run may not have been told.
    if let Some(link) =
        link.as_ref().filter(|l| l.run == run.id && l.state.is_finished() && l.state != LinkState::OnHold)
        && (run.ended_ms.is_none() || link.state == LinkState::WrittenBack)
    {
        let told = story::settle(ctx, tenant, link).await?.map_or_else(|| run.message.clone(), |told| told.message);
        return Ok(format!("document {key} is done with: {told}; nothing to retry"));
    }
    match link {
        Some(link) if matches!(link.state, LinkState::Marked | LinkState::Decided) => {
            let change = match &link.decision {
                Some(decision) => Some(decision.change),
                None => end_of(ctx, tenant, &link).await?,
            };
            let Some(change) = change else {
                return Ok(format!("document {key} still waits for the decision in the OA; nothing to retry"));
            };
            let instance =
                link.instance.clone().ok_or_else(|| Error::permanent("flow.transition", "a link without instance"))?;
            let said = format!("write-back of document {key} is queued");
            retrying(ctx, tenant, &run, &said).await?;
            send_write_back(ctx, tenant, &link.oa, instance, None, change).await?;
            Ok(said)
        }
        _ => {
            given_up::forget(ctx, tenant, &run.flow, key).await?;
            let said = format!("submission of document {key} is queued");
            retrying(ctx, tenant, &run, &said).await?;
            let envelope = messages::submit(ctx, tenant, &run.flow, key.clone(), None, Some(run.id.clone()))?;
            // A poll that finds the document meanwhile leaves it to this message.
            let marked = std::iter::once((key, run.id.clone()));
            let batch = in_flight::mark(ctx, tenant, &run.flow, marked).await?;
            send_envelope(ctx.queue.as_ref(), &APPROVALS_SUBMIT, &envelope, ctx.now_ms()).await?;
            in_flight::confirm(ctx, tenant, &run.flow, &batch).await?;
            Ok(said)
        }
    }
}

/// Has a decision that is on hold looked at again.
async fn open(ctx: &Context, tenant: &TenantId, run: &Run, link: &Link, accept: Option<Acceptance>) -> Result<String> {
    let (Some(instance), Some(decision)) = (link.instance.clone(), &link.decision) else {
        return Err(Error::permanent("flow.transition", "a decision on hold without decision or instance"));
    };
    let key = &link.key;
    let said = match &accept {
        Some(accept) => format!("the change of document {key} is accepted by {}; its write-back is queued", accept.by),
        None => format!("document {key} is compared again with what was shown"),
    };
    retrying(ctx, tenant, run, &said).await?;
    let change = decision.change;
    let write_back = WriteBack {
        operator: Some(Operator { accept, seen: link.found.clone() }),
        ..look_up(ctx, &link.oa, instance, None, change)
    };
    queue_write_back(ctx, tenant, write_back).await?;
    Ok(said)
}

async fn retry_price(ctx: &Context, tenant: &TenantId, run: &Run) -> Result<String> {
    let loaded = ctx.config.load(tenant).await?;
    let flow = loaded.flow(&run.flow)?;
    let (oa, template) = flow.form().ok_or_else(|| {
        let message = format!("flow {} has no form any more; nothing can be retried", flow.id());
        Error::permanent("flow.kind", message)
    })?;
    let instance = tenon_model::InstanceId::new(run.instance.clone().unwrap_or_default());
    let said = "the form's prices are queued".to_owned();
    retrying(ctx, tenant, run, &said).await?;
    send_write_back(ctx, tenant, oa, instance, Some(template.to_owned()), Change::Agreed).await?;
    Ok(said)
}

/// Told before the work is queued: told after it, it could hide how the work ended.
async fn retrying(ctx: &Context, tenant: &TenantId, run: &Run, said: &str) -> Result<()> {
    let mut run = run.clone();
    run.status = RunStatus::Retrying;
    run.ended_ms = None;
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("retry by operator", json!({ "result": said }));
    recorder.save(ctx, tenant, &run).await
}

/// How the link's instance ended, when it has.
async fn end_of(ctx: &Context, tenant: &TenantId, link: &tenon_model::link::Link) -> Result<Option<Change>> {
    let loaded = ctx.config.load(tenant).await?;
    let Some(instance) = &link.instance else { return Ok(None) };
    let oa = Dingtalk::new(ctx, tenant, loaded.dingtalk(&link.oa)?, loaded.revision(&link.oa));
    Ok(oa.instance(instance).await?.map_or(Some(Change::Deleted), |found| match (found.status, found.result) {
        (InstanceStatus::Completed, Some(InstanceResult::Agree)) => Some(Change::Agreed),
        (InstanceStatus::Completed, Some(InstanceResult::Refuse)) => Some(Change::Refused),
        (InstanceStatus::Terminated, _) => Some(Change::Terminated),
        _ => None,
    }))
}

async fn send_write_back(
    ctx: &Context,
    tenant: &TenantId,
    oa: &tenon_model::ConnectionId,
    instance: tenon_model::InstanceId,
    process_code: Option<String>,
    change: Change,
) -> Result<()> {
    queue_write_back(ctx, tenant, look_up(ctx, oa, instance, process_code, change)).await
}

fn look_up(
    ctx: &Context,
    oa: &tenon_model::ConnectionId,
    instance: tenon_model::InstanceId,
    process_code: Option<String>,
    change: Change,
) -> WriteBack {
    WriteBack {
        connection: oa.clone(),
        instance,
        process_code,
        change,
        at_ms: ctx.now_ms(),
        ended_ms: None,
        source: EventSource::LookUp,
        event: None,
        operator: None,
    }
}
