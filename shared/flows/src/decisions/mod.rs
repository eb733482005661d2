//! Ends of instances, however they were learnt of, and whose they are: the one router from the OA's events to
//! the kinds of flow.

pub mod answer;
pub mod intake;
pub mod message;

use crate::approvals::sent_before::{self, Carried};
use crate::approvals::{creating, links, write_back as approvals};
use crate::decisions::message::WriteBack;
use crate::written::Written;
use crate::{admission, documents, prices};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::Flow;
use tenon_model::link::InstancePointer;
use tenon_platform::config_store::Loaded;
use tenon_platform::events::StoredEvent;
use tenon_platform::table::Key;
use tenon_platform::{Context, Error, Result, Retry, events, shared_requests};

/// Handles one message. `attempt` counts its failures so far.
pub async fn write_back(ctx: &Context, tenant: &TenantId, message: &WriteBack, attempt: u32) -> Result<Written> {
    let loaded = ctx.config.load(tenant).await?;
    // Asked for before it is read: what is stored in between is not missed.
    let awaited = match attempt == 0 && may_be_submitted(&loaded, message) {
        true => creating::awaited(ctx, tenant, &message.connection, &message.instance),
        false => None,
    };
    let mut known = look(ctx, tenant, message).await?;
    if let Some(awaited) = awaited.filter(|_| known.pointer.is_none()) {
        awaited.stored().await;
        known = look(ctx, tenant, message).await?;
    }
    if message.told.is_some() && known.event.as_ref().is_some_and(StoredEvent::is_done) {
        // It was carried out, or refused for good, while the OA waited for its answer.
        return Ok(Written::Already);
    }
    let Known { pointer, mut event } = known;
    let written = carry_out(ctx, tenant, &loaded, message, attempt, pointer, &mut event).await?;
    if let Some(write) = event.map(|event| event.done()).transpose()?.flatten() {
        ctx.table.write(write).await?;
    }
    Ok(written)
}

/// Whether the instance may be of a document that is being submitted. One that a flow of prices or documents takes is
/// not, nor is one of a form that no flow submits: these wait for nobody.
fn may_be_submitted(loaded: &Loaded, message: &WriteBack) -> bool {
    if message.flow.is_some() {
        return false;
    }
    if message.told.is_some() {
        return loaded.flows().iter().filter_map(Flow::as_approval).any(|flow| flow.oa == message.connection);
    }
    let Some(template) = &message.template else { return false };
    let takes = |flow: &&Flow| flow.is_enabled() && matches!(flow, Flow::Price(_) | Flow::Document(_));
    let mut all = loaded.flows_of_form(&message.connection, template);
    let submits = all.clone().any(|flow| matches!(flow, Flow::Approval(_)));
    submits && !all.any(|flow| takes(&flow))
}

/// What is known of the end of an instance.
struct Known {
    /// Which link it is of.
    pointer: Option<InstancePointer>,
    /// The event that told of it.
    event: Option<StoredEvent>,
}

/// Reads what is known, with what others read now.
async fn look(ctx: &Context, tenant: &TenantId, message: &WriteBack) -> Result<Known> {
    let pointer = message.flow.is_none();
    let pointer = pointer.then(|| links::pointer_key(tenant, &message.connection, &message.instance));
    let event = message.event.as_ref().map(|event| events::key(tenant, &message.connection, event));
    let keys: Vec<Key> = pointer.iter().chain(&event).cloned().collect();
    if keys.is_empty() {
        return Ok(Known { pointer: None, event: None });
    }
    let mut found = shared_requests::read(ctx, keys).await?;
    let pointer = pointer.map(|key| found.take::<InstancePointer>(&key)).transpose()?.flatten();
    let event = event.map(|key| StoredEvent::among(&mut found, key)).transpose()?.flatten();
    Ok(Known { pointer: pointer.map(|stored| stored.data), event })
}

