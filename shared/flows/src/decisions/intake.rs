//! Receiving an event of the OA, however it came: if it ends an instance of one of our forms, remember it once and queue
//! it, and do nothing else. No vendor is called here.

use crate::approvals::links;
use crate::decisions::message::{EventSource, WriteBack};
use crate::messages::{queue_write_back, write_back};
use tenon_model::oa::InstanceEvent;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::events::{EventRecord, Remembered, event_name, remember_with};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::APPROVALS_WRITE_BACK;
use tenon_platform::{Context, Result};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// Its work is queued.
    Queued,
    /// It was done with before.
    Repeated,
    /// Nothing is to be done for it: it ends no instance, or none of a form of ours.
    Noted,
    /// It is of another company, or of another thing.
    Ignored,
}

impl Ingested {
    /// The word used in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Repeated => "repeated",
            Self::Noted => "noted",
            Self::Ignored => "ignored",
        }
    }
}

/// Takes one event in. When it returns `Ok`, nothing of the event can be lost any more.
pub async fn ingest(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &ConnectionId,
    event: InstanceEvent,
    source: EventSource,
) -> Result<Ingested> {
    let form_is_ours = match &event.template {
        Some(template) => {
            loaded.flows_of_form(connection, template).next().is_some()
                || is_of_a_link(ctx, tenant, connection, &event).await?
        }
        // Without a form the instance decides.
        None => true,
    };
    // Nothing is to be done for what ends no instance of ours, so there is nothing to remember: it may come again.
    let Some((outcome, instance)) = event.outcome.zip(event.instance.clone()).filter(|_| form_is_ours) else {
        return Ok(Ingested::Noted);
    };
    let now = ctx.now_ms();
    let name = event_name(&event.identity);
    let record = EventRecord {
        instance: event.instance,
        template: event.template.clone(),
        outcome: event.outcome,
        received_ms: now,
        done: false,
        ignored: None,
    };
    let end = WriteBack {
        connection: connection.clone(),
        instance,
        template: event.template,
        outcome,
        at_ms: event.at_ms.unwrap_or(now),
        ended_ms: event.ended_ms,
        source,
        event: Some(name.clone()),
        told: event.told,
        operator: None,
        flow: None,
    };
    let promised = Entry::of(ctx, &APPROVALS_WRITE_BACK, &write_back(ctx, tenant, end.clone())?)?;
    match remember_with(ctx, tenant, connection, &name, &record, &promised).await? {
        Remembered::New => promised.send(ctx).await?,
        // Whoever delivers it again has had no answer: the work itself can bear being queued twice.
        Remembered::Open => queue_write_back(ctx, tenant, end).await?,
        Remembered::Done => return Ok(Ingested::Repeated),
    }
    Ok(Ingested::Queued)
}

/// Whether the end of an instance is for one of ours though its form is no flow's any more: the template was made
/// anew, which gives it another code, while the instance was open.
async fn is_of_a_link(
    ctx: &Context,
    tenant: &TenantId,
    connection: &ConnectionId,
    event: &InstanceEvent,
) -> Result<bool> {
    match event.instance.as_ref().filter(|_| event.outcome.is_some()) {
        Some(instance) => Ok(links::of_instance(ctx, tenant, connection, instance).await?.is_some()),
        None => Ok(false),
    }
}
