//! A run's input that could not be mapped, and trying the run again with it put right.

use super::one::known;
use crate::{At, hurried, refusal};
use serde_json::json;
use std::collections::BTreeMap;
use tenon_flows::documents::{Input, Review};
use tenon_flows::kinds::Retried;
use tenon_flows::operator;
use tenon_model::{RunId, TenantId};
use tenon_platform::{Context, Error, Rejection};

/// What may be corrected.
///
/// # Errors
/// 404 when there is no such run; 400 when nothing of it is to be corrected; what the OA said.
pub async fn input(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Input, Rejection> {
    known(ctx, tenant, id).await?;
    operator::input(&hurried(ctx), tenant, id).await.map_err(refusal::of)
}

/// What a correction of the input that was shown would change. Changes nothing.
///
/// # Errors
/// As [`input`], and 400 when it is not what was shown, or cannot be mapped either.
pub async fn review(
    ctx: &Context,
    tenant: &TenantId,
    id: &RunId,
    shown: &str,
    values: &BTreeMap<String, String>,
) -> Result<Review, Rejection> {
    known(ctx, tenant, id).await?;
    operator::review(&hurried(ctx), tenant, id, shown, values).await.map_err(refusal::of)
}

/// Has the run go on with the correction that was shown and confirmed. Says what was done.
///
/// # Errors
/// As [`review`].
pub async fn correct(
    at: &At<'_>,
    id: &RunId,
    revisions: (&str, &str),
    values: &BTreeMap<String, String>,
) -> Result<String, Rejection> {
    let run = known(at.ctx, at.tenant, id).await?;
    let ctx = &hurried(at.ctx);
    // What is noted is what would be done: one that is refused is nobody's change.
    let review = operator::review(ctx, at.tenant, id, revisions.0, values).await.map_err(refusal::of)?;
    if review.revision != revisions.1 {
        let message = format!("the correction of run {id} is not the one that was confirmed; look at it again");
        return Err(refusal::of(Error::permanent("run.input-changed", message)));
    }
    let detail = json!({ "flow": run.flow, "request": run.instance, "corrected": review.changes });
    at.note("correct-run", id.as_str(), detail).await?;
    let done = operator::correct(ctx, at.tenant, id, revisions, values, &at.by.name).await;
    done.map(Retried::into_message).map_err(refusal::of)
}