/// An instance that a link of ours waits for is that flow's; any other is for the flows of its form, and one whose
/// decision is told for the document that carries it. The `event` is taken out where it was ticked off with the work.
async fn carry_out(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    message: &WriteBack,
    attempt: u32,
    pointer: Option<InstancePointer>,
    event: &mut Option<StoredEvent>,
) -> Result<Written> {
    if let Some(id) = &message.flow {
        // One that was taken out of the configuration creates nothing any more.
        let Some(flow) = loaded.flow(id).ok().and_then(Flow::as_document) else { return Ok(Written::NotOurs) };
        return documents::resume(ctx, tenant, loaded, flow, message).await;
    }
    if let Some(pointer) = pointer {
        return approvals::of_link(ctx, tenant, loaded, &pointer, message, event).await;
    }
    if message.told.is_some() {
        return decide(ctx, tenant, loaded, message, event).await;
    }
    let Some(template) = &message.template else {
        return Ok(Written::NotOurs);
    };
    let mut waiting = Vec::new();
    for flow in loaded.flows_of_form(&message.connection, template) {
        match flow {
            Flow::Price(flow) if flow.enabled => {
                let _permit = admission::acquire(ctx, tenant, loaded, (&flow.erp, &flow.oa), "write-back").await?;
                return prices::apply(ctx, tenant, loaded, flow, message).await;
            }
            Flow::Document(flow) if flow.enabled => {
                return documents::apply(ctx, tenant, loaded, flow, message).await;
            }
            Flow::Approval(flow) => waiting.push(flow),
            _ => {}
        }
    }
    // The event can be faster than the answer to our create; the index that tells lags a little.
    if attempt == 0 {
        return Err(unknown());
    }
    approvals::of_form(ctx, tenant, loaded, &waiting, message).await
}

/// A decision of an instance that no link knows: of a document that was handed in before Tenon, or of one whose create
/// is still being answered.
async fn decide(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    message: &WriteBack,
    event: &mut Option<StoredEvent>,
) -> Result<Written> {
    let (oa, instance) = (&message.connection, &message.instance);
    match sent_before::adopt(ctx, tenant, loaded, oa, instance, None).await? {
        Carried::Adopted => match links::of_instance(ctx, tenant, oa, instance).await? {
            Some(pointer) => approvals::of_link(ctx, tenant, loaded, &pointer, message, event).await,
            None => Ok(Written::NotOurs),
        },
        Carried::Unclear(why) => {
            tracing::warn!(tenant = %tenant, connection = %oa, instance = %instance, why, "a decision belongs to no one document and is not written");
            Ok(Written::NotOurs)
        }
        Carried::Nowhere => {
            for flow in loaded.flows().iter().filter_map(Flow::as_approval).filter(|flow| flow.oa == *oa) {
                if links::any_creating(ctx, tenant, &flow.id).await? {
                    return Err(unknown());
                }
            }
            Ok(Written::NotOurs)
        }
    }
}

fn unknown() -> Error {
    Error::new(
        "flow.instance-unknown",
        Retry::RateLimited(Duration::from_secs(3)),
        "the instance is not linked to a document yet; it is looked up again",
    )
}

/// Tells the history that a write-back is given up.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, message: &WriteBack, error: &Error) -> Result<()> {
    let loaded = ctx.config.load(tenant).await?;
    if let Some(id) = &message.flow {
        let Some(flow) = loaded.flow(id).ok().and_then(Flow::as_document) else { return Ok(()) };
        return documents::on_dead_letter(ctx, tenant, flow, message, error).await;
    }
    if let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &message.instance).await? {
        return approvals::on_dead_letter(ctx, tenant, &pointer, error).await;
    }
    let Some(template) = &message.template else { return Ok(()) };
    for flow in loaded.flows_of_form(&message.connection, template) {
        match flow {
            Flow::Price(flow) => prices::on_dead_letter(ctx, tenant, flow, message, error).await?,
            Flow::Document(flow) => documents::on_dead_letter(ctx, tenant, flow, message, error).await?,
            // An instance without a link has no run.
            _ => {}
        }
    }
    Ok(())
}
