//! Jobs that push a range of time again.

use super::{About, json, local, moment};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_delivery::jobs::{Job, Only};
use tenon_delivery::manage;
use tenon_platform::Rejection;

/// The range, by the events' times: from its beginning to its end, both included.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BeginRequest {
    from: Option<Value>,
    to: Option<Value>,
    #[serde(default)]
    only: Only,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JobView<'j> {
    job_id: &'j str,
    /// `running`, `done` or `failed`.
    state: &'static str,
    reason: Option<&'j str>,
    only: Only,
    from: Option<String>,
    to: Option<String>,
    found: u32,
    queued: u32,
    created_at: Option<String>,
    updated_at: Option<String>,
}

fn view(job: &Job) -> Result<Value, Rejection> {
    json(&JobView {
        job_id: &job.id,
        state: job.state.word(),
        reason: job.reason.as_deref(),
        only: job.only,
        from: local(Some(job.from_ms)),
        to: local(Some(job.to_ms)),
        found: job.found,
        queued: job.queued,
        created_at: local(Some(job.created_ms)),
        updated_at: local(Some(job.updated_ms)),
    })
}

pub(super) async fn begin(about: &About<'_>, wanted: BeginRequest) -> Result<Value, Rejection> {
    let range = (moment("from", wanted.from.as_ref())?, moment("to", wanted.to.as_ref())?);
    view(&manage::begin_job(about, range, wanted.only).await?)
}

pub(super) async fn show(about: &About<'_>, id: &str) -> Result<Value, Rejection> {
    view(&manage::job(about, id).await?)
}
