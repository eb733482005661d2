//! One run with its steps, and trying it again.

use crate::{At, hurried, refusal};
use serde::Serialize;
use serde_json::json;
use std::borrow::Cow;
use tenon_flows::kinds::{ResumePoint, Retried};
use tenon_flows::operator;
use tenon_model::run::{Run, RunStatus, Step};
use tenon_model::{RunId, TenantId};
use tenon_platform::runs::{self, Feed, Lists, Span};
use tenon_platform::{Context, Rejection};

/// The step with which an operator's retry begins.
pub(crate) const RETRIED: &str = "retry by operator";
/// Runs of a document that are looked through for the one before and the one after.
const NEIGHBOURS: usize = 500;

/// A run as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The run.
    pub run: Run,
    /// Its steps, oldest first; the newest thousand.
    pub steps: Vec<Step>,
    /// Of each step the attempt it belongs to, counted from 1: a retry begins another.
    pub attempts: Vec<usize>,
    /// From which step a retry would go on, of a run that waits for one and is the latest of its document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goes_on: Option<ResumePoint>,
    /// The run of the same document before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<RunId>,
    /// The run of the same document after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<RunId>,
}

/// A run that is there.
///
/// # Errors
/// 404 when there is none; those of the table.
pub(crate) async fn known(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Run, Rejection> {
    let missing = || Rejection::NotFound(Cow::Owned(format!("没有运行记录{id}")));
    runs::get(ctx, tenant, id).await?.ok_or_else(missing)
}

/// One run.
///
/// # Errors
/// 404 when there is none; those of the table.
pub async fn one(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Shown, Rejection> {
    let run = known(ctx, tenant, id).await?;
    let steps = runs::steps(ctx, tenant, id).await?;
    let (previous, next) = neighbours(ctx, tenant, &run).await?;
    let attempts = attempts(&steps);
    let waits = matches!(run.status, RunStatus::Failed | RunStatus::Retrying) && next.is_none();
    // A run whose flow is gone, or cannot be read, is shown all the same.
    let goes_on = if waits { operator::resume_point(ctx, tenant, &run).await.ok() } else { None };
    Ok(Shown { run, steps, attempts, goes_on, previous, next })
}

/// A step that failed, or that says that somebody retried, is followed by another attempt.
fn attempts(steps: &[Step]) -> Vec<usize> {
    let (mut number, mut failed, mut each) = (1, false, Vec::with_capacity(steps.len()));
    for (place, step) in steps.iter().enumerate() {
        if place > 0 && (failed || step.name == RETRIED) {
            number += 1;
        }
        failed = step.error.is_some();
        each.push(number);
    }
    each
}

async fn neighbours(ctx: &Context, tenant: &TenantId, run: &Run) -> Result<(Option<RunId>, Option<RunId>), Rejection> {
    let Some(document) = run.document.as_ref().map(ToString::to_string).or_else(|| run.instance.clone()) else {
        return Ok((None, None));
    };
    let mut feed = Feed::new(tenant, &Lists::OfDocument(document), Span::default(), 50);
    let (mut newer, mut here) = (None, false);
    for _ in 0..NEIGHBOURS {
        let Some(other) = feed.next(ctx).await? else { break };
        // Documents of different objects may have the same key.
        if other.flow != run.flow {
            continue;
        }
        if here {
            return Ok((Some(other.id), newer));
        }
        if other.id == run.id {
            here = true;
        } else {
            newer = Some(other.id);
        }
    }
    Ok((None, newer.filter(|_| here)))
}

/// Puts the work of a run back on its queue; it goes on from the step that failed. Says what was done.
///
/// # Errors
/// 404 when there is none; 400 when there is nothing to retry, or its flow is gone; what an outside system said.
pub async fn retry(at: &At<'_>, id: &RunId, accept_change: bool) -> Result<String, Rejection> {
    let run = known(at.ctx, at.tenant, id).await?;
    let detail = json!({ "flow": run.flow, "document": run.document, "accept_change": accept_change });
    at.note("retry-run", id.as_str(), detail).await?;
    let ctx = &hurried(at.ctx);
    let done = if accept_change {
        operator::accept_change(ctx, at.tenant, id, &at.by.name).await
    } else {
        operator::retry(ctx, at.tenant, id).await
    };
    tenon_connectors::erp::release(at.ctx).await;
    done.map(Retried::into_message).map_err(refusal::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_follows_a_failure_or_a_retry_is_another_attempt() {
        let step = |name: &str, failed: bool| Step {
            run: RunId::new("r-1"),
            name: name.to_owned(),
            started_ms: 0,
            duration_ms: 0,
            input: Value::Null,
            output: Value::Null,
            error: failed.then(|| "no".to_owned()),
        };
        let steps = [step("read", false), step("create", true), step("create", true), step(RETRIED, false)];
        let steps = [&steps[..], &[step("create", false), step(RETRIED, false)]].concat();
        assert_eq!(attempts(&steps), [1, 1, 2, 3, 3, 4]);
        assert_eq!(attempts(&[]), [0; 0]);
    }
}
