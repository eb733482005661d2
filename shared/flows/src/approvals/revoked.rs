//! An approved instance that people revoke in the OA by another instance. The ERP has made what was approved
//! real by then, and an approval cannot be taken back there; so the document's run says what has happened,
//! for people to act.

use super::links;
use crate::decisions::message::WriteBack;
use serde_json::json;
use std::time::Duration;
use tenon_model::link::{Link, LinkState};
use tenon_model::{InstanceId, TenantId};
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// Tells the run of the document whose agreed instance was `revoked`, once.
pub async fn record_run(ctx: &Context, tenant: &TenantId, message: &WriteBack, revoked: &InstanceId) -> Result<()> {
    let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, revoked).await? else { return Ok(()) };
    let Some(link) = links::get(ctx, tenant, &pointer.flow, &pointer.key).await?.map(|s| s.data) else {
        return Ok(());
    };
    if link.state == LinkState::OnHold {
        close(ctx, tenant, &link, message).await?;
    }
    if !link.state.is_finished() {
        // Its end is told yet, and would hide what is told here.
        return Err(Error::new(
            "flow.busy",
            Retry::RateLimited(Duration::from_secs(60)),
            format!(
                "document {} of the revoked approval is still being written back; it is told after that",
                pointer.key
            ),
        )
        .with_kind(ErrorKind::Busy));
    }
    let Some(mut run) = runs::get(ctx, tenant, &link.run).await? else { return Ok(()) };
    let words = format!("revoked in the OA by instance {}", message.instance);
    if run.message.contains(&words) {
        return Ok(());
    }
    tracing::warn!(tenant = %tenant, flow = %pointer.flow, document = %pointer.key, instance = %revoked, by = %message.instance, "an approved document was revoked in the OA");
    run.message = format!("{}; {words}, so decide what becomes of it in the ERP", run.message);
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("revoked in the OA", json!({ "instance": revoked, "by": message.instance }));
    recorder.save(ctx, tenant, &run).await
}

/// What is on hold is not to be accepted any more.
async fn close(ctx: &Context, tenant: &TenantId, link: &Link, message: &WriteBack) -> Result<()> {
    let Some(stored) = links::get(ctx, tenant, &link.flow, &link.key).await? else { return Ok(()) };
    let mut leased = links::acquire(ctx, tenant, stored).await?;
    let note = format!("the decision was on hold, and was revoked in the OA by instance {}", message.instance);
    leased.advance(ctx, LinkState::Closed, |l| l.note = Some(note)).await?;
    leased.release(ctx).await
}
