//! The history of a run that an operator tries again.

use serde_json::json;
use tenon_model::TenantId;
use tenon_model::run::{Run, RunStatus};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Result};

/// Told before the work is queued: told after it, it could hide how the work ended.
pub async fn tell(ctx: &Context, tenant: &TenantId, run: &Run, said: &str) -> Result<()> {
    let mut run = run.clone();
    run.status = RunStatus::Retrying;
    run.ended_ms = None;
    let mut recorder = Recorder::new(ctx, run.id.clone());
    recorder.note("retry by operator", json!({ "result": said }));
    recorder.save(ctx, tenant, &run).await
}
