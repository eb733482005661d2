//! Jobs that push a range of time again.

use super::{About, LimitedAction};
use crate::jobs::{self, Job, Only};
use tenon_platform::Rejection;

/// Begins a job for the events from the first to the second epoch ms, both included; up to now without the second.
///
/// # Errors
/// 400 that names `from`, or for an app that cannot be pushed to; 429.
pub async fn begin(
    about: &About<'_>,
    (from_ms, to_ms): (Option<i64>, Option<i64>),
    only: Only,
) -> Result<Job, Rejection> {
    about.ready().await?;
    let from_ms = from_ms.ok_or_else(|| Rejection::field("from", "不能为空"))?;
    let to_ms = to_ms.unwrap_or(about.ctx.now_ms());
    if from_ms > to_ms {
        return Err(Rejection::field("from", "不能晚于to"));
    }
    about.admit(LimitedAction::Job).await?;
    Ok(jobs::begin(about.ctx, &about.tenant, &about.app.id, (from_ms, to_ms), only).await?)
}

/// One job.
///
/// # Errors
/// 404; those of the table.
pub async fn get(about: &About<'_>, id: &str) -> Result<Job, Rejection> {
    let found = jobs::get(about.ctx, &about.tenant, &about.app.id, id).await?;
    Ok(found.ok_or_else(Rejection::not_found)?.data)
}
