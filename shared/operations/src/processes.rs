//! Instances of processes.

use crate::Page;
use serde::Serialize;
use std::borrow::Cow;
use tenon_model::TenantId;
use tenon_platform::{Context, Rejection};
use tenon_process::run::{Entry, Instance};
use tenon_process::store;

/// Steps of a history that are shown.
const STEPS: u32 = 200;

/// An instance with its history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The instance.
    pub instance: Instance,
    /// Its history, oldest first: two hundred steps.
    pub history: Vec<Entry>,
    /// The step with which the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Instances of a flow that were begun in a month, newest first.
///
/// # Errors
/// 400 for a flow, month or cursor that is none; those of the table.
pub async fn list(
    ctx: &Context,
    tenant: &TenantId,
    (flow, month): (&str, &str),
    after: Option<&str>,
    limit: usize,
) -> Result<Page<Instance>, Rejection> {
    if flow.is_empty() || flow.chars().count() > 100 {
        return Err(Rejection::field("flow", "须为流程编码"));
    }
    if month.len() != 6 || !month.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Rejection::field("month", "须为年月，如202611"));
    }
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
    let before = match after {
        None => None,
        Some(after) => Some(number(after).ok_or_else(|| Rejection::field("cursor", "不是本接口返回的游标"))?),
    };
    let page = store::of_month(ctx, tenant, (flow, month), before, limit).await?;
    Ok(Page { items: page.instances, next: page.next.map(|next| next.to_string()) })
}

/// One instance with its history, from a step on.
///
/// # Errors
/// 404 when there is none; 400 for a cursor that is none; those of the table.
pub async fn one(ctx: &Context, tenant: &TenantId, number: &str, from: Option<&str>) -> Result<Shown, Rejection> {
    let missing = || Rejection::NotFound(Cow::Owned(format!("没有流程实例{number}")));
    let from = match from {
        None => 0,
        Some(from) => from.parse::<u64>().map_err(|_| Rejection::field("cursor", "不是本接口返回的游标"))?,
    };
    let instance = store::instance(ctx, tenant, number).await?.ok_or_else(missing)?;
    let history = store::history(ctx, tenant, number, from, STEPS).await?;
    let next = history.last().map(|last| last.seq + 1).filter(|next| *next < instance.seq);
    let next = next.map(|next| next.to_string());
    Ok(Shown { instance, history, next })
}
