//! Putting work on the queues. What follows from a stored change goes by the outbox.

use crate::approvals::message::Submit;
use crate::decisions::message::{EventSource, WriteBack};
use crate::jobs::{Submitter, WriteBacker};
use serde_json::{Map, Value};
use tenon_model::message::Envelope;
use tenon_model::oa::Outcome;
use tenon_model::{ConnectionId, DocumentKey, FlowId, InstanceId, RunId, TenantId};
use tenon_platform::job::Job;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::{Context, Result};

/// The message that submits one document, as part of a run that is there already or of a new one.
pub fn submit(
    ctx: &Context,
    tenant: &TenantId,
    flow: &FlowId,
    key: DocumentKey,
    row: Option<Map<String, Value>>,
    run: Option<RunId>,
) -> Result<Envelope<Submit>> {
    let now = ctx.now_ms();
    let run = match run {
        Some(run) => run,
        None => RunId::new(ctx.entropy.id("r-", now)?),
    };
    let id = ctx.entropy.id("m-", now)?;
    let submit = Submit { flow: flow.clone(), key, row, run: Some(run), page: None };
    Ok(Envelope::new(Submitter::NAME, id, tenant, submit))
}

/// Promises the end of an instance: to be stored with what it follows from, and then sent.
pub fn promise_write_back(ctx: &Context, tenant: &TenantId, end: WriteBack) -> Result<Entry> {
    Entry::of(ctx, &APPROVALS_WRITE_BACK, &write_back(ctx, tenant, end)?)
}

/// Promises the end of an instance and queues it, before what is stored of it.
pub async fn queue_write_back(ctx: &Context, tenant: &TenantId, end: WriteBack) -> Result<()> {
    let promised = promise_write_back(ctx, tenant, end)?;
    promised.store(ctx).await?;
    promised.send(ctx).await
}

/// The message that takes the end of an instance to its flow. Work for a remembered event is named after it.
pub fn write_back(ctx: &Context, tenant: &TenantId, write_back: WriteBack) -> Result<Envelope<WriteBack>> {
    let id = match &write_back.event {
        Some(event) => format!("m-{event}"),
        None => ctx.entropy.id("m-", ctx.now_ms())?,
    };
    // The ERP is not known before the link is read; the form leads to the same one each time.
    let form = write_back.template.as_deref().unwrap_or_default();
    let group = Some(format!("{}/{form}", write_back.connection));
    Ok(Envelope { group, ..Envelope::new(WriteBacker::NAME, id, tenant, write_back) })
}

/// The end of an instance that was found by looking, and not told by an event.
pub fn looked_up(
    ctx: &Context,
    oa: &ConnectionId,
    instance: InstanceId,
    template: Option<String>,
    outcome: Outcome,
) -> WriteBack {
    WriteBack {
        connection: oa.clone(),
        instance,
        template,
        outcome,
        at_ms: ctx.now_ms(),
        ended_ms: None,
        source: EventSource::LookUp,
        event: None,
        told: None,
        operator: None,
        flow: None,
    }
}
