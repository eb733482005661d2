//! An approved instance that people revoke in the OA by another instance. The ERP has made what was approved
//! real by then, and an approval cannot be taken back there; so the document's run says what has happened,
//! for people to act.

use super::links;
use serde_json::json;
use std::time::Duration;
use tenon_connectors::dingtalk::Dingtalk;
use tenon_model::TenantId;
use tenon_model::message::WriteBack;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::{self, Recorder};
use tenon_platform::{Context, Error, Result, Retry};

/// Looks whether an instance without a document of its own revokes one of ours that was agreed to, and tells
/// that document's run, once.
pub async fn tell(ctx: &Context, tenant: &TenantId, loaded: &Loaded, message: &WriteBack) -> Result<()> {
    let oa = Dingtalk::new(ctx, tenant, loaded.dingtalk(&message.connection)?, loaded.revision(&message.connection));
    let Some(revoked) =
        oa.instance(&message.instance).await?.and_then(|i| i.revokes).filter(|i| !i.as_str().is_empty())
    else {
        return Ok(());
    };
    let Some(pointer) = links::of_instance(ctx, tenant, &message.connection, &revoked).await? else { return Ok(()) };
    let Some(link) = links::get(ctx, tenant, &pointer.flow, &pointer.key).await?.map(|s| s.data) else {
        return Ok(());
    };
    if !link.state.is_finished() {
        // Its end is told yet, and would hide what is told here.
        return Err(Error::new(
            "flow.busy",
            Retry::RateLimited(Duration::from_secs(60)),
            format!(
                "document {} of the revoked approval is still being written back; it is told after that",
                pointer.key
            ),
        ));
    }
    let Some(mut run) = runs::get(ctx, tenant, &link.run).await? else { return Ok(()) };
    let told = format!("revoked in the OA by instance {}", message.instance);
    if run.message.contains(&told) {
        return Ok(());
    }
    tracing::warn!(tenant = %tenant, flow = %pointer.flow, document = %pointer.key, instance = %revoked, by = %message.instance, "an approved document was revoked in the OA");
    run.message = format!("{}; {told}, so decide what becomes of it in B1", run.message);
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("revoked in the OA", json!({ "instance": revoked, "by": message.instance }));
    recorder.save(ctx, tenant, &run).await
}
