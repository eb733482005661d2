//! Ends of instances, however they were learnt of, and whose they are: the one router from the OA's events to
//! the kinds of flow.

pub mod intake;

use crate::approvals::{links, write_back as approvals};
use crate::written::Written;
use crate::{admission, prices};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::Flow;
use tenon_model::message::WriteBack;
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result, Retry, events};

/// Handles one message. `attempt` counts its failures so far.
pub async fn write_back(ctx: &Context, tenant: &TenantId, message: &WriteBack, attempt: u32) -> Result<Written> {
    let loaded = ctx.config.load(tenant).await?;
    let written = route(ctx, tenant, &loaded, message, attempt).await?;
    if let Some(event) = &message.event {
        events::mark_done(ctx, tenant, &message.connection, event).await?;
    }
    Ok(written)
}

/// An instance that a link of ours waits for is that flow's; any other is for the flows of its form.
async fn route(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    message: &WriteBack,
    attempt: u32,
) -> Result<Written> {
    if let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &message.instance).await? {
        return approvals::of_link(ctx, tenant, loaded, &pointer, message).await;
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
            Flow::Price(_) => {}
            Flow::Approval(flow) => waiting.push(flow),
        }
    }
    // The event can be faster than the answer to our create; the index that tells lags a little.
    if attempt == 0 {
        return Err(Error::new(
            "flow.instance-unknown",
            Retry::RateLimited(Duration::from_secs(3)),
            "the instance is not linked to a document yet; it is looked up again",
        ));
    }
    approvals::of_form(ctx, tenant, loaded, &waiting, message).await
}

/// Tells the history that a write-back is given up.
pub async fn on_dead_letter(ctx: &Context, tenant: &TenantId, message: &WriteBack, error: &Error) -> Result<()> {
    if let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &message.instance).await? {
        return approvals::on_dead_letter(ctx, tenant, &pointer, error).await;
    }
    let loaded = ctx.config.load(tenant).await?;
    let Some(template) = &message.template else { return Ok(()) };
    for flow in loaded.flows_of_form(&message.connection, template) {
        match flow {
            Flow::Price(flow) => prices::on_dead_letter(ctx, tenant, flow, message, error).await?,
            // An instance without a link has no run.
            Flow::Approval(_) => {}
        }
    }
    Ok(())
}
